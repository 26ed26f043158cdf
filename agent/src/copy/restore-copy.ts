/**
 * A sealed copy becomes a laptop again, in a new folder and under a new key.
 *
 *   head, its signature ─► key by one of its openers ─► new store ─► rows, documents
 *     ─► a new store id (the clone rule) ─► recovery wrap ─► enrolment.json, last
 *
 * RC1 whatever the copy holds is here afterwards: unsent work is queued under a new store id,
 *     and what the centre has already it recognises by its digest
 * RC2 the original may still be at work: nothing of either is lost or doubled
 * RC3 cut anywhere, the folder is not an enrolled one; the same call begins anew
 * RC4 a damaged copy restores nothing, unless the caller asks for what is readable
 */
import { createReadStream, existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { verifyDocument } from '@murram/seal'
import { BUNDLE_PURPOSE, openBundle, readHeader, type BundleHeader } from '@murram/wire'
import type { RxCollection } from 'rxdb'
import {
  EnrolmentFileSchema,
  verifyCertificate,
  writeEnrolment,
  type EnrolmentFile,
} from '../enrolment/enrolment-file.ts'
import { openBlobTable } from '../attachments/blob-table.ts'
import { openOutboxTable } from '../queue/outbox-table.ts'
import { ensureFolder, isMissing, writeFileAtomic } from '../store/atomic-file.ts'
import { programPath } from '../shelf/form-shelf.ts'
import { openListStore } from '../shelf/list-store.ts'
import type { SealedSubmission, SubmissionDoc } from '../store/collections.ts'
import { addRecoveryWrap, openOrCreateDataKey, storePath } from '../store/key-file.ts'
import type { KeySource } from '../store/key-source.ts'
import { openStore, type Store } from '../store/open-store.ts'
import { openCopyKey } from './copy-keys.ts'
import { fromCell, readCopyRecord, type CopyRecord } from './copy-records.ts'

export interface RestoreOptions {
  readonly from: string
  /** Empty or absent. */
  readonly dataDir: string
  /** What opens the copy: the officer's passphrase, or the organisation's recovery key. */
  readonly opener: KeySource
  /** What will open the new store. */
  readonly key: KeySource
  readonly now: () => number
  /** RC4: take what is readable of a damaged copy. */
  readonly evenDamaged?: boolean
}

export interface Restored {
  readonly officer: string
  readonly deviceId: string
  readonly copiedAtMs: number
  readonly submissions: number
  readonly drafts: number
  readonly faults: readonly Fault[]
}

const MARKER = 'restoring'

export async function restoreCopy(options: RestoreOptions): Promise<Result<Restored>> {
  try {
    const read = await readCopy(options)
    return read.ok ? await build(options, read.value) : read
  } catch (error) {
    if (isMissing(error)) return err(fault('carry.unreadable', `${options.from} is not there`))
    throw error
  }
}

interface ReadCopy {
  readonly header: BundleHeader
  readonly enrolment: EnrolmentFile
  readonly records: readonly CopyRecord[]
  readonly faults: readonly Fault[]
}

/** All of it before anything is written here: a copy holds unsent work, not a country. */
async function readCopy({ from, opener, evenDamaged = false }: RestoreOptions): Promise<Result<ReadCopy>> {
  const header = await readHeader(createReadStream(from))
  if (!header.ok) return header
  const { body } = header.value.signed
  if (body.kind !== 'copy') return err(fault('carry.wrong-device', 'it is not a copy of a laptop'))
  const key = await openCopyKey(body, opener)
  if (!key.ok) return key
  const opened = openBundle(header.value, key.value)
  if (!opened.ok) return opened
  const records: CopyRecord[] = []
  const faults: Fault[] = []
  for await (const record of opened.value) {
    const content = typeof record === 'string' ? null : readCopyRecord(record.bytes)
    if (content !== null) records.push(content)
    else faults.push(fault('carry.damaged', record === 'cut' ? 'it ends before its end' : 'a place does not read'))
  }
  const [first] = faults
  if (first !== undefined && !evenDamaged) return err(first)
  const enrolment = enrolmentOf(records)
  if (enrolment === null || !hasDeviceKey(records))
    return err(fault('carry.damaged', 'what makes the device itself is missing'))
  const certificate = verifyCertificate(enrolment.rootPublicKey, enrolment.certificate)
  if (!certificate.ok) return certificate
  const signed = verifyDocument(certificate.value.publicKey, BUNDLE_PURPOSE, header.value.signed)
  return signed.ok ? ok({ header: body, enrolment, records, faults }) : signed
}

function enrolmentOf(records: readonly CopyRecord[]): EnrolmentFile | null {
  const found = records.find(record => record.kind === 'enrolment')
  const parsed = EnrolmentFileSchema.safeParse(found?.file)
  return parsed.success ? parsed.data : null
}

const hasDeviceKey = (records: readonly CopyRecord[]): boolean =>
  records.some(record => record.kind === 'rows' && record.rows.some(({ name }) => name === 'device.privateKey'))

async function build(options: RestoreOptions, copy: ReadCopy): Promise<Result<Restored>> {
  const { dataDir, key, now } = options
  const folder = await ensureFolder(dataDir)
  if (!folder.ok) return folder
  const begun = await begin(dataDir)
  if (begun !== null) return err(begun)
  const dataKey = await openOrCreateDataKey(dataDir, key, now())
  if (!dataKey.ok) return dataKey
  const store = await openStore({ dataDir, dataKey: dataKey.value, create: true })
  if (!store.ok) return store
  let told: { readonly submissions: number; readonly drafts: number }
  try {
    told = await fill(store.value, copy.records, dataDir)
  } finally {
    await store.value.close()
  }
  const wrapped = await addRecoveryWrap(dataDir, copy.enrolment.boxPublicKey, dataKey.value)
  if (!wrapped.ok) return wrapped
  await writeEnrolment(dataDir, copy.enrolment)
  await rm(join(dataDir, MARKER), { force: true })
  const { officer, deviceId } = copy.enrolment.certificate.body
  return ok({ officer, deviceId, copiedAtMs: copy.header.createdAtMs, ...told, faults: copy.faults })
}

/** RC3 */
async function begin(dataDir: string): Promise<Fault | null> {
  if (existsSync(join(dataDir, 'enrolment.json'))) return fault('enrol.already', dataDir)
  if (existsSync(join(dataDir, MARKER)))
    for (const name of await readdir(dataDir))
      if (name.startsWith('store.sqlite') || name === 'key.json') await rm(join(dataDir, name), { force: true })
  if (existsSync(storePath(dataDir))) return fault('enrol.already', `${dataDir} holds another store`)
  await writeFileAtomic(join(dataDir, MARKER), '')
  return null
}

async function fill(store: Store, records: readonly CopyRecord[], dataDir: string) {
  const { database, values, collections } = store
  // Their tables.
  openOutboxTable(database, values)
  openBlobTable(database)
  openListStore(database)
  database.connection.transaction(() => {
    for (const record of records) if (record.kind === 'rows') insertRows(store, record)
  })()
  const counts = { submissions: 0, drafts: 0, notes: 0, mirror: 0 }
  for (const record of records) {
    if (record.kind === 'program') await writeFileAtomic(programPath(dataDir, record.sha256), record.text)
    if (record.kind !== 'documents') continue
    const { collection, documents } = record
    const known = collections[collection] as unknown as RxCollection<Record<string, unknown>>
    const { success } = await known.bulkInsert([...documents])
    counts[collection] += success.length
  }
  // The values of the copy are in: the outbox must speak as that store before it is renewed.
  const outbox = openOutboxTable(database, values)
  await addMissingDocuments(store)
  for (const doc of await collections.submissions.find().exec()) {
    const { instanceId, savedAtMs, body } = doc.toJSON() as SubmissionDoc
    if (outbox.placeOf(instanceId) === null) outbox.append(body.submission, savedAtMs) // CR1
  }
  outbox.renewStore()
  return { submissions: counts.submissions, drafts: counts.drafts }
}

/** Of a damaged copy: a row has its submission too; one that has neither names nothing any more. */
async function addMissingDocuments({ database: { connection }, collections }: Store): Promise<void> {
  const rows = connection
    .prepare<[], { instance_id: string; payload: string | null; saved_at_ms: number; state: SubmissionDoc['state'] }>(
      `SELECT o.instance_id, coalesce(p.payload, o.payload) AS payload, o.saved_at_ms, o.state
         FROM outbox o LEFT JOIN outbox_payload p ON p.seq = o.seq`,
    )
    .all()
  const known = new Set((await collections.submissions.find().exec()).map(({ instanceId }) => instanceId))
  const forget = connection.prepare<[string]>('DELETE FROM outbox WHERE instance_id = ?')
  for (const { instance_id: instanceId, payload, saved_at_ms: savedAtMs, state } of rows) {
    if (known.has(instanceId)) continue
    if (payload === null) forget.run(instanceId)
    else {
      const submission = JSON.parse(payload) as SealedSubmission
      const body = { submission, label: '', write: null, writes: [], fault: null }
      await collections.submissions.insert({ instanceId, state, savedAtMs, formId: submission.formId, body })
    }
  }
}

/** Columns that this build knows; the others are of a later one. */
function insertRows({ database: { connection } }: Store, { table, rows }: Extract<CopyRecord, { kind: 'rows' }>): void {
  const known = new Set(
    connection
      .prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => name),
  )
  for (const row of rows) {
    // The new store has a name of its own, and its collections go by it.
    if (table === 'device_values' && row['name'] === 'store.database') continue
    const names = Object.keys(row).filter(name => known.has(name))
    connection
      .prepare(
        `INSERT OR REPLACE INTO "${table}" (${names.map(name => `"${name}"`).join(', ')})
         VALUES (${names.map(() => '?').join(', ')})`,
      )
      .run(...names.map(name => fromCell(row[name] ?? null)))
  }
}
