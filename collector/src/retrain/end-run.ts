/**
 * How a run ends: its row, its lineage and the order to log it elsewhere, in one transaction.
 *
 * Law E1, in `retrain.test.ts`: a run ends once. Whoever comes second, be it the verdict or the
 * person who cancels, finds it over and changes nothing.
 */
import type { WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import { findModel } from '../registry/registry-repo.ts'
import { lineageOf } from './run-lineage.ts'
import { appendLineage, changeOpenRun, findSnapshot, type RunChange, type RunRow } from './run-repo.ts'

export interface EndDeps {
  readonly house: Pick<HouseDeps, 'keys' | 'now'>
  /** Orders that the run be logged elsewhere, with the transaction; where nothing is set, nothing. */
  readonly logElsewhere: (tx: WriteDb, runId: string) => Promise<void>
}

const SAYS = { finished: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT' } as const

/** @returns The run as it ended, or `undefined` where it was over already. */
export async function endRun(
  tx: WriteDb,
  { house, logElsewhere }: EndDeps,
  runId: string,
  change: RunChange & { readonly state: keyof typeof SAYS; readonly step: string },
): Promise<RunRow | undefined> {
  const ended = await changeOpenRun(tx, runId, { ...change, finishedAtMs: house.now() })
  if (ended === undefined) return undefined
  await sayLineage(tx, house, ended, 'START') // of a run that was cancelled while it was queued
  await sayLineage(tx, house, ended, SAYS[change.state])
  await logElsewhere(tx, runId)
  return ended
}

export async function sayLineage(
  tx: WriteDb,
  { keys, now }: EndDeps['house'],
  run: RunRow,
  type: Parameters<typeof lineageOf>[1],
): Promise<void> {
  const model = await findModel(tx, run.modelName)
  const snapshot = run.snapshot === null ? undefined : await findSnapshot(tx, run.snapshot)
  const facts = { projectId: keys.projectId, formId: model?.formId ?? run.modelName, snapshot }
  await appendLineage(tx, lineageOf(run, type, facts, now()))
}
