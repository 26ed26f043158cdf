/**
 * Which rows of a run no longer hold when it ends: trained for minutes on what people took back meanwhile.
 *
 * RW1 a row holds while its interview is in force and its outcome is verified with the same value; what
 *     was found later is no lie, and belongs to the next run
 * RW2 a later word of another verifier that makes the outcome disputed takes the row away
 */
import type { InstanceId } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import { seenOutcomes, type SeenOutcome } from '../outcomes/outcome-repo.ts'
import type { Horizon } from '../outcomes/outcome-states.ts'
import type { WithdrawnRows } from '../registry/refuse-withdrawn.ts'
import { decideStanding, interviewsNow, type InterviewsNow } from './visit-pages.ts'

export interface RowsOfRun {
  readonly formId: string
  readonly horizon: Horizon | undefined
  /** Outcomes at or below this number belonged to the run. */
  readonly uptoSeq: number
  /** The class of each interview that it learnt from or was judged on. */
  readonly rows: ReadonlyMap<string, string>
}

export async function rowsWithdrawn(read: ReadDb, order: RowsOfRun): Promise<WithdrawnRows> {
  const seen = await seenOutcomes(read, order.formId, Number.MAX_SAFE_INTEGER)
  const asked = [...seen.map(({ instanceId }) => instanceId), ...(order.rows.keys() as Iterable<InstanceId>)]
  return withdrawnOf(seen, await interviewsNow(read, asked), order)
}

/** @param now What each interview is now; one that is not in force is not there. */
export function withdrawnOf(
  seen: readonly SeenOutcome[],
  now: InterviewsNow,
  { horizon, uptoSeq, rows }: Omit<RowsOfRun, 'formId'>,
): WithdrawnRows {
  const ofRun = seen.filter(({ seq }) => seq <= uptoSeq)
  const values = new Map(
    decideStanding(ofRun, now, horizon).standing.map(({ instanceId, outcome }) => [instanceId, outcome.value]),
  )
  const stands = new Set(decideStanding(seen, now, horizon).standing.map(({ instanceId }) => instanceId)) // RW2
  const gone = [...(rows as ReadonlyMap<InstanceId, string>)].flatMap(([row, value]) => {
    const instanceId = now.get(row)?.instanceId ?? row
    return now.has(row) && values.get(instanceId) === value && stands.has(instanceId) ? [] : [instanceId]
  })
  const ofGone = new Set(gone)
  const batches = ofRun.flatMap(({ instanceId, withdrawnBatch }) =>
    withdrawnBatch !== null && ofGone.has(now.get(instanceId)?.instanceId ?? instanceId) ? [withdrawnBatch] : [],
  )
  return { rows: rows.size, withdrawn: gone.length, batches: [...new Set(batches)] }
}
