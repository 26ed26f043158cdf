/** The SQL of the fold: each function is one statement, however many rows. */
import { millis, type EntityId, type InstanceId } from '@murram/ground'
import { effectiveStamp, type ConflictEntry, type EntityWrite, type FoldedEntity, type Stamp } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { jsonList, numberList, textList } from '../db/text-list.ts'
import { isThere } from '../db/is-there.ts'
import { toAuthors } from './entity-authors.ts'

/** Whoever folds waits here for whoever folded before, so that no write is overlooked. */
export async function lockFold(tx: WriteDb, projectId: string): Promise<void> {
  await tx.execute(sql`select 1 from projects where project_id = ${projectId} for update`)
}

/**
 * Where the chain of corrections that ends in each of these begins: min(stamp, arrival) of its
 * first submission. Absent where none of it is here, and where it runs in a circle.
 */
export async function placesOf(
  db: ReadDb,
  instanceIds: readonly InstanceId[],
): Promise<ReadonlyMap<InstanceId, Stamp>> {
  if (instanceIds.length === 0) return new Map()
  const { rows } = await db.execute<{ asked: InstanceId; stamp: Stamp; at: string }>(sql`
    with recursive chain (asked, instance_id, stamp, received_at_ms, deprecated_id) as (
      select s.instance_id, s.instance_id, s.stamp, s.received_at_ms, s.deprecated_id
        from submissions s where s.instance_id = any(${sql.param(instanceIds)}::text[]) and s.state <> 'again'
      union
      select chain.asked, s.instance_id, s.stamp, s.received_at_ms, s.deprecated_id
        from chain join submissions s on s.instance_id = chain.deprecated_id and s.state <> 'again'
    )
    select asked, stamp, received_at_ms as at from chain c
     where not exists (
       select 1 from submissions s where s.instance_id = c.deprecated_id and s.state <> 'again')`)
  return new Map(rows.map(({ asked, stamp, at }) => [asked, effectiveStamp(stamp, millis(Number(at)))]))
}

/**
 * Corrections of these, and corrections of those: what stands of them moves to where their chain
 * begins. @returns The entities whose writes moved.
 */
export async function placeCorrections(tx: WriteDb, of: readonly InstanceId[]): Promise<readonly EntityId[]> {
  const { rows } = await tx.execute<{ id: InstanceId; parent: InstanceId }>(sql`
    with recursive later (instance_id, deprecated_id) as (
      select s.instance_id, s.deprecated_id from submissions s
       where s.deprecated_id = any(${textList(of)}) and s.state <> 'again'
      union
      select s.instance_id, s.deprecated_id from later join submissions s on s.deprecated_id = later.instance_id and s.state <> 'again'
    )
    select instance_id as id, deprecated_id as parent from later`)
  if (rows.length === 0) return []
  const places = await placesOf(
    tx,
    rows.map(({ parent }) => parent),
  )
  const placed = rows.flatMap(({ id, parent }) => {
    const effective = places.get(parent)
    return effective === undefined ? [] : [{ id, effective }]
  })
  const { rows: moved } = await tx.execute<{ id: EntityId }>(sql`
    update entity_writes w set effective = p.effective
      from unnest(${textList(placed.map(({ id }) => id))}, ${textList(placed.map(({ effective }) => effective))})
        as p (instance_id, effective)
     where w.instance_id = p.instance_id and w.effective <> p.effective
    returning w.entity_id as id`)
  return moved.map(({ id }) => id)
}

/** Those of one submission in their order. Again is harmless. */
export async function appendWrites(tx: WriteDb, writes: readonly EntityWrite[]): Promise<void> {
  if (writes.length === 0) return
  const counted = new Map<InstanceId, number>()
  const places = writes.map(({ instanceId }) => {
    const place = counted.get(instanceId) ?? 0
    counted.set(instanceId, place + 1)
    return place
  })
  const column = (of: (write: EntityWrite) => string | null) => textList(writes.map(of))
  await tx.execute(sql`
    insert into entity_writes
      (instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id, settles, place)
    select instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id,
           settles, place
      from unnest(
        ${column(({ instanceId }) => instanceId)},
        ${column(({ entityId }) => entityId)},
        ${column(({ dataset }) => dataset)},
        ${column(({ effective }) => effective)},
        ${column(({ stamp }) => stamp)},
        ${column(({ deviceId }) => deviceId)},
        ${jsonList(writes.map(({ set }) => JSON.stringify(set)))},
        ${jsonList(writes.map(({ saw }) => JSON.stringify(saw)))},
        ${column(({ label }) => label)},
        ${column(({ kind }) => kind)},
        ${column(({ deprecatedId }) => deprecatedId)},
        ${jsonList(writes.map(({ settles }) => (settles === undefined ? null : JSON.stringify(settles))))},
        ${numberList(places)}
      ) as w (
        instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id, settles, place)
    on conflict (instance_id, entity_id) do update set live = true, effective = excluded.effective`)
}

