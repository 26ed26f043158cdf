/** The SQL of the fold: each function is one statement, however many rows. */
import type { EntityId, InstanceId } from '@murram/ground'
import type { ConflictEntry, EntityWrite, FoldedEntity, Stamp } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'

/** Whoever folds waits here for whoever folded before, so that no write is overlooked. */
export async function lockFold(tx: WriteDb, projectId: string): Promise<void> {
  await tx.execute(sql`select 1 from projects where project_id = ${projectId} for update`)
}

export async function appendWrites(tx: WriteDb, writes: readonly EntityWrite[]): Promise<void> {
  if (writes.length === 0) return
  const column = <T>(pick: (write: EntityWrite) => T) => sql.param(writes.map(pick))
  await tx.execute(sql`
    insert into entity_writes
      (instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id, settles)
    select instance_id, entity_id, dataset, effective, stamp, device_id, set::json, saw::json, label, kind, deprecated_id, settles::json
    from unnest(
      ${column(w => w.instanceId)}::text[], ${column(w => w.entityId)}::text[], ${column(w => w.dataset)}::text[],
      ${column(w => w.effective)}::text[], ${column(w => w.stamp)}::text[], ${column(w => w.deviceId)}::text[],
      ${column(w => JSON.stringify(w.set))}::text[], ${column(w => JSON.stringify(w.saw))}::text[],
      ${column(w => w.label)}::text[], ${column(w => w.kind)}::text[], ${column(w => w.deprecatedId)}::text[],
      ${column(w => (w.settles === undefined ? null : JSON.stringify(w.settles)))}::text[]
    ) as w (instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id, settles)`)
}

/** An entity, and the one it is folded into: itself, or what it is an alias of. */
export interface Member {
  readonly entityId: EntityId
  readonly canonicalId: EntityId
}

/**
 * Live writes of these entities: without those that a correction has taken elsewhere (a
 * correction of the same entity stays beside its parent, for the fold to place it).
 */
export async function readWrites(db: ReadDb, members: readonly Member[]): Promise<readonly EntityWrite[]> {
  const { rows } = await db.execute<Omit<EntityWrite, 'settles'> & Record<string, unknown>>(sql`
    with member (entity_id, canonical_id) as (
      select * from unnest(
        ${sql.param(members.map(({ entityId }) => entityId))}::text[],
        ${sql.param(members.map(({ canonicalId }) => canonicalId))}::text[])
    )
    select w.entity_id as "entityId", w.dataset, w.instance_id as "instanceId", w.effective, w.stamp,
           w.device_id as "deviceId", w.set, w.saw, w.label, w.kind, w.deprecated_id as "deprecatedId", w.settles
      from member m join entity_writes w on w.entity_id = m.entity_id
     where not exists (
       select 1 from submissions d
        where d.deprecated_id = w.instance_id and d.state = 'applied'
          and not exists (
            select 1 from entity_writes x join member y on y.entity_id = x.entity_id
             where x.instance_id = d.instance_id and y.canonical_id = m.canonical_id))`)
  return rows.map(({ settles, ...write }) => (settles === null ? write : { ...write, settles }) as EntityWrite)
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
    sql`select distinct on (alias) alias, of, stamp, undone from aliases order by alias, stamp desc, instance_id desc`,
  )
  return rows
}

export async function appendAlias(tx: WriteDb, instanceId: InstanceId, row: AliasRow): Promise<void> {
  await tx.execute(sql`
    insert into aliases (instance_id, alias, of, stamp, undone)
    values (${instanceId}, ${row.alias}, ${row.of}, ${row.stamp}, ${row.undone})`)
}

export interface EntityState {
  readonly folded: FoldedEntity
  readonly conflicted: readonly string[]
  readonly canonicalId: EntityId
}

export async function putEntities(tx: WriteDb, states: readonly EntityState[], atMs: number): Promise<void> {
  if (states.length === 0) return
  const column = <T>(pick: (state: EntityState) => T) => sql.param(states.map(pick))
  const text = (pick: (state: EntityState) => unknown) => column(state => JSON.stringify(pick(state)))
  await tx.execute(sql`
    insert into entities (entity_id, dataset, label, properties, conflicted, canonical_id, live, superseded, updated_at_ms)
    select entity_id, dataset, label, properties::json, conflicted::json, canonical_id, live::json, superseded::json, ${atMs}::bigint
    from unnest(
      ${column(s => s.folded.entityId)}::text[], ${column(s => s.folded.dataset)}::text[], ${column(s => s.folded.label)}::text[],
      ${text(s => s.folded.properties)}::text[], ${text(s => s.conflicted)}::text[], ${column(s => s.canonicalId)}::text[],
      ${text(s => s.folded.live)}::text[], ${text(s => s.folded.superseded)}::text[]
    ) as e (entity_id, dataset, label, properties, conflicted, canonical_id, live, superseded)
    on conflict (entity_id) do update set
      dataset = excluded.dataset, label = excluded.label, properties = excluded.properties, conflicted = excluded.conflicted,
      canonical_id = excluded.canonical_id, live = excluded.live, superseded = excluded.superseded,
      updated_at_ms = excluded.updated_at_ms`)
}

export async function dropEntities(tx: WriteDb, entityIds: readonly EntityId[]): Promise<void> {
  if (entityIds.length === 0) return
  await tx.execute(sql`delete from entities where entity_id = any(${sql.param(entityIds)}::text[])`)
}

export interface ConflictState extends Record<string, unknown> {
  readonly conflictId: string
  /** The entry as text: equal text, nothing to tell. */
  readonly text: string
}

export async function readConflicts(db: ReadDb, entityIds: readonly EntityId[]): Promise<readonly ConflictState[]> {
  const { rows } = await db.execute<ConflictState>(sql`
    select conflict_id as "conflictId", json_build_array(stands, other, settled_by)::text as text
      from conflicts where entity_id = any(${sql.param(entityIds)}::text[])`)
  return rows
}

export async function putConflicts(tx: WriteDb, entries: readonly ConflictEntry[], atMs: number): Promise<void> {
  if (entries.length === 0) return
  const column = <T>(pick: (entry: ConflictEntry) => T) => sql.param(entries.map(pick))
  await tx.execute(sql`
    insert into conflicts (conflict_id, entity_id, property, stands, other, settled_by, opened_at_ms)
    select conflict_id, entity_id, property, stands::json, other::json, settled_by, ${atMs}::bigint
    from unnest(
      ${column(c => c.conflictId)}::text[], ${column(c => c.entityId)}::text[], ${column(c => c.property)}::text[],
      ${column(c => JSON.stringify(c.stands))}::text[], ${column(c => JSON.stringify(c.other))}::text[],
      ${column(c => c.settledBy)}::text[]
    ) as c (conflict_id, entity_id, property, stands, other, settled_by)
    on conflict (conflict_id) do update
      set stands = excluded.stands, other = excluded.other, settled_by = excluded.settled_by`)
}

export async function dropConflicts(tx: WriteDb, conflictIds: readonly string[]): Promise<void> {
  if (conflictIds.length === 0) return
  await tx.execute(sql`delete from conflicts where conflict_id = any(${sql.param(conflictIds)}::text[])`)
}
