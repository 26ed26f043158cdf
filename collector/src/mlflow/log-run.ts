/**
 * One run at an MLflow tracking server, by its REST API 2.0.
 *
 * Laws, in `log-run.test.ts`:
 *   M1 logged twice is one run there: it is found again by our own run id
 *   M2 what the server would refuse for its length or number is cut or sent in several requests
 *   M3 a server that is slow or down is an error after some seconds, never a wait
 *
 * The model's files stay here; the server is told their names and hashes.
 *
 * @see MLflow's REST API, "Log Batch": 1,000 metrics, 100 params and 100 tags a request.
 */
import { z } from 'zod'
import type { MlflowTarget } from './mlflow-target.ts'

export interface RunFacts {
  readonly runId: string
  /** Below `murram/`. */
  readonly modelName: string
  readonly status: 'FINISHED' | 'FAILED' | 'KILLED'
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly params: Readonly<Record<string, string | number>>
  readonly metrics: Readonly<Record<string, number>>
  readonly tags: Readonly<Record<string, string>>
}

export interface LoggedRun {
  readonly experimentId: string
  readonly mlflowRunId: string
}

const METRICS = 1_000
const PARAMS = 100
const TAGS = 100
/** Of a param: servers before 2.8 take no more, newer ones 6,000. */
const PARAM_CHARACTERS = 500
const TAG_CHARACTERS = 5_000
const KEY_CHARACTERS = 250
const TIMEOUT_MS = 10_000

const Experiment = z.object({ experiment_id: z.string() })
const FoundExperiment = z.object({ experiment: Experiment })
const FoundRuns = z.object({ runs: z.array(z.object({ info: z.object({ run_id: z.string() }) })).default([]) })
const CreatedRun = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) })
const Refusal = z.object({ error_code: z.string(), message: z.string().default('') })

/** Throws what stood in the way, in words: to be tried again. */
export async function logRun(target: MlflowTarget, facts: RunFacts, signal: AbortSignal): Promise<LoggedRun> {
  const ask = <T>(path: string, schema: z.ZodType<T>, body?: object) => send(target, path, schema, body, signal)
  const experimentId = await experimentOf(ask, `murram/${facts.modelName}`)
  const found = await ask('runs/search', FoundRuns, {
    experiment_ids: [experimentId],
    filter: `tags.\`murram.runId\` = '${facts.runId}'`,
    max_results: 1,
  })
  const mlflowRunId =
    found.runs[0]?.info.run_id ??
    (
      await ask('runs/create', CreatedRun, {
        experiment_id: experimentId,
        start_time: facts.startedAtMs,
        run_name: facts.runId.slice(0, 8),
        tags: [{ key: 'murram.runId', value: facts.runId }],
      })
    ).run.info.run_id
  for (const batch of batchesOf(facts)) await ask('runs/log-batch', z.unknown(), { run_id: mlflowRunId, ...batch })
  await ask('runs/update', z.unknown(), { run_id: mlflowRunId, status: facts.status, end_time: facts.endedAtMs })
  return { experimentId, mlflowRunId }
}

type Ask = <T>(path: string, schema: z.ZodType<T>, body?: object) => Promise<T>

async function experimentOf(ask: Ask, name: string): Promise<string> {
  const find = async () =>
    (await ask(`experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`, FoundExperiment)).experiment
      .experiment_id
  try {
    return await find()
  } catch (cause) {
    if (!isRefusal(cause, 'RESOURCE_DOES_NOT_EXIST')) throw cause
  }
  try {
    return (await ask('experiments/create', Experiment, { name })).experiment_id
  } catch (cause) {
    // Another collector was faster.
    if (isRefusal(cause, 'RESOURCE_ALREADY_EXISTS')) return find()
    throw cause
  }
}

interface Batch {
  readonly metrics: readonly { key: string; value: number; timestamp: number; step: number }[]
  readonly params: readonly { key: string; value: string }[]
  readonly tags: readonly { key: string; value: string }[]
}

/** M2. A thousand entries of all kinds together fit one request. */
export function batchesOf({ params, metrics, tags, endedAtMs }: RunFacts): readonly Batch[] {
  const cut = (entries: Readonly<Record<string, string | number>>, characters: number) =>
    Object.entries(entries).map(([key, value]) => ({ key: keyOf(key), value: String(value).slice(0, characters) }))
  const all = {
    metrics: Object.entries(metrics)
      .filter(([, value]) => Number.isFinite(value))
      .map(([key, value]) => ({ key: keyOf(key), value, timestamp: endedAtMs, step: 0 })),
    params: cut(params, PARAM_CHARACTERS),
    tags: cut(tags, TAG_CHARACTERS),
  }
  const room = METRICS - PARAMS - TAGS
  const count = Math.max(
    Math.ceil(all.metrics.length / room),
    Math.ceil(all.params.length / PARAMS),
    Math.ceil(all.tags.length / TAGS),
  )
  return Array.from({ length: count }, (_, at) => ({
    metrics: all.metrics.slice(at * room, (at + 1) * room),
    params: all.params.slice(at * PARAMS, (at + 1) * PARAMS),
    tags: all.tags.slice(at * TAGS, (at + 1) * TAGS),
  }))
}

/** MLflow takes letters of ASCII, digits, `_ - . /` and spaces. */
const keyOf = (key: string) => key.replaceAll(/[^\w\-. /]/g, '_').slice(0, KEY_CHARACTERS)

class MlflowRefusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
const isRefusal = (cause: unknown, code: string) => cause instanceof MlflowRefusal && cause.code === code

async function send<T>(
  { baseUrl, authorization }: MlflowTarget,
  path: string,
  schema: z.ZodType<T>,
  body: object | undefined,
  signal: AbortSignal,
): Promise<T> {
  const what = path.split('?')[0]
  let status: number
  let text: string
  try {
    const response = await fetch(`${baseUrl}/api/2.0/mlflow/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(authorization === null ? {} : { Authorization: authorization }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    status = response.status
    text = await response.text()
  } catch (cause) {
    const isSlow = cause instanceof Error && cause.name === 'TimeoutError'
    throw new Error(
      isSlow ? `it did not answer ${what} in ${TIMEOUT_MS / 1_000} s` : `it could not be reached (${what})`,
      {
        cause,
      },
    )
  }
  const said = parseJson(text)
  if (status >= 400) {
    const refusal = Refusal.safeParse(said)
    const code = refusal.success ? refusal.data.error_code : `HTTP ${status}`
    throw new MlflowRefusal(code, `it refused ${what}: ${code}${refusal.success ? `, ${refusal.data.message}` : ''}`)
  }
  const parsed = schema.safeParse(said)
  if (parsed.success) return parsed.data
  throw new Error(`it answered ${what} as no MLflow server does: ${parsed.error.issues[0]?.path.join('.')} is missing`)
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return undefined
  }
}
