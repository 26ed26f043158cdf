/** Runs, and the rows each of them froze. */
import { sql } from 'drizzle-orm'
import { bigint, bigserial, index, integer, json, pgTable, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import type { RunEvent } from '@murram/lineage'
import type { GateReport } from '../registry/gate-report.ts'
import type { MlflowNote, RunRecord } from './run-record.ts'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const snapshots = pgTable('snapshots', {
  /** SHA-256 of the blob that holds the rows. */
  digest: text('digest').primaryKey(),
  modelName: text('model_name').notNull(),
  rows: integer('rows').notNull(),
  positives: integer('positives').notNull(),
  /** Outcomes that could not be used, by reason. */
  leftOut: json('left_out').$type<Readonly<Record<string, number>>>().notNull(),
  frozenAtMs: ms('frozen_at_ms').notNull(),
})

export const runs = pgTable(
  'runs',
  {
    runId: text('run_id').primaryKey(),
    modelName: text('model_name').notNull(),
    trigger: text('trigger', { enum: ['outcomes', 'degradation', 'calibration', 'schedule', 'person'] }).notNull(),
    /** The trigger's evidence, in words. */
    because: text('because').notNull().default(''),
    /** How the training is spoilt on purpose; demo only. */
    handicap: text('handicap', { enum: ['shuffled-labels'] }),
    /** Outcomes at or below this number belong to the run. */
    uptoSeq: ms('upto_seq').notNull(),
    state: text('state', { enum: ['queued', 'running', 'finished', 'failed', 'cancelled'] }).notNull(),
    /** Share done, 0 to 1, and what is being done, in words. */
    progress: real('progress').notNull(),
    step: text('step').notNull(),
    attempts: integer('attempts').notNull(),
    snapshot: text('snapshot'),
    candidateId: text('candidate_id'),
    verdict: text('verdict', { enum: ['promote', 'refused'] }),
    report: json('report').$type<GateReport>(),
    releaseId: text('release_id'),
    /** Why it failed: a fault, or the message of a broken invariant. */
    reason: json('reason'),
    cancelled: json('cancelled').$type<{ readonly who: string; readonly why: string }>(),
    /** What it was made with and what came out; `null` until it has trained. */
    record: json('record').$type<RunRecord>(),
    /** What became of its log at an MLflow server; `null` where none is set. */
    mlflow: json('mlflow').$type<MlflowNote>(),
    createdAtMs: ms('created_at_ms').notNull(),
    startedAtMs: ms('started_at_ms'),
    finishedAtMs: ms('finished_at_ms'),
  },
  table => [
    // One run of a model at a time, whoever starts it and on whichever replica.
    uniqueIndex('runs_open')
      .on(table.modelName)
      .where(sql`${table.state} in ('queued', 'running')`),
  ],
)

/** OpenLineage run events, in the order in which they happened. */
export const lineageEvents = pgTable(
  'lineage_events',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    runId: text('run_id').notNull(),
    event: json('event').$type<RunEvent>().notNull(),
  },
  table => [index('lineage_events_run').on(table.runId, table.seq)],
)
