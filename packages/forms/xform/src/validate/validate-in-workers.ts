/**
 * Many records through threads: in as they come, verdicts out in the same order.
 *
 *   W1 no more records are in memory than the threads need to stay busy
 *   W2 every record has one verdict, in the order given
 *   W3 a record that brings a thread down, or keeps it, is a fault of that record; the others
 *      are checked
 *
 * A chunk that fails is asked again record by record, so that the one at fault is known by name.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { fault, type FaultOf, type Millis } from '@murram/ground'
import { Piscina } from 'piscina'
import type { Program } from '../program.ts'
import { packRecords, type NamedRecord } from './record-pack.ts'
import type { RecordViolation } from './record-violation.ts'
import type { ValidateOrder, Verdict } from './validate-worker.ts'

export type { NamedRecord } from './record-pack.ts'

/** A chunk is full at whichever comes first; it weighs its answers. */
const CHUNK_RECORDS = 200
const CHUNK_WEIGHT = 20_000
const START_MS = 60_000

export interface ValidateInWorkersOptions {
  /** All processors but none more than records need, if absent. */
  readonly threads?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ValidateProgress) => void
  /** Text of attached lists by file name. */
  readonly attachments?: Readonly<Record<string, string>>
  /** One clock for the whole run. */
  readonly now?: () => Millis
  readonly timeZone?: string
  /** How long one record may take before it is given up. */
  readonly recordMs?: number
  readonly heapMb?: number
}

export interface ValidateProgress {
  readonly checked: number
  /** Records with at least one violation. */
  readonly violated: number
  readonly failed: number
}

export interface CheckedRecord {
  /** From 0, in the order given. */
  readonly index: number
  readonly name: string
  readonly violations: readonly RecordViolation[]
  /** The record could not be checked. */
  readonly error: FaultOf<'record.not-checked'> | null
}

export async function* validateInWorkers(
  program: Program,
  records: AsyncIterable<NamedRecord> | Iterable<NamedRecord>,
  options: ValidateInWorkersOptions = {},
): AsyncGenerator<CheckedRecord, void, undefined> {
  const { signal, recordMs = 20_000, onProgress } = options
  const threads = Math.max(1, Math.trunc(options.threads ?? availableParallelism()))
  const order: ValidateOrder = {
    program,
    attachments: options.attachments ?? {},
    nowMs: options.now?.() ?? null,
    timeZone: options.timeZone ?? null,
  }
  const pool = new Piscina<ReturnType<typeof packRecords>, readonly Verdict[]>({
    filename: fileURLToPath(new URL('validate-worker.ts', import.meta.url)),
    workerData: order,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: 5_000,
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb ?? 1_024 },
  })
  // A thread that dies while nobody waits for it is replaced; whoever waited is told by `run`.
  pool.on('error', () => undefined)

  /** Ends a thread that does not answer in time. */
  async function run(chunk: readonly NamedRecord[], withinMs: number): Promise<readonly Verdict[]> {
    const timeout = AbortSignal.timeout(withinMs)
    return pool.run(packRecords(chunk), { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) })
  }

  async function check(chunk: readonly NamedRecord[]): Promise<readonly Verdict[]> {
    const light = chunk.filter(one => weightOf(one) <= MAX_WEIGHT)
    if (light.length < chunk.length) {
      const verdicts = light.length === 0 ? [] : await check(light)
      let next = 0
      return chunk.map(one => (weightOf(one) <= MAX_WEIGHT ? verdicts[next++]! : TOO_LARGE))
    }
    try {
      return await run(chunk, 2 * recordMs)
    } catch {
      const verdicts: Verdict[] = []
      for (const one of chunk) {
        signal?.throwIfAborted()
        // A thread that has just been ended is a new one: its start is not this record's time.
        await run([], START_MS)
        verdicts.push(...(await run([one], recordMs).catch(why)))
      }
      return verdicts
    }
  }

  const why = (problem: unknown): readonly [string] => {
    const { name = '', message = '' } = problem instanceof Error ? problem : {}
    return [name === 'AbortError' ? `it was not checked within ${recordMs / 1_000} s` : message]
  }

  const progress = { checked: 0, violated: 0, failed: 0 }
  function* tell({ from, names, verdicts }: Answered): Generator<CheckedRecord> {
    for (const [i, verdict] of verdicts.entries()) {
      const name = names[i]!
      const isFailed = typeof verdict === 'string'
      const error = isFailed ? fault('record.not-checked', `${name}: ${verdict}`) : null
      progress.checked++
      if (isFailed) progress.failed++
      else if (verdict.length > 0) progress.violated++
      yield { index: from + i, name, violations: isFailed ? [] : verdict, error }
    }
    onProgress?.({ ...progress })
  }

  const waiting: Promise<Answered>[] = []
  let from = 0
  const send = (chunk: readonly NamedRecord[]): void => {
    const answered = { from, names: chunk.map(({ name }) => name) }
    const promise = check(chunk).then(verdicts => ({ ...answered, verdicts }))
    // It is awaited in its turn; until then a failure is not "unhandled".
    promise.catch(() => undefined)
    waiting.push(promise)
    from += chunk.length
  }

  try {
    for await (const chunk of chunksOf(records)) {
      signal?.throwIfAborted()
      send(chunk)
      if (waiting.length > 2 * threads) yield* tell(await waiting.shift()!)
    }
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield* tell(await next)
  } finally {
    await pool.destroy()
  }
}

interface Answered {
  readonly from: number
  readonly names: readonly string[]
  readonly verdicts: readonly Verdict[]
}

/**
 * In answers; about 10 MB of XML. A thread that runs out of memory may take the whole process
 * with it, so what nobody ever filled in is not given to one.
 */
const MAX_WEIGHT = 200_000
const TOO_LARGE = 'it is larger than any record that a person fills in (10 MB of XML, or 200,000 answers)'

const weightOf = ({ record }: NamedRecord): number =>
  typeof record === 'string' ? record.length / 50 : Object.keys(record).length

async function* chunksOf(
  records: AsyncIterable<NamedRecord> | Iterable<NamedRecord>,
): AsyncGenerator<readonly NamedRecord[]> {
  let chunk: NamedRecord[] = []
  let weight = 0
  for await (const one of records) {
    chunk.push(one)
    weight += weightOf(one)
    if (chunk.length < CHUNK_RECORDS && weight < CHUNK_WEIGHT) continue
    yield chunk
    chunk = []
    weight = 0
  }
  if (chunk.length > 0) yield chunk
}
