/** The SQL of scopes: which property divides a dataset, and which scopes a device may see. */
import type { DeviceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { ScopeProperties } from '../feed/scope-entries.ts'

export async function readScopeProperties(db: ReadDb, projectId: string): Promise<ScopeProperties> {
  const { rows } = await db.execute<{ properties: ScopeProperties }>(
    sql`select scope_properties as properties from projects where project_id = ${projectId}`,
  )
  return rows[0]?.properties ?? {}
}

/**
 * Divides a dataset by a property, or no more. What is in the feed is divided anew; the number of a
 * row does not change, for every device that is kept to a scope reads from nought under its new view.
 */
export async function putScopeProperty(
  tx: WriteDb,
  projectId: string,
  { dataset, property }: { readonly dataset: string; readonly property: string | null },
): Promise<void> {
  // The project's row first, as whoever appends to the feed does.
  const { rows } = await tx.execute<{ properties: Record<string, string> }>(
    sql`select scope_properties as properties from projects where project_id = ${projectId} for update`,
  )
  const { [dataset]: before = null, ...others } = rows[0]?.properties ?? {}
  if (before === property) return
  const properties = property === null ? others : { ...others, [dataset]: property }
  await tx.execute(
    sql`update projects set scope_properties = ${JSON.stringify(properties)}::json, divisions = divisions + 1 where project_id = ${projectId}`,
  )
  await tx.execute(sql`
    update feed set left_scopes = null,
           scopes = ${property === null ? sql`null` : sql`array[trim(coalesce(body -> 'properties' ->> ${property}, ''))]`}
     where kind = 'entity' and body ->> 'dataset' = ${dataset}`)
  await tx.execute(sql`
    update feed c set left_scopes = null, scopes = e.scopes from feed e
     where c.kind = 'conflict' and e.kind = 'entity' and e.key = c.body ->> 'entityId' and e.body ->> 'dataset' = ${dataset}`)
}

/** @returns Whether there is such a device. */
export async function putDeviceScopes(
  db: WriteDb,
  deviceId: DeviceId,
  scopes: readonly string[] | null,
): Promise<boolean> {
  const { rowCount } = await db.execute(
    sql`update devices set scopes = ${scopes === null ? null : sql.param([...new Set(scopes)].toSorted())}::text[] where device_id = ${deviceId}`,
  )
  return (rowCount ?? 0) > 0
}

export interface ScopeCount extends Record<string, unknown> {
  readonly dataset: string
  readonly scope: string
  readonly entities: number
}

/** How many entities stand in each scope of each divided dataset. */
export async function countScopes(db: ReadDb): Promise<readonly ScopeCount[]> {
  const { rows } = await db.execute<ScopeCount>(sql`
    select body ->> 'dataset' as dataset, named.scope, count(*)::int as entities
      from feed, unnest(scopes) as named (scope) where kind = 'entity' and body is not null
     group by 1, 2 order by 1, 2 limit 10000`)
  return rows
}

/** Devices that do not see everything. */
export async function devicesInScopes(db: ReadDb): Promise<readonly DeviceId[]> {
  const { rows } = await db.execute<{ id: DeviceId }>(
    sql`select device_id as id from devices where scopes is not null and state = 'active'`,
  )
  return rows.map(({ id }) => id)
}

/** Whether the feed names this file to everybody: a form's program, or a file of a release. */
export async function isNamedInFeed(db: ReadDb, sha256: string): Promise<boolean> {
  const { rows } = await db.execute(
    sql`select 1 from feed where kind in ('form', 'release', 'rollout') and strpos(body::text, ${sha256}) > 0 limit 1`,
  )
  return rows.length > 0
}

/** Whether it is a snapshot of this view, or a patch to a file that the feed names. */
export async function isOfView(db: ReadDb, sha256: string, view: string): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from view_snapshots where view = ${view} and files::jsonb ? ${sha256}
    union all select 1 from patches where patch_sha256 = ${sha256}
    limit 1`)
  return rows.length > 0
}
