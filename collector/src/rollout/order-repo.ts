/** The SQL of orders: which is in force, what has reached all, and who is of the staff. */
import { and, desc, eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { ReleaseRow } from './release-repo.ts'
import { releases, rolloutOrders, rolloutStaff } from './tables.ts'

export type OrderRow = typeof rolloutOrders.$inferSelect

export async function orderInForce(db: ReadDb, modelName: string): Promise<OrderRow | undefined> {
  const [row] = await db
    .select()
    .from(rolloutOrders)
    .where(eq(rolloutOrders.modelName, modelName))
    .orderBy(desc(rolloutOrders.orderNumber))
    .limit(1)
  return row
}

/** Newest first. */
export const ordersOf = (db: ReadDb, modelName: string): Promise<readonly OrderRow[]> =>
  db
    .select()
    .from(rolloutOrders)
    .where(eq(rolloutOrders.modelName, modelName))
    .orderBy(desc(rolloutOrders.orderNumber))
    .limit(200)

/** @returns Whether it was not there yet. */
export async function appendOrder(tx: WriteDb, row: OrderRow): Promise<boolean> {
  const { rowCount } = await tx.insert(rolloutOrders).values(row).onConflictDoNothing()
  return (rowCount ?? 0) > 0
}

/** Models whose release is on its way from ring to ring. */
export async function advancingModels(db: ReadDb): Promise<readonly string[]> {
  const { rows } = await db.execute<{ name: string }>(sql`
    select model_name as name from (
      select distinct on (model_name) model_name, state from rollout_orders order by model_name, order_number desc
    ) as newest where state = 'advancing'`)
  return rows.map(({ name }) => name)
}

/**
 * The newest release that has reached all rings, and is not halted. A release of before there were
 * orders went to all at once.
 */
export async function newestComplete(db: ReadDb, modelName: string): Promise<ReleaseRow | undefined> {
  const [row] = await db.select().from(releases).where(isComplete(modelName)).orderBy(desc(releases.counter)).limit(1)
  return row
}

/** Its id alone: for whoever asks often whether it has changed. */
export async function newestCompleteId(db: ReadDb, modelName: string): Promise<string | undefined> {
  const [row] = await db
    .select({ releaseId: releases.releaseId })
    .from(releases)
    .where(isComplete(modelName))
    .orderBy(desc(releases.counter))
    .limit(1)
  return row?.releaseId
}

function isComplete(modelName: string) {
  const last = sql`(select o.state from rollout_orders o where o.release_id = ${releases.releaseId}
    order by o.order_number desc limit 1)`
  return and(eq(releases.modelName, modelName), sql`coalesce(${last}, 'complete') = 'complete'`)
}

export async function listStaff(db: ReadDb): Promise<readonly string[]> {
  const rows = await db.select({ deviceId: rolloutStaff.deviceId }).from(rolloutStaff).orderBy(rolloutStaff.deviceId)
  return rows.map(({ deviceId }) => deviceId)
}

export async function putStaff(
  tx: WriteDb,
  deviceIds: readonly string[],
  { who, atMs }: { readonly who: string; readonly atMs: number },
): Promise<void> {
  await tx.delete(rolloutStaff)
  if (deviceIds.length > 0)
    await tx.insert(rolloutStaff).values([...new Set(deviceIds)].map(deviceId => ({ deviceId, who, atMs })))
}

/** Devices that may be told anything. */
export async function activeDevices(db: ReadDb): Promise<readonly string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`select device_id as id from devices where state = 'active'`)
  return rows.map(({ id }) => id)
}

/** Submissions from here on are later than this moment. */
export async function lastSeq(db: ReadDb): Promise<number> {
  const { rows } = await db.execute<{ seq: string | null }>(sql`select max(seq) as seq from submissions`)
  return Number(rows[0]?.seq ?? 0)
}

/** Which release the feed names to every device. */
export async function releaseInFeed(db: ReadDb, modelName: string): Promise<string | undefined> {
  const { rows } = await db.execute<{ id: string | null }>(sql`
    select body -> 'signed' -> 'body' ->> 'releaseId' as id from feed
     where kind = 'release' and key = ${modelName} and body is not null`)
  return rows[0]?.id ?? undefined
}