/**
 * Writes of these entities by live submissions. What a correction replaced is among them, and
 * says so: whether or not the correction names the entity, it carries the thread of who saw what.
 */
export async function readWrites(db: ReadDb, entityIds: readonly EntityId[]): Promise<readonly EntityWrite[]> {
  const { rows } = await db.execute<Omit<EntityWrite, 'settles'> & Record<string, unknown>>(sql`
    select w.entity_id as "entityId", w.dataset, w.instance_id as "instanceId", w.effective, w.stamp,
           w.device_id as "deviceId", w.set, w.saw, w.label, w.kind, w.deprecated_id as "deprecatedId", w.settles,
           ${isThere(sql`submissions d where d.deprecated_id = w.instance_id and d.state = 'applied'`)} as replaced
      from entity_writes w
     where w.entity_id = any(${sql.param(entityIds)}::text[]) and w.live`)
  return rows.map(({ settles, ...write }) => (settles === null ? write : { ...write, settles }) as EntityWrite)
}

/**
 * Of these writes, not yet appended: what stands in entities that nobody wrote to before, by
 * submissions that nobody corrected. Their entities need not be read back.
 */
export async function firstWrites(
  db: ReadDb,
  writes: readonly EntityWrite[],
): Promise<ReadonlyMap<EntityId, readonly EntityWrite[]>> {
  const byEntity = Map.groupBy(
    writes.filter(({ kind }) => kind !== 'settlement'),
    ({ entityId }) => entityId,
  )
  if (byEntity.size === 0) return byEntity
  const instanceIds = [...new Set(writes.map(({ instanceId }) => instanceId))]
  const { rows } = await db.execute<{ id: string }>(sql`
    select entity_id as id from entity_writes where entity_id = any(${textList([...byEntity.keys()])})
    union all
    select deprecated_id from submissions where deprecated_id = any(${textList(instanceIds)})`)
  const found = new Set(rows.map(({ id }) => id))
  for (const [entityId, own] of byEntity) {
    const isPlain = own.every(({ instanceId, deprecatedId }) => deprecatedId === null && !found.has(instanceId))
    if (found.has(entityId) || !isPlain) byEntity.delete(entityId)
  }
  return byEntity
}

/** The entities that these instances wrote to. */
export async function entitiesOf(db: ReadDb, instanceIds: readonly InstanceId[]): Promise<readonly EntityId[]> {
  if (instanceIds.length === 0) return []
  const { rows } = await db.execute<{ id: EntityId }>(
    sql`select distinct entity_id as id from entity_writes where instance_id = any(${sql.param(instanceIds)}::text[])`,
  )
  return rows.map(({ id }) => id)
}

export interface AliasRow extends Record<string, unknown> {
  readonly alias: EntityId
  readonly of: EntityId
  readonly stamp: Stamp
  readonly undone: boolean
}

/** The latest word on each alias: few rows, for joining two households is a person's work. */
export async function readAliases(db: ReadDb): Promise<readonly AliasRow[]> {
  const { rows } = await db.execute<AliasRow>(
    sql`select distinct on (alias) alias, of, stamp, undone from aliases where live order by alias, stamp desc, instance_id desc`,
  )
  return rows
}

export async function appendAlias(tx: WriteDb, instanceId: InstanceId, row: AliasRow): Promise<void> {
  await tx.execute(sql`
    insert into aliases (instance_id, alias, of, stamp, undone)
    values (${instanceId}, ${row.alias}, ${row.of}, ${row.stamp}, ${row.undone})
    on conflict (instance_id) do update set live = true`)
}

/** Two that only look like one: `duplicates` reads it, no entity changes. */
export async function appendDistinct(
  tx: WriteDb,
  { instanceId, stamp }: { readonly instanceId: InstanceId; readonly stamp: string },
  { low, high, undone }: { readonly low: EntityId; readonly high: EntityId; readonly undone: boolean },
): Promise<void> {
  await tx.execute(sql`
    insert into distinctions (instance_id, low, high, stamp, undone)
    values (${instanceId}, ${low}, ${high}, ${stamp}, ${undone})
    on conflict (instance_id) do update set live = true`)
}

