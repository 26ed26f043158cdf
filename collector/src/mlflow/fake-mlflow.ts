/**
 * Not MLflow: a small server that answers the seven requests we send as its documentation says,
 * and refuses what breaks its limits. For tests only; a real one is tried by hand (docs/models.md).
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const key = z.string().regex(/^[\w\-. /]{1,250}$/)
const Pair = z.strictObject({ key, value: z.string().max(500) })
const Tag = z.strictObject({ key, value: z.string().max(5_000) })
const Metric = z.strictObject({ key, value: z.number(), timestamp: z.number().int(), step: z.number().int() })
const Create = z.strictObject({ name: z.string() })
const Search = z.strictObject({
  experiment_ids: z.array(z.string()),
  filter: z.string(),
  max_results: z.number().int(),
})
const CreateRun = z.strictObject({
  experiment_id: z.string(),
  start_time: z.number().int(),
  run_name: z.string(),
  tags: z.array(Tag),
})
const LogBatch = z.strictObject({
  run_id: z.string(),
  metrics: z.array(Metric).max(1_000),
  params: z.array(Pair).max(100),
  tags: z.array(Tag).max(100),
})
const Update = z.strictObject({
  run_id: z.string(),
  status: z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']),
  end_time: z.number().int(),
})

export interface FakeRun {
  readonly experiment: string
  readonly params: Record<string, string>
  readonly metrics: Record<string, number>
  readonly tags: Record<string, string>
  status: string
}

export interface FakeMlflow extends AsyncDisposable {
  readonly url: string
  readonly runs: Map<string, FakeRun>
  /** As each request brought it. */
  readonly authorizations: Set<string | undefined>
  /** While set, every request is answered by this status alone. */
  setDown(status: number | null): void
}

export async function startFakeMlflow(): Promise<FakeMlflow> {
  const experiments: string[] = []
  const runs = new Map<string, FakeRun>()
  const authorizations = new Set<string | undefined>()
  let down: number | null = null
  const refuse = (status: number, code: string) => ({ status, body: { error_code: code, message: code } })
  const answer = (body: object) => ({ status: 200, body })

  const reply = (path: string, query: URLSearchParams, body: unknown) => {
    switch (path) {
      case 'experiments/get-by-name': {
        const at = experiments.indexOf(query.get('experiment_name') ?? '')
        return at < 0 ? refuse(404, 'RESOURCE_DOES_NOT_EXIST') : answer({ experiment: { experiment_id: String(at) } })
      }
      case 'experiments/create':
        return answer({ experiment_id: String(experiments.push(Create.parse(body).name) - 1) })
      case 'runs/search': {
        const wanted = /'([^']+)'/.exec(Search.parse(body).filter)?.[1]
        const found = [...runs].filter(([, { tags }]) => tags['murram.runId'] === wanted)
        return answer(found.length === 0 ? {} : { runs: found.map(([id]) => ({ info: { run_id: id } })) })
      }
      case 'runs/create': {
        const { experiment_id: id, tags } = CreateRun.parse(body)
        const runId = `m${runs.size}`
        const own = Object.fromEntries(tags.map(tag => [tag.key, tag.value]))
        runs.set(runId, { experiment: experiments[Number(id)]!, params: {}, metrics: {}, tags: own, status: 'RUNNING' })
        return answer({ run: { info: { run_id: runId } } })
      }
      case 'runs/log-batch': {
        const batch = LogBatch.parse(body)
        const run = runs.get(batch.run_id)!
        for (const one of batch.params) run.params[one.key] = one.value
        for (const one of batch.metrics) run.metrics[one.key] = one.value
        for (const one of batch.tags) run.tags[one.key] = one.value
        return answer({})
      }
      case 'runs/update': {
        const { run_id: id, status } = Update.parse(body)
        runs.get(id)!.status = status
        return answer({ run_info: {} })
      }
      default:
        return refuse(404, 'ENDPOINT_NOT_FOUND')
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      authorizations.add(request.headers.authorization)
      const url = new URL(request.url ?? '/', 'http://fake')
      let said: { readonly status: number; readonly body: object }
      try {
        const text = Buffer.concat(chunks).toString('utf8')
        const path = url.pathname.replace('/api/2.0/mlflow/', '')
        said =
          down === null
            ? reply(path, url.searchParams, text === '' ? null : JSON.parse(text))
            : { status: down, body: {} }
      } catch (cause) {
        said = { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message: String(cause) } }
      }
      response.writeHead(said.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(said.body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    authorizations,
    setDown: status => void (down = status),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
