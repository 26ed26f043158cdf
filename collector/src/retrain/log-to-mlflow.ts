/**
 * An ended run to the MLflow server that is set: as often as it takes, and never in the way of
 * a run. What became of it stands in the run's own record.
 */
import type { HouseDeps } from '../main/room.ts'
import { logRun, type RunFacts } from '../mlflow/log-run.ts'
import type { MlflowTarget } from '../mlflow/mlflow-target.ts'
import { errorOf } from './run-lineage.ts'
import type { MlflowNote } from './run-record.ts'
import { findRun, noteMlflow, type RunRow } from './run-repo.ts'

export const waitingForMlflow = (atMs: number): MlflowNote => ({
  state: 'waiting',
  tries: 0,
  said: 'not logged yet',
  experimentId: null,
  mlflowRunId: null,
  atMs,
})

export async function logToMlflow(
  { write, now, log }: Pick<HouseDeps, 'write' | 'now' | 'log'>,
  target: MlflowTarget,
  runId: string,
  { last, tries, signal }: { readonly last: boolean; readonly tries: number; readonly signal: AbortSignal },
): Promise<void> {
  const run = await findRun(write, runId)
  if (run === undefined) return
  const note = (rest: Pick<MlflowNote, 'state' | 'said' | 'experimentId' | 'mlflowRunId'>) =>
    noteMlflow(write, runId, { tries, atMs: now(), ...rest })
  try {
    const logged = await logRun(target, factsOf(run, now()), signal)
    await note({ state: 'logged', said: `logged at ${target.baseUrl}`, ...logged })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    log.warn({ runId, tries, reason }, last ? 'a run was not logged at MLflow' : 'a run is logged at MLflow later')
    const said = `${target.baseUrl}: ${reason}`
    await note({ state: last ? 'given-up' : 'waiting', said, experimentId: null, mlflowRunId: null })
    throw cause
  }
}

const STATUS = { finished: 'FINISHED', failed: 'FAILED', cancelled: 'KILLED' } as const

export function factsOf(run: RunRow, nowMs: number): RunFacts {
  const { record, snapshot } = run
  const error = errorOf(run)
  const crossValidated = Object.entries(record?.crossValidated ?? {}).flatMap(([learner, loss]) =>
    loss === null ? [] : [[`crossValidated.${learner}.logLoss`, loss] as const],
  )
  return {
    runId: run.runId,
    modelName: run.modelName,
    status: run.state === 'queued' || run.state === 'running' ? 'FAILED' : STATUS[run.state],
    startedAtMs: run.startedAtMs ?? run.createdAtMs,
    endedAtMs: run.finishedAtMs ?? nowMs,
    params:
      record === null
        ? {}
        : {
            recipeDigest: record.recipeDigest,
            snapshot: snapshot ?? '',
            rung: record.rung,
            seed: record.seed,
            trainedRows: record.trainedRows,
            holdoutRows: record.holdoutRows,
            ...(record.handicap === null ? {} : { handicap: record.handicap }),
            ...record.hyperParameters,
          },
    metrics: { ...record?.metrics, ...Object.fromEntries(crossValidated) },
    tags: {
      'murram.trigger': run.trigger,
      'murram.because': run.because,
      ...(run.verdict === null ? {} : { 'murram.verdict': run.verdict }),
      ...(run.candidateId === null ? {} : { 'murram.candidateId': run.candidateId }),
      ...(run.releaseId === null ? {} : { 'murram.releaseId': run.releaseId }),
      ...(error === null ? {} : { 'murram.error': error }),
      ...(record === null ? {} : { 'murram.artefacts': JSON.stringify(record.artefacts) }),
    },
  }
}
