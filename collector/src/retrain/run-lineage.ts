/** What a run says of itself in the words of OpenLineage: from its row and what it froze. */
import { runEvent, type LineageDataset, type RunEvent, type RunEventType } from '@murram/lineage'
import type { RunRow, SnapshotRow } from './run-repo.ts'

export interface LineageFacts {
  readonly projectId: string
  readonly formId: string
  readonly snapshot: SnapshotRow | undefined
}

export function lineageOf(
  run: RunRow,
  type: RunEventType,
  { projectId, formId, snapshot }: LineageFacts,
  atMs: number,
): RunEvent {
  const { modelName } = run
  // Before its rows are frozen a run is known by the outcomes that belong to it.
  const inputs: LineageDataset[] = [{ name: `outcomes/${formId}`, version: `1..${run.uptoSeq}` }]
  if (snapshot !== undefined)
    inputs.push({ name: `snapshots/${modelName}`, version: snapshot.digest, rows: snapshot.rows })
  const outputs: LineageDataset[] = []
  if (run.candidateId !== null)
    outputs.push({
      name: `candidates/${modelName}`,
      version: run.candidateId,
      sizeBytes: (run.record?.artefacts ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    })
  if (run.releaseId !== null) outputs.push({ name: `releases/${modelName}`, version: run.releaseId })
  const error = errorOf(run)
  return runEvent({
    type,
    atMs,
    runId: run.runId,
    namespace: `murram://${projectId}`,
    jobName: `train.${modelName}`,
    because: run.because,
    inputs,
    outputs,
    ...(error === null ? {} : { error }),
  })
}

/** Why a run ended without a candidate, in words; `null` where it did not. */
export function errorOf({ reason, cancelled }: Pick<RunRow, 'reason' | 'cancelled'>): string | null {
  if (cancelled !== null) return `cancelled by ${cancelled.who}: ${cancelled.why}`
  if (reason === null || reason === undefined) return null
  const { message, fault, detail } = reason as { message?: string; fault?: string; detail?: string }
  return message ?? [fault, detail].filter(Boolean).join(': ')
}
