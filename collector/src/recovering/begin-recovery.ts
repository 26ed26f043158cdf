/**
 * A restore was accepted: from now on what comes is held against what was known before. Called
 * before anything is taken in the new epoch; again for the same epoch it changes nothing.
 */
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { readNotedMarks } from './noted-marks.ts'
import { readNotedOutcomes } from './noted-outcomes.ts'
import { recoveries } from './tables.ts'

export interface RecoveryBegun {
  readonly epoch: number
  /** The name of the backup that was put back; `null`: by other means than ours. */
  readonly backup: string | null
  readonly dataDir: string
  readonly nowMs: number
}

export async function beginRecovery(write: WriteDb, begun: RecoveryBegun): Promise<void> {
  const { epoch, backup, nowMs, dataDir } = begun
  const notedOutcomes = readNotedOutcomes(dataDir)
  const noted = JSON.stringify(readNotedMarks(dataDir))
  await inTransaction(write, async tx => {
    const { rows } = await tx.execute<{ last: string }>(sql`select coalesce(max(seq), 0) as last from submissions`)
    const added = await tx
      .insert(recoveries)
      .values({ epoch, backup, openedAtMs: nowMs, uptoSeq: Number(rows[0]?.last ?? 0), notedOutcomes })
      .onConflictDoNothing()
    if (added.rowCount === 0) return
    await tx.execute(sql`
      insert into recovery_stores (epoch, store_id, device_id, restored_upto, known_upto)
      select ${epoch}, coalesce(s.store_id, m."storeId"), coalesce(s.device_id, m."deviceId"),
             coalesce(s.durable_upto, 0), greatest(s.durable_upto, m."durableUpto")
        from stores s
        full join json_to_recordset(${noted}::json) as m ("storeId" text, "deviceId" text, "durableUpto" bigint)
          on m."storeId" = s.store_id`)
  })
}
