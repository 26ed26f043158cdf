/**
 * Outcomes that officers bring: the answer to the question whose role is `outcome` is a verified
 * outcome of the interview that stood before the household was visited again.
 *
 * It follows the feed, as a device does: folding waits for nothing, a return, a correction, an
 * undone decision or a joined household is another turn of the same entity, and a restart forgets
 * nothing. What stands follows from the submissions that are live, whatever happened before.
 *
 * Laws, in `read-follow-ups.test.ts`:
 *   L1 an outcome belongs to the last interview before it that a model reads, a scored one first;
 *      never to the submission that carries it
 *   L2 what is not live says nothing; live again, it says what it said
 *   L3 looking again changes nothing                    L4 what was missed is caught up at the start
 *   L5 what people said of an outcome goes with it to another interview
 */
import type { FormId, InstanceId } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { runAlone } from '../db/advisory-lock.ts'
import { inTransaction } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import * as repo from './follow-ups-repo.ts'
import type { HouseholdVisit } from './follow-ups-repo.ts'
import type { ImportDeps } from './import-outcomes.ts'
import { appendOutcomes, type LinkedOutcome, type OutcomeOrigin } from './outcome-repo.ts'

export const FOLLOW_UP_METHOD = 'follow-up form'

/** Form → the paths of its outcome questions, in the order of the form. */
export type OutcomeQuestions = ReadonlyMap<string, readonly string[]>

export interface FollowUpDeps extends Pick<ImportDeps, 'classesOf' | 'selectionOf'> {
  readonly house: Pick<HouseDeps, 'read' | 'write' | 'forms' | 'now' | 'keys'>
  readonly modelForms: () => Promise<readonly string[]>
}

const BATCH = 200

/** @returns The forms whose interviews have other outcomes now, `elsewhere` where another collector is at it. */
export async function readFollowUps(deps: FollowUpDeps): Promise<readonly string[] | 'elsewhere'> {
  const { read, write, keys } = deps.house
  return runAlone(write, 'follow-up-outcomes', async () => {
    const questions = await outcomeQuestions(deps)
    if (questions.size === 0) return []
    const signature = JSON.stringify({
      models: (await deps.modelForms()).toSorted(),
      forms: Object.fromEntries(questions),
    })
    const changed = new Set<string>()
    const look = async (entityIds: readonly string[], mark: repo.Mark | null) => {
      for (const formId of await lookAt(deps, entityIds, questions, mark)) changed.add(formId)
    }
    const here = await repo.feedNow(read, keys.projectId)
    let mark = await repo.readMark(read, keys.projectId)
    if (mark === undefined || mark.epoch !== here.epoch || mark.questions !== signature) {
      // Other questions: whatever was answered to them is looked at, and the feed from here on.
      for (let after = ''; ;) {
        const ids = await repo.entitiesOfForms(read, [...questions.keys()], after, BATCH)
        await look(ids, null)
        if (ids.length < BATCH) break
        after = ids.at(-1)!
      }
      mark = { ...here, questions: signature }
      await inTransaction(write, tx => repo.putMark(tx, keys.projectId, { ...here, questions: signature }))
    }
    for (;;) {
      const entities = await repo.changedAfter(read, mark.feedNumber, BATCH)
      const last = entities.at(-1)
      if (last === undefined) break
      mark = { ...mark, feedNumber: last.number }
      await look(
        entities.map(({ entityId }) => entityId),
        mark,
      )
      if (entities.length < BATCH) break
    }
    return [...changed]
  })
}

async function outcomeQuestions({ house: { read, forms } }: FollowUpDeps): Promise<OutcomeQuestions> {
  const paths = new Map<string, Set<string>>()
  for (const { formId, version } of await repo.formVersions(read)) {
    const form = await forms.find(formId as FormId, version)
    if (!form.ok) continue // withdrawn between the two questions
    for (const { outcome, repeat, path } of form.value.questions) {
      if (!outcome || repeat !== null) continue
      const known = paths.get(formId) ?? new Set()
      paths.set(formId, known.add(path))
    }
  }
  return new Map([...paths].map(([formId, known]) => [formId, [...known]]))
}

