/**
 * The encrypted store at the size of a long season: 20,000 submissions opened cold, and 100,000
 * households of a mirror opened and filtered by an indexed field and by a part of their name.
 *
 * Each opening is a process of its own, so that neither the compiler nor the page cache of
 * SQLite is warm; the operating system's file cache is. Timed inside it, from before the file
 * is opened to the first answer; the start of Node and the imports are not.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { getRxStorageSqlite, openEncrypted } from '@murram/rxdb-sqlite'
import { createRxDatabase, type RxJsonSchema } from 'rxdb'

export interface LargeFigure {
  readonly what: string
  readonly ms: number
  readonly targetMs: number | null
}

interface Entity {
  id: string
  kind: string
  village: string
  label: string
  body: Record<string, string>
}

const schema: RxJsonSchema<Entity> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 60 },
    kind: { type: 'string', maxLength: 20 },
    village: { type: 'string', maxLength: 40 },
    label: { type: 'string', maxLength: 200 },
    body: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['id', 'kind', 'village', 'label', 'body'],
  indexes: [
    ['kind', 'village'],
    ['kind', 'label'],
  ],
}

const KEY = new Uint8Array(32).fill(7)
const BATCH = 2_000
const SIZES = { submissions: { count: 20_000, answers: 60 }, entities: { count: 100_000, answers: 12 } } as const
type Kind = keyof typeof SIZES

async function openCollection(path: string) {
  const store = openEncrypted({ path, key: KEY, create: true })
  if (!store.ok) throw new Error(store.error.detail)
  const storage = getRxStorageSqlite({ database: store.value })
  const database = await createRxDatabase({ name: 'large', storage, multiInstance: false })
  const { rows } = await database.addCollections({ rows: { schema } })
  if (rows === undefined) throw new Error('no collection')
  return { rows, close: () => database.close().then(() => store.value.close()) }
}

async function fill(path: string, kind: Kind): Promise<void> {
  const { count, answers } = SIZES[kind]
  const { rows, close } = await openCollection(path)
  for (let at = 0; at < count; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => {
      const n = at + i
      const body = Object.fromEntries(
        Array.from({ length: answers }, (_, q) => [`question_${q}`, `${(n * 7 + q * 13) % 977}`]),
      )
      return {
        id: `${kind}:${n}`,
        kind,
        village: `village ${n % 400}`,
        label: `Household ${n} of Achieng ${n % 1_000}`,
        body,
      }
    })
    await rows.bulkInsert(batch)
  }
  await close()
}

/** In the process that opens: milliseconds by what was done. */
async function openAndAsk(path: string, kind: Kind): Promise<Record<string, number>> {
  const startedMs = performance.now()
  const { rows, close } = await openCollection(path)
  await rows.find({ selector: { kind, village: 'village 7' }, limit: 50 }).exec()
  const openMs = performance.now() - startedMs
  const filterMs = await timed(() => rows.find({ selector: { kind, village: 'village 9' } }).exec())
  const nameMs = await timed(() =>
    rows.find({ selector: { kind, label: { $regex: 'Achieng 77$' } }, limit: 50 }).exec(),
  )
  await close()
  return { openMs, filterMs, nameMs }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}

export async function measureLarge(rounds: number): Promise<readonly LargeFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-large-'))
  try {
    const found: Record<Kind, Record<string, number>[]> = { submissions: [], entities: [] }
    for (const kind of ['submissions', 'entities'] as const) {
      const path = join(folder, `${kind}.sqlite`)
      await fill(path, kind)
      for (let round = 0; round < rounds; round += 1) {
        const said = execFileSync(process.execPath, [fileURLToPath(import.meta.url), path, kind], { encoding: 'utf8' })
        found[kind].push(JSON.parse(said) as Record<string, number>)
      }
    }
    const figure = (what: string, kind: Kind, name: string, targetMs: number | null): LargeFigure => ({
      what,
      ms: median(found[kind].map(one => one[name] ?? Number.NaN)),
      targetMs,
    })
    return [
      figure('20,000 submissions: cold open to the first answer', 'submissions', 'openMs', 300),
      figure('100,000 entities: cold open to the first answer', 'entities', 'openMs', 2_000),
      figure('100,000 entities: all 250 of a village', 'entities', 'filterMs', 100),
      figure('100,000 entities: 50 by a part of the name', 'entities', 'nameMs', null),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path = '', kind = 'entities'] = process.argv
  console.log(JSON.stringify(await openAndAsk(path, kind as Kind)))
}
