/** The SQL of work bundles. */
import type { Checkpoint, DeviceId, Fault, InstanceId, StoreId } from '@murram/ground'
import type { AckResult, BundleHeader } from '@murram/wire'
import { desc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
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

/** What became of a store's submissions, as its acks said or would say now. */
export async function resultsOfStore(db: ReadDb, storeId: StoreId, aboveN: number): Promise<readonly AckResult[]> {
  const { rows } = await db.execute<{ n: string; instance: string; state: string; reason: Fault | null }>(sql`
    select n, instance_id as instance, state, reason from submissions
     where store_id = ${storeId} and n > ${aboveN} order by n`)
  return rows.map(({ n, instance, state, reason }) => ({
    n: Number(n),
    instanceId: instance as InstanceId,
    ...(state === 'held' && reason !== null
      ? { result: 'held' as const, fault: reason }
      : { result: 'duplicate' as const }),
  }))
}
