/**
 * Workload: `POST /predict` of a collector of its own process, on loopback, with its own PostgreSQL
 * and fsync on: the vulnerability model that ships, records with a random answer to each question.
 * One record a request, with and without reasons, from one client and from eight at once (each with
 * one connection, one request after the other); and batches of 1,000.
 * Timed: from the request to the parsed answer, in the client. Not timed: the first 50 requests.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 *
 *   node bench/predict.ts [--json] [--requests 1000]
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { unwrap } from '@murram/ground'
import { loadProgram, type Form } from '@murram/xform'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, requests: { type: 'string', default: '1000' } } })
const requests = Number(values.requests)
const root = resolve(import.meta.dirname, '..')
const main = join(root, 'apps/cli/src/main.ts')
const model = join(root, 'models/vulnerability')
const folder = mkdtempSync(join(tmpdir(), 'murram-bench-predict-'))

const house = spawn(process.execPath, [main, 'collector', 'start', '--data', folder, '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'ignore'],
})
const [first] = (await once(house.stdout, 'data')) as [Buffer]
const { url } = JSON.parse(first.toString()) as { readonly url: string }

function murram(...args: readonly string[]): Record<string, unknown> {
  const { stdout } = spawnSync(process.execPath, [main, ...args, '--data', folder, '--collector', url, '--json'], {
    encoding: 'utf8',
  })
  return JSON.parse(stdout) as Record<string, unknown>
}
const files = [join(model, 'form.xlsx'), '--recipe', join(model, 'recipe.yaml'), '--card', join(model, 'card.md')]
const { form: published } = murram('collector', 'publish', ...files) as {
  readonly form: { readonly formId: string; readonly version: string }
}
const { key } = murram('collector', 'api-key', 'create', 'bench', '--records-per-second', '1000000')
const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim()
const program = await fetch(`${url}/api/v1/forms/${published.formId}/${published.version}/program`, {
  headers: { Authorization: `Bearer ${token}` },
})
const form = unwrap(loadProgram(await program.json()))

let state = 1
const dice = (sides: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 4_294_967_296) * sides)
}
function drawRecord({ questions, defaultLanguage }: Form): Readonly<Record<string, string | number>> {
  const record: Record<string, string | number> = {}
  for (const { path, kind, repeat, choices } of questions) {
    const listed = kind === 'select-one' ? choices(defaultLanguage) : []
    if (repeat !== null) continue
    if (kind === 'integer' || kind === 'decimal') record[path] = dice(12)
    else if (listed.length > 0) record[path] = listed[dice(listed.length)]!.value
  }
  return record
}
const records = Array.from({ length: 1_000 }, () => drawRecord(form))

async function ask(body: object, query: string): Promise<number> {
  const from = performance.now()
  const reply = await fetch(`${url}/predict${query}`, {
    method: 'POST',
    headers: { 'X-API-Key': String(key), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await reply.json()) as { readonly scored?: number; readonly detail?: string }
  if (answer.scored === undefined || answer.scored === 0) throw new Error(JSON.stringify(answer).slice(0, 300))
  return performance.now() - from
}
const one = (at: number) => ({ model: 'vulnerability', record: records[at % records.length] })

interface Row {
  readonly what: string
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly recordsASecond: number
}
async function measure(what: string, clients: number, count: number, work: (at: number) => Promise<number>, each = 1) {
  const tookMs: number[] = []
  let at = 0
  const from = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (at < count) tookMs.push(await work((at += 1)))
    }),
  )
  const seconds = (performance.now() - from) / 1_000
  const sorted = tookMs.toSorted((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  const row: Row = {
    what,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    recordsASecond: (tookMs.length * each) / seconds,
  }
  return row
}

for (let at = 0; at < 50; at += 1) await ask(one(at), '')
const batch = { model: 'vulnerability', records }
const rows = [
  await measure('one record, 1 client', 1, requests, at => ask(one(at), '')),
  await measure('one record, 8 clients', 8, requests, at => ask(one(at), '')),
  await measure('one record without reasons, 1 client', 1, requests, at => ask(one(at), '?reasons=false')),
  await measure('one record without reasons, 8 clients', 8, requests, at => ask(one(at), '?reasons=false')),
  await measure('batch of 1,000, 1 client', 1, 10, () => ask(batch, ''), 1_000),
  await measure('batch of 1,000 without reasons, 1 client', 1, 10, () => ask(batch, '?reasons=false'), 1_000),
]
console.log('| request | p50 ms | p95 ms | p99 ms | records/s |\n| --- | --- | --- | --- | --- |')
for (const { what, p50Ms, p95Ms, p99Ms, recordsASecond } of rows)
  console.log(
    `| ${what} | ${p50Ms.toFixed(1)} | **${p95Ms.toFixed(1)}** | ${p99Ms.toFixed(1)} | ${Math.round(recordsASecond)} |`,
  )
if (values.json === true) console.log(JSON.stringify({ answers: Object.keys(records[0] ?? {}).length, rows }))

const ended = once(house, 'exit')
house.kill('SIGTERM')
await ended
rmSync(folder, { recursive: true, force: true })
