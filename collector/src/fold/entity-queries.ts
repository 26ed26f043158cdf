/** What people ask of entities and of the conflict ledger. */
import type { EntityId } from '@murram/ground'
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import { fromAuthors, type Author } from './entity-authors.ts'
import type { ConflictRow, EntityDetail, EntityList, EntityRow } from '../http/api-types.ts'

export interface EntityQuery {
  readonly limit: number
  /** As a list gave it in `next`. */
  readonly after?: string
  /** Part of the label, of an answer or of the id. */
  readonly q?: string
  readonly dataset?: string
}

interface FoundEntity extends Record<string, unknown> {
  readonly entityId: string
  readonly dataset: string
  readonly label: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly conflicted: readonly string[]
  readonly canonicalId: string
  readonly submissions: number
  readonly updatedAtMs: string
}

const columns = sql`
  e.entity_id as "entityId", e.dataset, e.label, e.properties, e.conflicted, e.canonical_id as "canonicalId",
  json_array_length(e.live) + json_array_length(e.superseded) as submissions, e.updated_at_ms as "updatedAtMs"`

/** The one changed last comes first. */
export async function listEntities(db: ReadDb, query: EntityQuery): Promise<EntityList> {
  const conditions: SQL[] = [sql`true`]
  if (query.dataset !== undefined) conditions.push(sql`e.dataset = ${query.dataset}`)
  if (query.q !== undefined && query.q !== '') {
    const like = `%${query.q.replaceAll(/[\\%_]/g, '\\$&')}%`
    conditions.push(sql`(e.label ilike ${like} or e.entity_id like ${like} or e.properties::text ilike ${like})`)
  }
  const where = sql.join(conditions, sql` and `)
  const { rows: counted } = await db.execute<{ total: number; aliases: number }>(
    sql`select count(*)::int as total, (count(*) filter (where e.canonical_id <> e.entity_id))::int as aliases
          from entities e where ${where}`,
  )
  const [atMs = '', entityId = ''] = (query.after ?? '').split('~')
  const beyond =
    query.after === undefined ? sql`true` : sql`(e.updated_at_ms, e.entity_id) < (${atMs}::bigint, ${entityId})`
  const { rows } = await db.execute<FoundEntity>(
    sql`select ${columns} from entities e where ${where} and ${beyond} order by e.updated_at_ms desc, e.entity_id desc limit ${query.limit}`,
  )
  const last = rows.length < query.limit ? undefined : rows.at(-1)
  return {
    entities: rows.map(toEntityRow),
    total: counted[0]?.total ?? 0,
    aliases: counted[0]?.aliases ?? 0,
    next: last === undefined ? null : `${last.updatedAtMs}~${last.entityId}`,
  }
}

export async function findEntities(db: ReadDb, entityIds: readonly string[]): Promise<readonly EntityRow[]> {
  if (entityIds.length === 0) return []
  const { rows } = await db.execute<FoundEntity>(
    sql`select ${columns} from entities e where e.entity_id = any(${sql.param(entityIds)}::text[])`,
  )
  return rows.map(toEntityRow)
}

const toEntityRow = (row: FoundEntity): EntityRow => ({
  entityId: row.entityId,
  dataset: row.dataset,
  conflicted: row.conflicted,
  canonicalId: row.canonicalId,
  label: row.label ?? '',
  properties: row.properties,
  submissions: row.submissions,
  updatedAtMs: Number(row.updatedAtMs),
})

export async function findEntity(db: ReadDb, entityId: EntityId): Promise<EntityDetail | undefined> {
  const { rows } = await db.execute<FoundEntity & { superseded: readonly string[]; authors: readonly Author[] }>(
    sql`select ${columns}, e.superseded, e.authors from entities e where e.entity_id = ${entityId}`,
  )
  const [entity] = rows
  if (entity === undefined) return undefined
  const { rows: aliases } = await db.execute<{ id: string }>(
    sql`select entity_id as id from entities where canonical_id = ${entityId} and entity_id <> ${entityId} order by 1`,
  )
  const members = [entityId, ...aliases.map(({ id }) => id)]
  const { rows: history } = await db.execute<
    Omit<EntityDetail['history'][number], 'superseded'> & Record<string, unknown>
  >(sql`
    select w.instance_id as "instanceId", s.form_id as "formId", s.version, w.device_id as "deviceId", d.officer, w.kind, w.stamp,
           s.received_at_ms::float8 as "receivedAtMs", w.set, s.state
      from entity_writes w
      join submissions s on s.instance_id = w.instance_id and s.state in ('applied', 'returned', 'held', 'waiting', 'quarantined')
        and coalesce(s.reason ->> 'fault', '') <> 'sync.instance-exists'
      left join devices d on d.device_id = w.device_id
     where w.entity_id = any(${sql.param(members)}::text[]) order by w.effective, w.stamp`)
  const superseded = new Set(entity.superseded)
  return {
    ...toEntityRow(entity),
    written: fromAuthors(entity.authors, entity.properties),
    conflicts: await listConflicts(db, sql`c.entity_id = ${entityId}`),
    history: history.map(row => ({
      ...row,

      superseded: superseded.has(row.instanceId),
    })),
    aliases: aliases.map(({ id }) => id),
  }
}

/** Open ones first, then the newest. */
export async function listConflicts(db: ReadDb, where: SQL): Promise<readonly ConflictRow[]> {
  const { rows } = await db.execute<ConflictRow & Record<string, unknown>>(sql`
    select c.conflict_id as "conflictId", c.entity_id as "entityId", coalesce(e.label, '') as "entityLabel", c.property,
           c.stands, c.other, c.settled_by as "settledBy", c.opened_at_ms::float8 as "openedAtMs"
      from conflicts c left join entities e on e.entity_id = c.entity_id
     where ${where} order by (c.settled_by is not null), c.opened_at_ms desc, c.conflict_id limit 1000`)
  return rows
}

export const conflictsInState = (db: ReadDb, state: 'open' | 'settled' | undefined) =>
  listConflicts(
    db,
    state === undefined ? sql`true` : state === 'open' ? sql`c.settled_by is null` : sql`c.settled_by is not null`,
  )

export async function findConflict(
  db: ReadDb,
  conflictId: string,
): Promise<(ConflictRow & { readonly dataset: string }) | undefined> {
  const [conflict] = await listConflicts(db, sql`c.conflict_id = ${conflictId}`)
  if (conflict === undefined) return undefined
  const { rows } = await db.execute<{ dataset: string }>(
    sql`select dataset from entities where entity_id = ${conflict.entityId}`,
  )
  return { ...conflict, dataset: rows[0]?.dataset ?? '' }
}

export async function aliasTarget(db: ReadDb, alias: EntityId): Promise<EntityId | undefined> {
  const { rows } = await db.execute<{ of: EntityId; undone: boolean }>(
    sql`select of, undone from aliases where alias = ${alias} order by stamp desc, instance_id desc limit 1`,
  )
  return rows[0] === undefined || rows[0].undone ? undefined : rows[0].of
}

export async function existingEntities(db: ReadDb, entityIds: readonly EntityId[]): Promise<readonly EntityId[]> {
  const { rows } = await db.execute<{ id: EntityId }>(
    sql`select entity_id as id from entities where entity_id = any(${sql.param(entityIds)}::text[])`,
  )
  return rows.map(({ id }) => id)
}
