/** Who wrote what, and what is here: asked only of what corrects, updates or settles. */
import type { DeviceId, EntityId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'

/** Those that are stored, in whatever state. */
export async function storedAmong(db: ReadDb, instanceIds: readonly InstanceId[]): Promise<readonly InstanceId[]> {
  if (instanceIds.length === 0) return []
  const { rows } = await db.execute<{ id: InstanceId }>(
    sql`select distinct instance_id as id from submissions where instance_id = any(${sql.param(instanceIds)}::text[])`,
  )
  return rows.map(({ id }) => id)
}

/** Those of which anything was ever said here, whether or not it still stands. */
export async function knownAmong(db: ReadDb, entityIds: readonly EntityId[]): Promise<readonly EntityId[]> {
  if (entityIds.length === 0) return []
  const { rows } = await db.execute<{ id: EntityId }>(
    sql`select distinct entity_id as id from entity_writes where entity_id = any(${sql.param(entityIds)}::text[])`,
  )
  return rows.map(({ id }) => id)
}

interface Correction {
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  readonly deprecatedId: InstanceId
}

/** Corrections of what another officer's device wrote. */
export async function correctedByOthers(
  db: ReadDb,
  corrections: readonly Correction[],
): Promise<readonly { readonly instanceId: InstanceId; readonly author: string }[]> {
  if (corrections.length === 0) return []
  const { rows } = await db.execute<{ instanceId: InstanceId; author: string }>(sql`
    select c.instance_id as "instanceId", coalesce(author.officer, parent.device_id) as author
      from unnest(
        ${sql.param(corrections.map(({ instanceId }) => instanceId))}::text[],
        ${sql.param(corrections.map(({ deviceId }) => deviceId))}::text[],
        ${sql.param(corrections.map(({ deprecatedId }) => deprecatedId))}::text[]) as c (instance_id, device_id, deprecated_id)
      join submissions parent on parent.instance_id = c.deprecated_id and parent.device_id <> c.device_id
      left join devices author on author.device_id = parent.device_id
      left join devices mine on mine.device_id = c.device_id
     where author.officer is distinct from mine.officer or author.officer is null`)
  return rows
}

/** Whether this officer wrote the property of this entity, or of one that is the same. */
export async function wroteProperty(
  db: ReadDb,
  of: { readonly deviceId: DeviceId; readonly entityId: EntityId; readonly property: string },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    with one as (
      select ${of.entityId} as entity_id
      union
      select e.entity_id from entities asked join entities e on e.canonical_id = asked.canonical_id
       where asked.entity_id = ${of.entityId}
    )
    select 1 from one join entity_writes w on w.entity_id = one.entity_id and w.kind <> 'settlement'
      left join devices author on author.device_id = w.device_id
     where w.set -> ${of.property}::text is not null
       and (w.device_id = ${of.deviceId}
         or author.officer = (select officer from devices where device_id = ${of.deviceId}))
     limit 1`)
  return rows.length > 0
}
