/**
 * Entities folded again from the writes that stand, and what changed told to the feed: the one
 * place where entities, conflicts and their feed rows are written.
 *
 * Not here: which submissions stand (`fold-submissions.ts`).
 */
import type { DeviceId, EntityId } from '@murram/ground'
import { canonicalIds, foldEntity, type ConflictEntry, type EntityWrite, type FoldedEntity } from '@murram/fold'
import type { ConflictBody, EntityBody } from '@murram/wire'
import type { WriteDb } from '../db/handles.ts'
import type { Feed, FeedEntry } from '../feed/feed.ts'
import * as repo from './fold-repo.ts'

/** A row must fit into one frame beside others, packed or not, and a conflict holds two answers of an entity. */
const MAX_ROW_BYTES = 200_000

const MOST_JSON_BYTES_A_CHARACTER = 6

/** Not less than it takes as JSON: written out, each entity of a batch would be written once more. */
function mostBytesOf(value: unknown): number {
  if (typeof value === 'string') return value.length * MOST_JSON_BYTES_A_CHARACTER + 3
  if (typeof value !== 'object' || value === null) return 30
  let size = 2
  for (const name of Object.keys(value))
    size += mostBytesOf(name) + mostBytesOf((value as Readonly<Record<string, unknown>>)[name])
  return size
}

function assertFits(entries: readonly FeedEntry[]): void {
  for (const { kind, key, body } of entries) {
    if (mostBytesOf(body) <= MAX_ROW_BYTES) continue
    const sizeBytes = Buffer.byteLength(JSON.stringify(body))
    if (sizeBytes > (kind === 'conflict' ? 3 : 1) * MAX_ROW_BYTES)
      throw new Error(`the ${kind} ${key} would have ${sizeBytes} bytes, more than devices are sent`)
  }
}

export interface Refolded {
  /** Instances whose answer is part of an open conflict. */
  readonly inConflict: ReadonlySet<string>
  /** What was folded: the touched ones, and what is one with them. */
  readonly members: ReadonlySet<EntityId>
}

/**
 * @param first All writes of some of them, where they are at hand: most submissions make an
 *   entity that nobody else has heard of, and it need not be read back.
 */
export async function refold(
  { feed }: { readonly feed: Pick<Feed, 'append'> },
  tx: WriteDb,
  touched: ReadonlySet<EntityId>,
  atMs: number,
  first: ReadonlyMap<EntityId, readonly EntityWrite[]> = new Map(),
): Promise<Refolded> {
  const aliases = (await repo.readAliases(tx)).filter(({ undone }) => !undone)
  const canonicalOf = canonicalIds(aliases)
  const canonical = new Set([...touched].map(canonicalOf))
  const members = new Set([
    ...touched,
    ...canonical,
    ...aliases.flatMap(({ alias }) => (canonical.has(canonicalOf(alias)) ? [alias] : [])),
  ])
  const joined = new Set(aliases.flatMap(({ alias, of }) => [alias, of]))
  const atHand = [...members].filter(id => first.has(id) && !joined.has(id))
  const toRead = [...members].filter(id => !first.has(id) || joined.has(id))
  const writes = [
    ...atHand.flatMap(id => first.get(id) ?? []),
    ...(toRead.length === 0 ? [] : await repo.readWrites(tx, toRead)),
  ]
  const states = foldGroups(members, writes, canonicalOf)
  const present = new Set(states.map(({ folded }) => folded.entityId))
  const gone = [...members].filter(id => !present.has(id))

  // Conflicts are those of the canonical entity alone: an alias points to it.
  const ledger = states.flatMap(({ folded, canonicalId }) =>
    folded.entityId === canonicalId ? folded.conflicts.map(entry => ({ entry, folded })) : [],
  )
  const before = new Map(
    (toRead.length === 0 ? [] : await repo.readConflicts(tx, toRead)).map(({ conflictId, text }) => [conflictId, text]),
  )
  const told = ledger.map(({ entry, folded }) => {
    const ofGroup = writes.filter(({ entityId }) => canonicalOf(entityId) === entry.entityId)
    return { entry, told: toConflictEntry(entry, folded, authorsOf(entry, ofGroup)) }
  })
  const changed = told.filter(({ entry, told: { body } }) => !isSame(body, before.get(entry.conflictId)))
  const stillThere = new Set(ledger.map(({ entry }) => entry.conflictId))
  const vanished = [...before.keys()].filter(conflictId => !stillThere.has(conflictId))

  const entries = [
    ...states.map(toEntityEntry),
    ...gone.map((key): FeedEntry => ({ kind: 'entity', key, body: null })),
    ...changed.map(one => one.told),
    ...vanished.map((key): FeedEntry => ({ kind: 'conflict', key, body: null })),
  ]
  assertFits(entries)
  await repo.putEntities(tx, states, atMs)
  await repo.dropEntities(tx, gone)
  await repo.putConflicts(
    tx,
    changed.map(({ entry }) => entry),
    atMs,
  )
  await repo.dropConflicts(tx, vanished)
  await feed.append(tx, entries)
  const open = ledger.filter(({ entry }) => entry.settledBy === null)
  return {
    members,
    inConflict: new Set(open.flatMap(({ entry }) => [entry.stands.instanceId, entry.other.instanceId])),
  }
}

