/** The SQL of backups: what stands in a copy, and the marks that a verified one raises. */
import type { StoreId } from '@murram/ground'
import { desc, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { backups } from './tables.ts'

export type BackupRow = typeof backups.$inferSelect

export interface StoreMark {
  readonly storeId: StoreId
  readonly durableUpto: number
}

export const listBackups = (db: ReadDb): Promise<readonly BackupRow[]> =>
  db.select().from(backups).orderBy(desc(backups.takenAtMs))

export async function addBackup(tx: WriteDb, row: BackupRow): Promise<void> {
  await tx.insert(backups).values(row).onConflictDoNothing()
}

/** Never down, and never beyond what is stored here. @returns How many submissions are safe now. */
export async function raiseSafe(tx: WriteDb, marks: readonly StoreMark[]): Promise<number> {
  await tx.execute(sql`
    update stores set safe_upto = least(mark."durableUpto", stores.durable_upto)
      from json_to_recordset(${JSON.stringify(marks)}::json) as mark ("storeId" text, "durableUpto" bigint)
     where stores.store_id = mark."storeId" and stores.safe_upto < least(mark."durableUpto", stores.durable_upto)`)
  return countSafe(tx)
}

/**
 * Up to the first number that arrived at or after `beforeMs`: what came before stands in a copy
 * of that time. @returns How many submissions are safe now.
 */
export async function raiseSafeBefore(tx: WriteDb, beforeMs: number): Promise<number> {
  await tx.execute(sql`
    update stores set safe_upto = mark.upto from (
      select store_id, least(durable_upto, coalesce((
               select min(n) - 1 from submissions s
                where s.store_id = stores.store_id and s.n > safe_upto and s.received_at_ms >= ${beforeMs}
             ), durable_upto)) as upto from stores
    ) mark where mark.store_id = stores.store_id and mark.upto > stores.safe_upto`)
  return countSafe(tx)
}

async function countSafe(db: ReadDb): Promise<number> {
  const { rows } = await db.execute<{ safe: string }>(sql`select coalesce(sum(safe_upto), 0) as safe from stores`)
  return Number(rows[0]?.safe ?? 0)
}

/** Locked until commit: a restore does not begin meanwhile. */
export async function lifeOf(
  db: ReadDb,
  projectId: string,
): Promise<{ readonly epoch: number; readonly lineage: string } | undefined> {
  const { rows } = await db.execute<{ epoch: number; lineage: string }>(
    sql`select epoch, lineage from projects where project_id = ${projectId} for share`,
  )
  return rows[0]
}
