/**
 * A person ends a run before it has an answer. The row is the order: whoever performs the run, at
 * whichever collector, finds it and ends the process; a queued one is not begun.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { inTransaction } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import { endRun, type EndDeps } from './end-run.ts'
import { findRun, type RunRow } from './run-repo.ts'

export interface CancelDeps extends EndDeps {
  readonly house: HouseDeps
}

/** @returns The run, cancelled; `run.over` where it had ended, also by a hair. */
export async function cancelRun(
  deps: CancelDeps,
  runId: string,
  by: { readonly who: string; readonly why: string },
): Promise<Result<RunRow, Fault>> {
  const { write, live, log } = deps.house
  const step = `cancelled by ${by.who}: ${by.why}`
  const ended = await inTransaction(write, async tx =>
    endRun(tx, deps, runId, { state: 'cancelled', step, cancelled: by }),
  )
  if (ended === undefined) {
    const run = await findRun(write, runId)
    return run === undefined
      ? err(fault('http.not-found', `run ${runId}`))
      : err(fault('run.over', `run ${runId} is ${run.state}`))
  }
  log.info({ runId, ...by }, 'a run was cancelled')
  live.publish({ kind: 'run', runId, modelName: ended.modelName, state: 'cancelled' })
  return ok(ended)
}