function foldGroups(
  members: ReadonlySet<EntityId>,
  writes: readonly EntityWrite[],
  canonicalOf: (id: EntityId) => EntityId,
): readonly repo.EntityState[] {
  const own = Map.groupBy(writes, ({ entityId }) => entityId)
  const group = Map.groupBy(writes, ({ entityId }) => canonicalOf(entityId))
  return [...members].flatMap((entityId): repo.EntityState[] => {
    const canonicalId = canonicalOf(entityId)
    const isCanonical = canonicalId === entityId
    const said = isCanonical ? group.get(entityId)?.map(write => asPartOf(entityId, write)) : own.get(entityId)
    const [first] = said ?? []
    if (said === undefined || first === undefined) return []
    const stray = said.find(({ dataset }) => dataset !== first.dataset)
    if (stray !== undefined)
      throw new Error(`the entity ${entityId} is of the dataset ${first.dataset}, not ${stray.dataset}`)
    const folded = foldEntity(said)
    if (folded.live.length === 0) return [] // corrections took all of it away
    const open = folded.conflicts.filter(({ settledBy }) => settledBy === null)
    const answers = Object.fromEntries(Object.entries(folded.properties).map(([name, { answer }]) => [name, answer]))
    return [{ folded, answers, canonicalId, conflicted: isCanonical ? [...new Set(open.map(c => c.property))] : [] }]
  })
}

const asPartOf = (entityId: EntityId, write: EntityWrite): EntityWrite =>
  write.entityId === entityId ? write : { ...write, entityId, part: write.entityId }

/** Whoever wrote the property is shown its conflict: those, sorted, so that they compare as text. */
const authorsOf = (entry: ConflictEntry, writes: readonly EntityWrite[]): readonly DeviceId[] =>
  [...new Set(writes.filter(({ set }) => Object.hasOwn(set, entry.property)).map(({ deviceId }) => deviceId))].sort()

const toEntityEntry = ({ folded, answers, conflicted, canonicalId }: repo.EntityState): FeedEntry => {
  const { entityId, dataset, label } = folded
  const body: EntityBody = { entityId, dataset, label, properties: answers, conflicted: [...conflicted], canonicalId }
  return { kind: 'entity', key: entityId, body }
}

function toConflictEntry(
  entry: ConflictEntry,
  { label }: FoldedEntity,
  devices: readonly DeviceId[],
): FeedEntry & { readonly body: ConflictBody } {
  const { conflictId, entityId, property, stands, other, settledBy } = entry
  const body: ConflictBody = {
    conflictId,
    entityId,
    property,
    stands,
    other,
    settledBy,
    entityLabel: label,
    forDevices: [...devices],
  }
  return { kind: 'conflict', key: conflictId, body, scope: devices }
}

/** What is shown of it, and to whom: an author who joins later must be told of it as well. */
const isSame = (
  { stands, other, settledBy, entityLabel, forDevices }: ConflictBody,
  before: string | undefined,
): boolean =>
  before !== undefined &&
  JSON.stringify([stands, other, settledBy, entityLabel, forDevices]) === JSON.stringify(JSON.parse(before))
