/** The SQL of work bundles. */
import type { Checkpoint, DeviceId, Fault, InstanceId, StoreId } from '@murram/ground'
import type { AckResult, BundleHeader } from '@murram/wire'
import { desc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { InboxState } from '../ingest/inbox-states.ts'
import { answerOf } from '../ingest/sort-arrivals.ts'
import type { Imported } from './imported.ts'
import { workBundles } from './tables.ts'

export async function noteBundle(
  db: WriteDb,
  { bundleId, deviceId, createdAtMs, checkpoint }: BundleHeader,
  storeId: StoreId,
  told: Imported,
  importedAtMs: number,
): Promise<void> {
  const row = { bundleId, deviceId, storeId, createdAtMs: Math.trunc(createdAtMs), importedAtMs, checkpoint, told }
  await db
    .insert(workBundles)
    .values(row)
    .onConflictDoUpdate({ target: workBundles.bundleId, set: { importedAtMs, told } })
}

export async function isKnownBundle(db: ReadDb, bundleId: string): Promise<boolean> {
  const [row] = await db
    .select({ bundleId: workBundles.bundleId })
    .from(workBundles)
    .where(eq(workBundles.bundleId, bundleId))
  return row !== undefined
}

export async function listBundles(db: ReadDb): Promise<readonly (typeof workBundles.$inferSelect)[]> {
  return db.select().from(workBundles).orderBy(desc(workBundles.importedAtMs)).limit(200)
}

/** Of the device's newest file: which life of its store speaks, and how far it had read. */
export async function lastHeard(
  db: ReadDb,
  deviceId: DeviceId,
): Promise<{ readonly storeId: StoreId; readonly checkpoint: Checkpoint; readonly told: Imported } | null> {
  const [row] = await db
    .select()
    .from(workBundles)
    .where(eq(workBundles.deviceId, deviceId))
    .orderBy(desc(workBundles.createdAtMs))
    .limit(1)
  if (row === undefined) return null
  const { storeId, checkpoint, told } = row
  return { storeId: storeId as StoreId, checkpoint: checkpoint as Checkpoint, told: told as Imported }
}

/** The life of its store from which a device sent last, by whatever way. */
export async function newestStore(db: ReadDb, deviceId: DeviceId): Promise<StoreId | null> {
  const { rows } = await db.execute<{ store: string }>(
    sql`select store_id as store from submissions where device_id = ${deviceId} order by seq desc limit 1`,
  )
  return (rows[0]?.store ?? null) as StoreId | null
}

/**
 * What became of a store's submissions, as an ack would say it now. All of them, safe ones too: a store that
 * speaks by file alone has heard of none.
 */
export async function resultsOfStore(db: ReadDb, storeId: StoreId): Promise<readonly AckResult[]> {
  const { rows } = await db.execute<{ n: string; instance: string; state: InboxState; reason: Fault | null }>(sql`
    select mine.n, mine.instance_id as instance, coalesce(counted.state, mine.state) as state,
           case when counted.state is null then mine.reason else counted.reason end as reason
      from submissions mine left join lateral (
        select state, reason from submissions one
         where mine.state = 'again' and one.instance_id = mine.instance_id and one.digest = mine.digest
           and one.state not in ('again', 'void') limit 1
      ) counted on true
     where mine.store_id = ${storeId} order by mine.n`)
  return rows.map(row => ({ n: Number(row.n), instanceId: row.instance as InstanceId, ...answerOf(row) }))
}
