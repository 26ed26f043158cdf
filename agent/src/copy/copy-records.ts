/**
 * What a copy holds: all that this laptop has and nobody else. Drafts, what is not yet in a
 * verified backup of the centre, the outbox's rows, notes, and the values that make the device
 * itself (its key among them), and its forms, so that drafts open again where no network is.
 * Households and models come again from the centre.
 *
 * CR1 a row and its document may be read a moment apart: a document without a row counts as queued
 *
 * Measured against a whole encrypted copy of the file (`VACUUM INTO`): docs/decisions/0019.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { JSON_RECORD, MAX_RECORD_BYTES, type BundleRecord } from '@murram/wire'
import { Sha256Schema, type Sha256 } from '@murram/ground'
import { z } from 'zod'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import { programPath } from '../shelf/form-shelf.ts'
import { readIfThere } from '../store/atomic-file.ts'
import type { Store } from '../store/open-store.ts'

/** Kept by SQL beside the collections; what a build does not know of them it passes over. */
const TABLES = [
  { table: 'device_values', where: `name <> 'store.database'` },
  { table: 'outbox', where: `state <> 'safe'` },
  { table: 'outbox_payload', where: `seq IN (SELECT seq FROM outbox WHERE state <> 'safe')` },
  // Files that the centre does not have: photos of drafts and of unsent interviews.
  { table: 'blob', where: 'arrived_at_ms IS NULL' },
  { table: 'blob_chunk', where: 'blob_id IN (SELECT blob_id FROM blob WHERE arrived_at_ms IS NULL)' },
  { table: 'attachment', where: 'blob_id IN (SELECT blob_id FROM blob WHERE arrived_at_ms IS NULL)' },
  // Lists that drafts were begun with.
  { table: 'list_pin', where: 'true' },
  { table: 'list_use', where: 'sha256 IN (SELECT sha256 FROM list_pin)' },
  { table: 'list_chunk', where: 'sha256 IN (SELECT sha256 FROM list_pin)' },
] as const
const COLLECTIONS = ['drafts', 'submissions', 'notes', 'mirror'] as const

export const isCopied = (table: string): table is (typeof TABLES)[number]['table'] =>
  TABLES.some(one => one.table === table)

const Cell = z.union([z.string(), z.number(), z.null(), z.strictObject({ base64: z.string() })])
const CopyRecordSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('enrolment'), file: z.unknown() }),
  z.strictObject({
    kind: z.literal('rows'),
    table: z.enum(TABLES.map(({ table }) => table)),
    rows: z.array(z.record(z.string(), Cell)),
  }),
  z.strictObject({
    kind: z.literal('documents'),
    collection: z.enum(COLLECTIONS),
    documents: z.array(z.record(z.string(), z.unknown())),
  }),
  /** Of a form; public, and named by its hash. */
  z.strictObject({ kind: z.literal('program'), sha256: Sha256Schema, text: z.string() }),
])
export type CopyRecord = z.infer<typeof CopyRecordSchema>

/** Few in one record: a damaged place costs its record. */
const AT_ONCE = 20

export interface CopySource extends Pick<Store, 'database' | 'collections'> {
  readonly enrolment: EnrolmentFile
  readonly dataDir: string
}

export async function* copyRecords(source: CopySource): AsyncGenerator<BundleRecord> {
  const { database, enrolment, dataDir } = source
  yield record({ kind: 'enrolment', file: enrolment })
  for (const { table, where } of TABLES) yield* rowRecords(database, table, where)
  const programs = new Set<Sha256>()
  const safe = safeInstances(database)
  for await (const { collection, documents } of documentsOf(source)) {
    const wanted = documents.filter(doc => isWanted(collection, doc, safe))
    for (const doc of wanted) if (collection === 'mirror') programs.add(programOf(doc))
    if (wanted.length > 0) yield record({ kind: 'documents', collection, documents: wanted })
  }
  for (const hash of programs) {
    const bytes = await readIfThere(programPath(dataDir, hash))
    if (bytes !== null) yield record({ kind: 'program', sha256: hash, text: Buffer.from(bytes).toString('utf8') })
  }
  // Twice: without these nothing could be made of the rest of a damaged copy.
  yield record({ kind: 'enrolment', file: enrolment })
  yield* rowRecords(database, TABLES[0].table, TABLES[0].where)
}

type Doc = Readonly<Record<string, unknown>>
type Collection = (typeof COLLECTIONS)[number]

async function* documentsOf({ collections }: CopySource) {
  for (const collection of COLLECTIONS) {
    const storage = collections[collection].storageInstance
    let checkpoint: undefined
    for (;;) {
      const page = await storage.getChangedDocumentsSince?.(AT_ONCE, checkpoint)
      if (page === undefined || page.documents.length === 0) break
      checkpoint = page.checkpoint as undefined
      const documents: readonly Doc[] = page.documents.filter(doc => !doc._deleted).map(withoutMeta)
      yield { collection, documents: [...documents] }
    }
  }
}

const withoutMeta = (doc: object): Doc =>
  Object.fromEntries(Object.entries(doc).filter(([name]) => !name.startsWith('_')))

/** Of the mirror the forms alone, without its checkpoint: the feed is read anew. */
export const isWanted = (collection: Collection, doc: Doc, safe: ReadonlySet<string>): boolean =>
  collection === 'mirror'
    ? doc['kind'] === 'form'
    : collection !== 'submissions' || !safe.has(String(doc['instanceId']))

const programOf = ({ body }: Doc): Sha256 => {
  const stored = (body as { readonly body?: { readonly sha256?: unknown } }).body
  return String(stored?.sha256) as Sha256
}

/** Contained in a verified backup of the centre. */
function safeInstances({ connection }: SqliteHandle): ReadonlySet<string> {
  return new Set(connection.prepare<[], string>(`SELECT instance_id FROM outbox WHERE state = 'safe'`).pluck().all())
}

function* rowRecords({ connection }: SqliteHandle, table: (typeof TABLES)[number]['table'], where: string) {
  const page = connection.prepare<[number], Record<string, unknown>>(
    `SELECT rowid AS "(row)", * FROM "${table}" WHERE (${where}) AND rowid > ? ORDER BY rowid LIMIT ${AT_ONCE}`,
  )
  for (let last = 0; ;) {
    const found = page.all(last)
    if (found.length === 0) return
    last = Number(found.at(-1)?.['(row)'])
    yield record({
      kind: 'rows',
      table,
      rows: found.map(row =>
        Object.fromEntries(
          Object.entries(row)
            .filter(([name]) => name !== '(row)')
            .map(([name, value]) => [name, toCell(value)]),
        ),
      ),
    })
  }
}

export const toCell = (value: unknown): z.infer<typeof Cell> => {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  throw new Error(`a cell of type ${typeof value}`)
}

export const fromCell = (cell: z.infer<typeof Cell>): string | number | null | Uint8Array =>
  cell !== null && typeof cell === 'object' ? Buffer.from(cell.base64, 'base64') : cell

export const record = (content: CopyRecord): BundleRecord => ({
  kind: JSON_RECORD,
  bytes: deflateRawSync(Buffer.from(JSON.stringify(content))),
})

/** `null`: of another build, or nonsense. */
export function readCopyRecord(bytes: Uint8Array): CopyRecord | null {
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: MAX_RECORD_BYTES * 4 }).toString('utf8')
    const parsed = CopyRecordSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
