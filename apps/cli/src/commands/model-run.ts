/**
 * murram model run|runs|triggers|cancel: training runs of a running collector.
 *
 *   murram model run vulnerability --who Akello --why "the new district is in"
 *   murram model runs vulnerability
 *   murram model triggers vulnerability
 *   murram model cancel RUN --who Akello --why "a test"
 *
 * Exit: 0 done · 1 the run failed, or was cancelled · 2 wrong use, or the collector refuses. A
 * candidate that the gate refuses is an answer, not a failure.
 */
import type { RunDetail, RunList, RunRow, TriggerList } from '@murram/collector/api'
import { describeFault, type Fault } from '@murram/ground'
import { setTimeout as sleep } from 'node:timers/promises'
import { askAdmin, type Central } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

interface AtCollector extends Central {
  readonly json?: boolean
}
export interface RunsOptions extends AtCollector {
  readonly most?: number
}
export interface ModelRunOptions extends AtCollector {
  readonly who?: string
  readonly why?: string
  readonly wait: boolean
}
export interface CancelOptions extends AtCollector {
  readonly who: string
  readonly why: string
}

const LOOK_EVERY_MS = 500
const asJson = { 'Content-Type': 'application/json' }
const look = <T>(options: AtCollector, path: string) => askAdmin<T>(options, path, { method: 'GET' })

export async function modelRun(modelName: string, options: ModelRunOptions): Promise<ExitCode> {
  const { who, why } = options
  const body = JSON.stringify({ modelName, ...(who !== undefined && { who }), ...(why !== undefined && { why }) })
  const started = await askAdmin<{ readonly run: RunRow }>(options, '/runs', { body, headers: asJson })
  if (!started.ok) return sayFault(started.error, options)
  let { run } = started.value
  if (!options.wait) {
    if (options.json === true) print.json({ ok: true, run })
    else print.line(`run ${run.runId} is queued`)
    return 0
  }
  let step = ''
  while (run.state === 'queued' || run.state === 'running') {
    if (run.step !== step && options.json !== true) print.note(`${Math.round(100 * run.progress)} %  ${run.step}`)
    step = run.step
    await sleep(LOOK_EVERY_MS)
    const now = await look<RunDetail>(options, `/runs/${run.runId}`)
    if (!now.ok) return sayFault(now.error, options)
    run = now.value
  }
  if (options.json === true) print.json({ ok: run.state === 'finished', run })
  else print.line(outcomeOf(run))
  return run.state === 'finished' ? 0 : 1
}

export async function modelRuns(name: string | undefined, options: RunsOptions): Promise<ExitCode> {
  const found = await look<RunList>(options, `/runs?limit=${name === undefined ? (options.most ?? 20) : 500}`)
  if (!found.ok) return sayFault(found.error, options)
  const runs = found.value.runs
    .filter(({ modelName }) => name === undefined || modelName === name)
    .slice(0, options.most ?? 20)
  if (options.json === true) print.json({ ok: true, runs })
  else if (runs.length === 0) print.line('no runs')
  else
    for (const run of runs) {
      print.line(`${new Date(run.createdAtMs).toISOString().slice(0, 16)}  ${run.runId}  ${run.modelName}`)
      print.line(`  ${run.because === '' ? run.trigger : `${run.trigger}: ${run.because}`}`)
      print.line(`  ${outcomeOf(run)}`)
    }
  return 0
}

export async function modelTriggers(name: string, options: RunsOptions): Promise<ExitCode> {
  const found = await look<TriggerList>(options, `/models/${encodeURIComponent(name)}/triggers`)
  if (!found.ok) return sayFault(found.error, options)
  if (options.json === true) print.json({ ok: true, ...found.value })
  else
    for (const { trigger, verdict, why, nextAtMs } of found.value.triggers) {
      const next = nextAtMs === null ? '' : `, ${new Date(nextAtMs).toISOString().slice(0, 16)} UTC`
      print.line(`${trigger.padEnd(12)} ${verdict.padEnd(8)} ${why}${next}`)
    }
  return 0
}

export async function modelCancel(runId: string, options: CancelOptions): Promise<ExitCode> {
  const { who, why } = options
  const cancelled = await askAdmin<{ readonly run: RunRow }>(options, `/runs/${encodeURIComponent(runId)}/cancel`, {
    body: JSON.stringify({ who, why }),
    headers: asJson,
  })
  if (!cancelled.ok) return sayFault(cancelled.error, options)
  if (options.json === true) print.json({ ok: true, run: cancelled.value.run })
  else print.line(`run ${runId} is cancelled`)
  return 0
}

function outcomeOf({ state, step, verdict, reason, releaseId, progress }: RunRow): string {
  if (state === 'failed') return `failed: ${reasonOf(reason)}`
  if (state === 'running') return `running, ${Math.round(100 * progress)} %: ${step}`
  if (state !== 'finished') return state === 'cancelled' ? step : 'queued'
  return `${verdict === 'promote' ? `promoted${releaseId === null ? '' : `, release ${releaseId}`}` : 'not promoted'}: ${step}`
}

const reasonOf = (reason: unknown): string =>
  typeof reason === 'object' && reason !== null && 'fault' in reason
    ? describeFault(reason as Fault)
    : ((reason as { message?: string } | null)?.message ?? 'no reason was kept')
