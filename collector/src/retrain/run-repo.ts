/** The SQL of runs and snapshots. */
import { desc, eq, max, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { runs, snapshots } from './tables.ts'

export type RunRow = typeof runs.$inferSelect
export type SnapshotRow = typeof snapshots.$inferSelect

/** @returns `undefined` where a run of this model is open already. */
export async function openRun(
  tx: WriteDb,
  run: Pick<RunRow, 'runId' | 'modelName' | 'trigger' | 'handicap' | 'uptoSeq' | 'createdAtMs'>,
): Promise<RunRow | undefined> {
  const [row] = await tx
    .insert(runs)
    .values({ ...run, state: 'queued', progress: 0, step: 'waiting', attempts: 0 })
    .onConflictDoNothing()
    .returning()
  return row
}

/** The last outcome that any run of this model has looked at; a spoilt run has looked at nothing. */
export async function lastSeenOutcome(db: ReadDb, modelName: string): Promise<number> {
  const [row] = await db
    .select({ seq: max(runs.uptoSeq) })
    .from(runs)
    .where(sql`${runs.modelName} = ${modelName} and ${runs.handicap} is null`)
  return row?.seq ?? 0
}

/** @returns The run, or `undefined` where it is over already. */
export async function beginAttempt(db: WriteDb, runId: string, nowMs: number): Promise<RunRow | undefined> {
  const [row] = await db
    .update(runs)
    .set({
      state: 'running',
      attempts: sql`${runs.attempts} + 1`,
      startedAtMs: sql`coalesce(${runs.startedAtMs}, ${nowMs})`,
    })
    .where(sql`${runs.runId} = ${runId} and ${runs.state} in ('queued', 'running')`)
    .returning()
  return row
}

export type RunChange = Partial<
  Pick<
    RunRow,
    | 'state'
    | 'progress'
    | 'step'
    | 'snapshot'
    | 'candidateId'
    | 'verdict'
    | 'report'
    | 'releaseId'
    | 'reason'
    | 'finishedAtMs'
  >
>

export async function changeRun(db: WriteDb, runId: string, change: RunChange): Promise<void> {
  await db.update(runs).set(change).where(eq(runs.runId, runId))
}

export async function putSnapshot(tx: WriteDb, row: SnapshotRow): Promise<void> {
  await tx.insert(snapshots).values(row).onConflictDoNothing()
}

export async function findSnapshot(db: ReadDb, digest: string): Promise<SnapshotRow | undefined> {
  const [row] = await db.select().from(snapshots).where(eq(snapshots.digest, digest))
  return row
}

export async function findRun(db: ReadDb, runId: string): Promise<RunRow | undefined> {
  const [row] = await db.select().from(runs).where(eq(runs.runId, runId))
  return row
}

/** Newest first. */
export const listRuns = (db: ReadDb, limit: number): Promise<readonly RunRow[]> =>
  db.select().from(runs).orderBy(desc(runs.createdAtMs), desc(runs.uptoSeq), runs.runId).limit(limit)
