/** The SQL of the fold: each function is one statement, however many rows. */
import type { EntityId, InstanceId } from '@murram/ground'
import type { ConflictEntry, EntityWrite, FoldedEntity, Stamp } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { toAuthors } from './entity-authors.ts'

/** Whoever folds waits here for whoever folded before, so that no write is overlooked. */
export async function lockFold(tx: WriteDb, projectId: string): Promise<void> {
  await tx.execute(sql`select 1 from projects where project_id = ${projectId} for update`)
}

export async function appendWrites(tx: WriteDb, writes: readonly EntityWrite[]): Promise<void> {
  if (writes.length === 0) return
  await tx.execute(sql`
    insert into entity_writes
      (instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, label, kind, deprecated_id, settles)
    select "instanceId", "entityId", dataset, effective, stamp, "deviceId", set, saw, label, kind, "deprecatedId", settles
      from json_to_recordset(${JSON.stringify(writes)}::json) as w (
        "instanceId" text, "entityId" text, dataset text, effective text, stamp text, "deviceId" text, set json, saw json,
        label text, kind text, "deprecatedId" text, settles json)`)
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
  const rows = states.map(({ folded, conflicted, canonicalId }) => ({
    ...folded,
    conflicts: undefined,
    properties: Object.fromEntries(Object.entries(folded.properties).map(([name, { answer }]) => [name, answer])),
    authors: toAuthors(folded.properties),
    conflicted,
    canonicalId,
  }))
  await tx.execute(sql`
    insert into entities
      (entity_id, dataset, label, properties, authors, conflicted, canonical_id, live, superseded, updated_at_ms)
    select "entityId", dataset, label, properties, authors, conflicted, "canonicalId", live, superseded, ${atMs}::bigint
      from json_to_recordset(${JSON.stringify(rows)}::json) as e (
        "entityId" text, dataset text, label text, properties json, authors json, conflicted json, "canonicalId" text,
        live json, superseded json)
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
