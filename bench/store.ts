/**
 * The encrypted store under RxDB, beside RxDB's memory storage, which keeps nothing.
 *
 * Workload: surveys of 60 answers, about 1.5 kB of JSON, with two indexes.
 * Timed: RxDB's bulkInsert (a transaction each, on the disk when it returns), inserts and
 *   edits one at a time, a query by index and a count, and opening the store again.
 * Not timed: making the surveys, and the first start of either storage.
 * The storages take turns; the figure is the median of the rounds. Memory indexes what it is
 * given later, when idle or asked, so its bulk figure is a promise more than a write.
 *
 * And the sizes of a laptop after a long season, encrypted store alone (`store-large.ts`): a
 * cold open of 20,000 documents up to the first answer, 100,000 entities opened and filtered.
 *
 *   npm run bench -- store [--json] [--rounds 5] [--surveys 5000] [--no-large]
 *
 * Asserts nothing; docs/benchmarks.md is the record.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { getRxStorageSqlite, openEncrypted } from '@murram/rxdb-sqlite'
import { createRxDatabase, type RxCollection, type RxJsonSchema, type RxStorage } from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'

import { measureLarge } from './store-large.ts'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    surveys: { type: 'string', default: '5000' },
    large: { type: 'boolean', default: true },
  },
})
const rounds = Number(values.rounds)
const surveyCount = Number(values.surveys)
const SINGLE_WRITES = 200
const BATCH = 500

interface Survey {
  id: string
  village: string
  people: number
  answers: Record<string, string>
}

const schema: RxJsonSchema<Survey> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    village: { type: 'string', maxLength: 40 },
    people: { type: 'integer', minimum: 0, maximum: 1000, multipleOf: 1 },
    answers: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['id', 'village', 'people', 'answers'],
  indexes: ['village', 'people'],
}

/** A plain multiplicative generator is enough: the rounds have to see the same surveys. */
function surveys(seed: number, count: number): Survey[] {
  let state = seed
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  return Array.from({ length: count }, (_, i) => ({
    id: `uuid:${seed}-${String(i).padStart(8, '0')}-${next(1e9)}`,
    village: `village ${next(50)}`,
    people: next(12),
    answers: Object.fromEntries(Array.from({ length: 60 }, (_, q) => [`question_${q}`, `${next(1e6)}`])),
  }))
}

interface Figures {
  readonly bulkPerSecond: number
  readonly insertPerSecond: number
  readonly patchPerSecond: number
  readonly queryMs: number
  readonly countMs: number
  /** From the closed file to the first answer; memory has none. */
  readonly openMs: number | null
  readonly bytesPerSurvey: number | null
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function collectionOn(storage: RxStorage<unknown, unknown>, name: string): Promise<RxCollection<Survey>> {
  const database = await createRxDatabase({ name, storage, multiInstance: false })
  const { submissions } = await database.addCollections({ submissions: { schema } })
  return submissions as RxCollection<Survey>
}

/** About a fiftieth of all. */
const query = (collection: RxCollection<Survey>) =>
  collection.find({ selector: { village: 'village 7' }, sort: [{ people: 'desc' }] })

async function measure(collection: RxCollection<Survey>): Promise<Omit<Figures, 'openMs' | 'bytesPerSurvey'>> {
  const bulk = surveys(1, surveyCount)
  const bulkMs = await timed(async () => {
    for (let at = 0; at < bulk.length; at += BATCH) await collection.bulkInsert(bulk.slice(at, at + BATCH))
  })
  const single = surveys(2, SINGLE_WRITES)
  const insertMs = await timed(async () => {
    for (const one of single) await collection.insert(one)
  })
  const documents = [...(await collection.findByIds(single.map(({ id }) => id)).exec()).values()]
  const patchMs = await timed(async () => {
    for (const one of documents) await one.patch({ people: 13 })
  })
  const queryMs = await timed(() => query(collection).exec())
  const countMs = await timed(() => collection.count({ selector: { people: { $gt: 6 } } }).exec())
  return {
    bulkPerSecond: (bulk.length / bulkMs) * 1000,
    insertPerSecond: (SINGLE_WRITES / insertMs) * 1000,
    patchPerSecond: (SINGLE_WRITES / patchMs) * 1000,
    queryMs,
    countMs,
  }
}

async function measureMemory(round: number): Promise<Figures> {
  const collection = await collectionOn(getRxStorageMemory(), `memory${round}`)
  const figures = await measure(collection)
  await collection.database.remove()
  return { ...figures, openMs: null, bytesPerSurvey: null }
}

async function measureSqlite(): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-store-'))
  const path = join(directory, 'store.sqlite')
  const key = new Uint8Array(32).fill(9)
  const openStore = () => {
    const opened = openEncrypted({ path, key, create: true })
    if (!opened.ok) throw new Error(opened.error.detail)
    return opened.value
  }
  try {
    const store = openStore()
    const collection = await collectionOn(getRxStorageSqlite({ database: store }), 'sqlite')
    const figures = await measure(collection)
    await collection.database.close()
    store.close()
    let reopened: ReturnType<typeof openStore> | undefined
    let again: RxCollection<Survey> | undefined
    const openMs = await timed(async () => {
      reopened = openStore()
      again = await collectionOn(getRxStorageSqlite({ database: reopened }), 'sqlite')
      await query(again).exec()
    })
    await again?.database.close()
    reopened?.close()
    return { ...figures, openMs, bytesPerSurvey: statSync(path).size / (surveyCount + SINGLE_WRITES) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const runs: Record<'sqlite, encrypted' | 'memory', Figures[]> = { 'sqlite, encrypted': [], memory: [] }
await measureSqlite() // warms the compiler for both
for (let round = 0; round < rounds; round += 1) {
  runs['sqlite, encrypted'].push(await measureSqlite())
  runs.memory.push(await measureMemory(round))
}

const median = (numbers: readonly (number | null)[]): number | null =>
  numbers.toSorted((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(numbers.length / 2)] ?? null

const summary = Object.fromEntries(
  Object.entries(runs).map(([storage, figures]) => [
    storage,
    Object.fromEntries(
      Object.keys(figures[0]!).map(name => [name, median(figures.map(one => one[name as keyof Figures]))]),
    ),
  ]),
)
const large = values.large ? await measureLarge(rounds) : null
if (values.json)
  console.log(JSON.stringify({ bench: 'store', surveys: surveyCount, batch: BATCH, rounds, summary, large }))
else {
  console.log(`${surveyCount} surveys, batches of ${BATCH}, median of ${rounds}`)
  console.table(rounded(summary))
  if (large !== null) {
    console.log('a laptop after a long season, encrypted, median of the rounds')
    console.table(
      large.map(({ what, ms, targetMs }) => ({ what, ms: Number(ms.toPrecision(3)), 'target ms': targetMs ?? '–' })),
    )
  }
}

function rounded(table: typeof summary): Record<string, Record<string, number | string>> {
  const shown = (one: number | null): number | string => (one === null ? '–' : Number(one.toPrecision(3)))
  return Object.fromEntries(
    Object.entries(table).map(([storage, figures]) => [
      storage,
      Object.fromEntries(Object.entries(figures).map(([name, one]) => [name, shown(one)])),
    ]),
  )
}
