/**
 * The households as this device knows them: the collector's fold, with the device's own
 * unsent work laid over it, so that a visit in the afternoon begins with what the same
 * officer saved in the morning, link or no link.
 *
 * H1 a household that was created here is there before it was ever sent
 * H2 own answers are laid over the feed until the feed carries them
 * H3 what was declared one household is shown as one
 * H4 own work that a reviewer sent back is not laid over: nobody else has it either
 *
 * H5 a search reads what it shows: neither the feed's households nor own work is walked through
 *
 * Not here: folding. What lies over is only what this device said last; the collector decides.
 */
import { merge, switchMap, throttleTime, type Observable } from 'rxjs'
import type { SubmissionDoc } from '../store/collections.ts'
import type { Mirror, MirrorRow } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import { isFound, type HouseholdQuery } from './household-index.ts'

export interface Household {
  readonly entityId: string
  readonly dataset: string
  readonly label: string
  readonly properties: Readonly<Record<string, string>>
  readonly conflicted: readonly string[]
  /** Nobody but this device knows it yet. */
  readonly local: boolean
}

export interface PageQuery extends HouseholdQuery {
  /** 200 unless told. */
  readonly limit?: number
}

export interface HouseholdPage {
  /** How many the query finds. */
  readonly total: number
  /** Newest change first, as many as asked for; own unsent work before all. */
  readonly households: readonly Household[]
}

export interface Households {
  readonly search: (query?: PageQuery) => Promise<HouseholdPage>
  /** All of a dataset that this device knows, for a list. */
  readonly all: (dataset: string) => Promise<readonly Household[]>
  /** Emits at once, and a few times a second while anything changes. */
  readonly watch: (query?: PageQuery) => Observable<HouseholdPage>
  /** By its own id or one that it was declared to be. */
  readonly find: (entityId: string) => Promise<Household | null>
}

const PAGE_ROWS = 200
const CALM_MS = 60

export function createHouseholds({
  collections: { submissions },
  householdIndex: index,
  mirror,
}: Pick<Store, 'collections' | 'householdIndex'> & { readonly mirror: Mirror }): Households {
  // `safe` work is in the feed for sure; everything younger may still have to be laid over.
  const own = submissions.find({ selector: { state: { $in: ['queued', 'sent'] } }, sort: [{ savedAtMs: 'asc' }] })
  const toDocs = (docs: readonly { toJSON: () => unknown }[]) => docs.map(doc => doc.toJSON() as SubmissionDoc)

  /** What own work lies over: all that is unsent, and what was sent and the feed does not know. */
  const laidOver = (docs: readonly SubmissionDoc[]): ReadonlySet<string> => {
    const ids = new Set<string>()
    for (const { state, body } of docs)
      for (const { entityId } of body.write === null ? [] : [body.write, ...(body.rows ?? [])]) {
        const canonical = index.canonicalOf(entityId)
        if (state === 'queued' || canonical === null) ids.add(canonical ?? entityId)
      }
    return ids
  }

  const search: Households['search'] = async ({ limit = PAGE_ROWS, ...query } = {}) => {
    const docs = withoutReturned(toDocs(await own.exec()), await mirror.all('return'))
    const over = laidOver(docs)
    const mine = layOver(await mirror.several('entity', [...over]), docs).filter(
      household => over.has(household.entityId) && isFound(query, household),
    )
    const known = new Set(index.among(query, [...over]))
    const first = mine.slice(0, limit)
    const ids = index.find(query, limit - first.length + known.size).filter(id => !over.has(id))
    const others = layOver(await mirror.several('entity', ids.slice(0, limit - first.length)), [])
    return { total: index.count(query) - known.size + mine.length, households: [...first, ...others] }
  }

  const all: Households['all'] = async dataset => {
    const docs = withoutReturned(toDocs(await own.exec()), await mirror.all('return'))
    const over = laidOver(docs)
    const ids = new Set([...over, ...index.find({ dataset }, Number.MAX_SAFE_INTEGER)])
    const households = layOver(await mirror.scan('entity', [...ids]), docs)
    return households.filter(household => household.dataset === dataset)
  }

  return {
    search,
    all,
    watch: query =>
      merge(mirror.changes$, own.$).pipe(
        throttleTime(CALM_MS, undefined, { leading: true, trailing: true }),
        switchMap(() => search(query)),
      ),
    find: async entityId => {
      const row = await mirror.find('entity', entityId)
      const canonical = row?.body.canonicalId ?? entityId
      const standing = canonical === entityId ? row : await mirror.find('entity', canonical)
      const rows = standing === null ? [] : [standing]
      const docs = withoutReturned(toDocs(await own.exec()), await mirror.all('return'))
      return layOver(rows, docs).find(h => h.entityId === canonical) ?? null
    },
  }
}

/** H4 */
const withoutReturned = (own: readonly SubmissionDoc[], returns: readonly MirrorRow<'return'>[]) => {
  const returned = new Set<string>(returns.map(({ body }) => body.instanceId))
  return own.filter(({ instanceId }) => !returned.has(instanceId))
}

export function layOver(rows: readonly MirrorRow<'entity'>[], own: readonly SubmissionDoc[]): readonly Household[] {
  const households = new Map<string, Household>()
  const canonical = new Map(rows.map(({ body }) => [String(body.entityId), String(body.canonicalId)]))
  for (const { body } of rows) {
    if (body.canonicalId !== body.entityId) continue // H3
    const { entityId, dataset, label, properties, conflicted } = body
    households.set(entityId, { entityId, dataset, label: label ?? '', properties, conflicted, local: false })
  }
  const deprecated = new Set(own.map(doc => doc.body.submission.deprecatedId))
  const newestFirst = new Set<string>()
  const said = own.flatMap(({ state, body: { submission, write, rows = [] } }) =>
    deprecated.has(submission.instanceId) || write === null ? [] : [write, ...rows].map(one => ({ state, ...one })),
  )
  for (const { state, entityId, dataset, label, set } of said) {
    const id = canonical.get(entityId) ?? entityId
    const before = households.get(id)
    if (before !== undefined && !before.local && state !== 'queued') continue // H2: the feed has it
    households.set(id, {
      entityId: id,
      dataset,
      label: label === '' ? (before?.label ?? '') : label,
      properties: { ...before?.properties, ...set },
      conflicted: before?.conflicted ?? [],
      local: before?.local ?? true,
    })
    newestFirst.delete(id)
    newestFirst.add(id)
  }
  return [
    ...[...newestFirst].reverse().flatMap(id => households.get(id) ?? []),
    ...[...households.values()].filter(household => !newestFirst.has(household.entityId)),
  ]
}
