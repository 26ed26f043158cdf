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
 * Not here: folding. What lies over is only what this device said last; the collector decides.
 */
import { combineLatest, map, type Observable } from 'rxjs'
import type { SubmissionDoc } from '../store/collections.ts'
import type { Mirror, MirrorRow } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'

export interface Household {
  readonly entityId: string
  readonly dataset: string
  readonly label: string
  readonly properties: Readonly<Record<string, string>>
  readonly conflicted: readonly string[]
  /** Nobody but this device knows it yet. */
  readonly local: boolean
}

export interface Households {
  /** Newest change first. */
  readonly watch: () => Observable<readonly Household[]>
  /** By its own id or one that it was declared to be. */
  readonly find: (entityId: string) => Promise<Household | null>
}

export function createHouseholds({
  collections: { submissions },
  mirror,
}: Pick<Store, 'collections'> & { readonly mirror: Mirror }): Households {
  // `safe` work is in the feed for sure; everything younger may still have to be laid over.
  const own = submissions.find({ selector: { state: { $in: ['queued', 'sent'] } }, sort: [{ savedAtMs: 'asc' }] })
  const toDocs = (docs: readonly { toJSON: () => unknown }[]) => docs.map(doc => doc.toJSON() as SubmissionDoc)

  return {
    watch: () =>
      combineLatest([mirror.watch('entity'), own.$, mirror.watch('return')]).pipe(
        map(([rows, docs, returns]) => layOver(rows, withoutReturned(toDocs(docs), returns))),
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
