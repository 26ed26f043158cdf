/**
 * Looks for entities that may be one, among those that changed since it looked last: it follows
 * the feed, as a device does, so that folding waits for nothing and a restart forgets nothing.
 *
 * DU1 only entities that share a key are compared: the cost of a change does not grow with the list
 * DU2 a pair stands once; what a person dismissed is not shown again, whatever changes, until that is undone
 * DU3 what was joined, or is gone, is suggested no more; parted again, it is found again
 *
 * Not here: what is alike (`compare.ts`), joining (fold's alias).
 */
import { runAlone } from '../db/advisory-lock.ts'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { compare } from './compare.ts'
import * as repo from './duplicate-repo.ts'
import { USUAL_RULES, type DuplicateRules } from './duplicate-rules.ts'
import { keysOf } from './keys.ts'

const BATCH = 200

export interface LookDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly projectId: string
  readonly epoch: number
  readonly now: () => number
}

/** @returns How many entities were looked at, `elsewhere` where another collector is at it. */
export async function lookForDuplicates(deps: LookDeps): Promise<number | 'elsewhere'> {
  return runAlone(deps.write, 'duplicates', async () => {
    let looked = 0
    for (;;) {
      const count = await lookOnce(deps)
      looked += count
      if (count < BATCH) return looked
    }
  })
}

async function lookOnce({ read, write, projectId, epoch, now }: LookDeps): Promise<number> {
  const mark = await repo.readMark(read, projectId)
  const changed = await repo.changedAfter(read, mark.epoch === epoch ? mark.number : 0, BATCH)
  const last = changed.at(-1)
  if (last === undefined) return 0
  const ids = changed.map(({ entityId }) => entityId)
  const rules = await repo.readRules(read)
  await inTransaction(write, async tx => {
    await lookAt(tx, ids, dataset => rules.get(dataset) ?? USUAL_RULES, now())
    await repo.putMark(tx, projectId, { epoch, number: last.number })
  })
  return changed.length
}

async function lookAt(
  tx: WriteDb,
  changed: readonly string[],
  rulesOf: (dataset: string) => DuplicateRules,
  nowMs: number,
): Promise<void> {
  const here = await repo.standing(tx, changed)
  const keys = here.map(entity => ({ ...entity, keys: keysOf(rulesOf(entity.dataset), entity.dataset, entity) }))
  const flat = (pick: 'own' | 'asked') =>
    keys.flatMap(({ entityId, keys: all }) => all[pick].map(key => ({ entityId, key })))
  await repo.putKeys(tx, changed, flat('own'))
  const shared = await repo.sharing(tx, flat('asked'))
  const others = await repo.standing(tx, [...new Set(shared.map(({ other }) => other))])
  const byId = new Map([...others, ...here].map(entity => [entity.entityId, entity]))

  const seen = new Set<string>()
  const pairs: repo.Pair[] = []
  for (const { entityId, other } of shared) {
    const [low, high] = entityId < other ? [entityId, other] : [other, entityId]
    const [a, b] = [byId.get(low), byId.get(high)]
    if (a === undefined || b === undefined || a.dataset !== b.dataset) continue
    if (seen.has(`${low} ${high}`)) continue
    seen.add(`${low} ${high}`)
    const rules = rulesOf(a.dataset)
    const { score, reasons } = compare(rules, a, b)
    if (score >= rules.threshold) pairs.push({ low, high, dataset: a.dataset, score, reasons })
  }
  await repo.replaceOpen(tx, changed, pairs, nowMs)
}
