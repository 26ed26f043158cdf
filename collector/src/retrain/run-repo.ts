/** The SQL of runs and snapshots. */
import { and, asc, desc, eq, inArray, max, ne, sql } from 'drizzle-orm'
import { mayFollow, type RunEvent } from '@murram/lineage'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { MlflowNote } from './run-record.ts'
import { lineageEvents, runs, snapshots } from './tables.ts'

export type RunRow = typeof runs.$inferSelect
export type SnapshotRow = typeof snapshots.$inferSelect

/** @returns `undefined` where a run of this model is open already. */
export async function openRun(
  tx: WriteDb,
  run: Pick<RunRow, 'runId' | 'modelName' | 'trigger' | 'because' | 'handicap' | 'uptoSeq' | 'createdAtMs'>,
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
    | 'cancelled'
    | 'record'
    | 'mlflow'
  >
>

const isOpen = inArray(runs.state, ['queued', 'running'])

/** @returns The run as it is now, or `undefined` where it was over already: then nothing is changed. */
export async function changeOpenRun(db: WriteDb, runId: string, change: RunChange): Promise<RunRow | undefined> {
  const [row] = await db
    .update(runs)
    .set(change)
    .where(and(eq(runs.runId, runId), isOpen))
    .returning()
  return row
}

export async function noteMlflow(db: WriteDb, runId: string, mlflow: MlflowNote): Promise<void> {
  await db.update(runs).set({ mlflow }).where(eq(runs.runId, runId))
}

/** When the last run that no person asked for ended. */
export async function lastAutomaticEnd(db: ReadDb, modelName: string): Promise<number | null> {
  const [row] = await db
    .select({ endedAtMs: max(runs.finishedAtMs) })
    .from(runs)
    .where(and(eq(runs.modelName, modelName), ne(runs.trigger, 'person')))
  return row?.endedAtMs ?? null
}

export async function findOpenRun(db: ReadDb, modelName: string): Promise<RunRow | undefined> {
  const [row] = await db
    .select()
    .from(runs)
    .where(and(eq(runs.modelName, modelName), isOpen))
  return row
}

/** Nothing where the run has said so already, or is over: a second attempt does not start it twice. */
export async function appendLineage(tx: WriteDb, event: RunEvent): Promise<void> {
  const { runId } = event.run
  const before = await listLineage(tx, runId)
  const said = before.map(({ eventType }) => eventType)
  if (mayFollow(said, event.eventType)) await tx.insert(lineageEvents).values({ runId, event })
}

export async function listLineage(db: ReadDb, runId: string): Promise<readonly RunEvent[]> {
  const rows = await db
    .select({ event: lineageEvents.event })
    .from(lineageEvents)
    .where(eq(lineageEvents.runId, runId))
    .orderBy(asc(lineageEvents.seq))
  return rows.map(({ event }) => event)
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