/** What one submission said of entities and aliases does not count until it is appended again. */
export async function putOutOfForce(tx: WriteDb, instanceId: InstanceId): Promise<void> {
  await tx.execute(sql`update entity_writes set live = false where instance_id = ${instanceId}`)
  await tx.execute(sql`update aliases set live = false where instance_id = ${instanceId}`)
  await tx.execute(sql`update distinctions set live = false where instance_id = ${instanceId}`)
}

export interface EntityState {
  readonly folded: FoldedEntity
  /** Property → the answer that stands. */
  readonly answers: Readonly<Record<string, string>>
  readonly conflicted: readonly string[]
  readonly canonicalId: EntityId
}

export async function putEntities(tx: WriteDb, states: readonly EntityState[], atMs: number): Promise<void> {
  if (states.length === 0) return
  const column = (of: (state: EntityState) => string | null) => textList(states.map(of))
  const json = (of: (state: EntityState) => unknown) => jsonList(states.map(state => JSON.stringify(of(state))))
  await tx.execute(sql`
    insert into entities
      (entity_id, dataset, label, properties, authors, conflicted, canonical_id, live, superseded, updated_at_ms)
    select entity_id, dataset, label, properties, authors, conflicted, canonical_id, live, superseded, ${atMs}::bigint
      from unnest(
        ${column(({ folded }) => folded.entityId)},
        ${column(({ folded }) => folded.dataset)},
        ${column(({ folded }) => folded.label)},
        ${json(({ answers }) => answers)},
        ${json(({ folded }) => toAuthors(folded.properties))},
        ${json(({ conflicted }) => conflicted)},
        ${column(({ canonicalId }) => canonicalId)},
        ${json(({ folded }) => folded.live)},
        ${json(({ folded }) => folded.superseded)}
      ) as e (entity_id, dataset, label, properties, authors, conflicted, canonical_id, live, superseded)
    on conflict (entity_id) do update set
      dataset = excluded.dataset, label = excluded.label, properties = excluded.properties, authors = excluded.authors,
      conflicted = excluded.conflicted, canonical_id = excluded.canonical_id, live = excluded.live,
      superseded = excluded.superseded, updated_at_ms = excluded.updated_at_ms`)
}

export async function dropEntities(tx: WriteDb, entityIds: readonly EntityId[]): Promise<void> {
  if (entityIds.length === 0) return
  await tx.execute(sql`delete from entities where entity_id = any(${sql.param(entityIds)}::text[])`)
}

export interface ConflictState extends Record<string, unknown> {
  readonly conflictId: string
  /** The entry and what was told of it, as text: equal text, nothing to tell. */
  readonly text: string
}

export async function readConflicts(db: ReadDb, entityIds: readonly EntityId[]): Promise<readonly ConflictState[]> {
  const { rows } = await db.execute<ConflictState>(sql`
    select c.conflict_id as "conflictId",
           json_build_array(c.stands, c.other, c.settled_by, f.body -> 'entityLabel', f.body -> 'forDevices')::text as text
      from conflicts c left join feed f on f.kind = 'conflict' and f.key = c.conflict_id
     where c.entity_id = any(${sql.param(entityIds)}::text[])`)
  return rows
}

export async function putConflicts(tx: WriteDb, entries: readonly ConflictEntry[], atMs: number): Promise<void> {
  if (entries.length === 0) return
  await tx.execute(sql`
    insert into conflicts (conflict_id, entity_id, property, stands, other, settled_by, opened_at_ms)
    select "conflictId", "entityId", property, stands, other, "settledBy", ${atMs}::bigint
      from json_to_recordset(${JSON.stringify(entries)}::json) as c (
        "conflictId" text, "entityId" text, property text, stands json, other json, "settledBy" text)
    on conflict (conflict_id) do update
      set stands = excluded.stands, other = excluded.other, settled_by = excluded.settled_by`)
}

export async function dropConflicts(tx: WriteDb, conflictIds: readonly string[]): Promise<void> {
  if (conflictIds.length === 0) return
  await tx.execute(sql`delete from conflicts where conflict_id = any(${sql.param(conflictIds)}::text[])`)
}