async function lookAt(
  { house: { read, write, now, keys }, classesOf, selectionOf }: FollowUpDeps,
  changed: readonly string[],
  questions: OutcomeQuestions,
  mark: repo.Mark | null,
): Promise<readonly string[]> {
  const entityIds = await repo.withMovedFollowUps(read, changed)
  const visits = entityIds.length === 0 ? [] : await repo.visitsOfHouseholds(read, entityIds, [...questions.keys()])
  const classes = new Map<string, readonly string[] | null>()
  for (const formId of new Set(visits.map(visit => visit.formId))) classes.set(formId, await classesOf(formId))
  const told = [...Map.groupBy(visits, ({ household }) => household).values()].flatMap(ofHousehold =>
    outcomesOf(ofHousehold, questions, classes),
  )
  const before =
    entityIds.length === 0
      ? []
      : await repo.outcomesOfFollowUps(
          read,
          entityIds,
          told.map(({ sourceInstanceId }) => sourceInstanceId),
        )
  const tellsNow = new Map(told.map(one => [one.outcomeId, one]))
  const known = new Set(before.map(({ outcomeId }) => outcomeId))
  const ended = before.filter(one => one.live && !tellsNow.has(one.outcomeId))
  const again = before.filter(one => !one.live && tellsNow.has(one.outcomeId))
  const fresh = told.filter(({ outcomeId }) => !known.has(outcomeId))
  const planned = await selectionOf(fresh.map(({ instanceId }) => instanceId))
  const rows = fresh.map((one): LinkedOutcome & OutcomeOrigin => {
    const same = before.findLast(old => old.sourceInstanceId === one.sourceInstanceId && old.value === one.value)
    return {
      ...one,
      ...(planned.get(one.instanceId) ?? { selection: 'unplanned', probability: null }),
      source: 'follow-up',
      state: same?.state ?? 'verified', // L5
      settledAtMs: same?.settledAtMs ?? null,
    }
  })
  const isNews = ended.length + again.length + rows.length > 0
  if (isNews || mark !== null)
    await inTransaction(write, async tx => {
      await repo.putLive(
        tx,
        ended.map(({ outcomeId }) => outcomeId),
        false,
      )
      await repo.putLive(
        tx,
        again.map(({ outcomeId }) => outcomeId),
        true,
      )
      await appendOutcomes(tx, rows, now())
      if (mark !== null) await repo.putMark(tx, keys.projectId, mark)
    })
  return [...new Set([...ended, ...again, ...rows].map(({ formId }) => formId))]
}

interface Told extends Omit<LinkedOutcome, 'selection' | 'probability'> {
  readonly sourceInstanceId: InstanceId
}

/** What the follow-ups of one household say, given its visits in order. */
export function outcomesOf(
  visits: readonly HouseholdVisit[],
  questions: OutcomeQuestions,
  classesOf: ReadonlyMap<string, readonly string[] | null>,
): readonly Told[] {
  return visits.flatMap((visit, place): readonly Told[] => {
    const asked = questions.get(visit.formId)
    if (asked === undefined || visit.answers === null) return []
    const said = asked.flatMap(path => visit.answers?.[path]?.trim() || [])
    const about = visits
      .slice(0, place)
      .filter(({ formId }) => (classesOf.get(formId) ?? null) !== null)
      .toSorted((a, b) => Number(a.scored) - Number(b.scored)) // stable: the last of the scored ones ends last
      .at(-1)
    if (about === undefined) return [] // L1: nothing stood before it
    const classes = classesOf.get(about.formId) ?? []
    // A form may ask for several outcomes: the one that the model of this interview tells.
    const value = said.find(one => classes.includes(one)) ?? said[0]
    if (value === undefined) return []
    return [
      {
        outcomeId: sha256(canonicalBytes([FOLLOW_UP_METHOD, visit.root, about.root, value])),
        sourceInstanceId: visit.root,
        instanceId: about.root,
        formId: about.formId,
        value,
        method: FOLLOW_UP_METHOD,
        verifier: visit.officer,
        observedAtMs: visit.effectiveMs,
      },
    ]
  })
}
