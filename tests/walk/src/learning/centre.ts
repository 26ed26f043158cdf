/** What happens at the centre while the story waits: runs, orders, findings, each told once. */
import { isHandicapped, type Models, type RunDetail, type RunRow } from './centre-replies.ts'
import { MODEL_NAME } from './panel-form.ts'
import type { LearningStage } from './learning-stage.ts'
import type { Decision } from './telling.ts'

const RUN_MS = 180_000
const POLL_MS = 100
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

export interface RolloutOrder {
  readonly releaseId: string
  readonly orderNumber: number
  readonly openRing: number
  readonly state: 'advancing' | 'halted' | 'complete'
  readonly who: string
  readonly reason: string
}

export interface Rollout {
  readonly order: RolloutOrder
  readonly next: { readonly do: 'wait' | 'advance' | 'halt'; readonly why: string } | null
  /** The newest first. */
  readonly history: readonly RolloutOrder[]
}

export interface Finding {
  readonly kind: string
  readonly severity: 'info' | 'note' | 'warning' | 'alarm'
  readonly what: string
  readonly evidence: Readonly<Record<string, number | string>>
  readonly todo: string
}

export interface Centre {
  /** Waits until no run goes on any more; tells of those that it did not tell of. */
  followRuns(): Promise<readonly RunDetail[]>
  /** Waits until nothing is to be decided of the release on its way; tells of new orders. */
  followRollout(): Promise<Rollout>
  /** Looks now, and tells what is found. */
  look(): Promise<readonly Finding[]>
  models(): Promise<Models>
}

export function createCentre({ central, telling, laptops }: LearningStage): Centre {
  const toldRuns = new Set<string>()
  let toldOrder = 0
  const toldFindings = new Set<string>()

  const tellRun = async (runId: string): Promise<RunDetail> => {
    const run = await central.get<RunDetail>(`/api/v1/runs/${runId}`)
    telling.decide('run begins', `run ${short(runId)} (${run.trigger})`, run.because)
    if (run.state !== 'finished') throw new Error(`run ${runId} is ${run.state}: ${JSON.stringify(run.reason)}`)
    const { report, rows } = run
    if (rows !== null)
      telling.line(`  ${rows.used} interviews with a verified outcome, ${rows.positives} of them positive`)
    const lines = report?.lines ?? []
    const named = (wanted: string) => lines.filter(({ verdict }) => verdict === wanted)
    const list = (wanted: string) => named(wanted).map(({ name, value, limit }) => `${name}${valueOf(value, limit)}`)
    if (list('passed').length > 0) telling.line(`  ✓ ${list('passed').join(' · ')}`)
    if (list('unknown').length > 0) telling.line(`  ? too few to say: ${list('unknown').join(' · ')}`)
    for (const { name, value, limit, why } of named('failed'))
      telling.line(`  ✗ ${name}${valueOf(value, limit)}: ${why}`)
    const failed = named('failed')
    telling.decide(
      'gate',
      run.verdict === 'promote'
        ? `candidate ${short(run.candidateId ?? '?')} is promoted`
        : `candidate is refused${isHandicapped(run) ? ' (it was spoilt on purpose)' : ''}`,
      failed.length === 0 ? (report?.summary ?? '') : `it failed at: ${failed.map(({ name }) => name).join(', ')}`,
    )
    return run
  }

  const followRollout = async (): Promise<Rollout> => {
    const endAt = Date.now() + RUN_MS
    for (;;) {
      const rollout = await central.get<Rollout>(`/api/v1/models/${MODEL_NAME}/rollout`)
      for (const order of rollout.history.toReversed().filter(({ orderNumber }) => orderNumber > toldOrder)) {
        toldOrder = order.orderNumber
        const { kind, what } = orderInWords(order, laptops)
        telling.decide(kind, what, `${order.reason} (${order.who})`)
      }
      if (rollout.next === null || rollout.next.do === 'wait') return rollout
      if (Date.now() > endAt) throw new Error(`a rollout was not looked at: ${JSON.stringify(rollout.next)}`)
      await wait(POLL_MS)
    }
  }

  return {
    followRollout,
    followRuns: async () => {
      const done: RunDetail[] = []
      const endAt = Date.now() + RUN_MS
      for (let quiet = 0; quiet < 2;) {
        const { runs } = await central.get<{ runs: readonly RunRow[] }>('/api/v1/runs')
        quiet = runs.some(({ state }) => state === 'queued' || state === 'running') ? 0 : quiet + 1
        for (const { runId } of runs.toReversed().filter(run => !toldRuns.has(run.runId) && isOver(run))) {
          toldRuns.add(runId)
          done.push(await tellRun(runId))
        }
        if (Date.now() > endAt) throw new Error(`a run has not ended after ${RUN_MS / 1000} s`)
        await wait(POLL_MS)
      }
      await followRollout()
      return done
    },
    look: async () => {
      const { findings } = await central.post<{ findings: readonly Finding[] }>(
        `/api/v1/models/${MODEL_NAME}/watch`,
        {},
      )
      for (const { kind, severity, what, todo } of findings) {
        if (severity === 'info' || toldFindings.has(what)) continue
        toldFindings.add(what)
        telling.decide('finding', `${severity}, ${kind}: ${what}`, `watching looked at what came in. To do: ${todo}`)
      }
      return findings
    },
    models: () => central.get<Models>('/api/v1/models'),
  }
}

const isOver = ({ state }: RunRow): boolean => state !== 'queued' && state !== 'running'
export const short = (id: string): string => id.slice(0, 8)

function valueOf(value: number | null, limit: RunDetailLimit): string {
  if (value === null || limit === null) return ''
  const text = (figure: number) => String(Math.round(figure * 1_000) / 1_000)
  return ` ${text(value)} (limit ${typeof limit === 'number' ? text(limit) : limit.map(text).join(' to ')})`
}
type RunDetailLimit = number | null | readonly [number, number]

function orderInWords(
  { releaseId, openRing, state, who }: RolloutOrder,
  laptops: LearningStage['laptops'],
): { readonly kind: Decision['kind']; readonly what: string } {
  if (state === 'halted') return { kind: 'halt', what: `${releaseId} goes no further` }
  const reached = laptops.filter(({ ring }) => state === 'complete' || ring <= openRing).map(({ officer }) => officer)
  const what = `${releaseId} is for ${state === 'complete' ? 'all' : `ring ${openRing} and below`} (${reached.join(', ')})`
  return { kind: who === 'evidence' ? 'ring' : who === 'the gate' ? 'release' : 'person', what }
}
