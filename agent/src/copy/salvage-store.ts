/**
 * A store that does not open any more: what can still be read of it, as a sealed copy that
 * `restore-copy` makes a laptop of.
 *
 * SV1 the damaged store is not touched
 * SV2 nothing readable is written anywhere unsealed
 *
 * Not here: stepping over damaged pages (rxdb-sqlite's salvage).
 */
import type { SigningKey } from '@murram/seal'
import { err, fault, ok, type Fault, type Result, type StoreId } from '@murram/ground'
import { salvage, type SalvagedRow } from '@murram/rxdb-sqlite'
import { writeBundle, type BundleRecord } from '@murram/wire'
import { AGENT_VERSION } from '../agent-version.ts'
import { bundleName, placeOf, writeStreamAtomic } from '../bundle/bundle-file.ts'
import { readEnrolment } from '../enrolment/enrolment-file.ts'
import { APART } from '../store/collections.ts'
import { openDataKey, storePath } from '../store/key-file.ts'
import type { KeySource } from '../store/key-source.ts'
import { makeCopyKey } from './copy-keys.ts'
import { isCopied, isWanted, record, toCell, type CopyRecord } from './copy-records.ts'

export interface SalvageOptions {
  readonly dataDir: string
  readonly key: KeySource
  /** A file, or a folder. */
  readonly to: string
  readonly now: () => number
}

export interface SalvagedCopy {
  readonly path: string
  readonly submissions: number
  readonly drafts: number
  /** Stretches that did not read; what they held nobody knows. */
  readonly gaps: number
}

export async function salvageStore(options: SalvageOptions): Promise<Result<SalvagedCopy, Fault>> {
  const { dataDir, key, to, now } = options
  const enrolment = await readEnrolment(dataDir)
  if (!enrolment.ok) return enrolment
  if (enrolment.value === null) return err(fault('sync.not-enrolled', dataDir))
  const dataKey = await openDataKey(dataDir, key)
  if (!dataKey.ok) return dataKey
  const rows: SalvagedRow[] = []
  const read = salvage({ path: storePath(dataDir), key: dataKey.value, apart: APART, take: row => void rows.push(row) })
  if (!read.ok) return err(fault(read.error.fault, read.error.detail))

  const values = valuesOf(rows)
  const deviceKey = keyOf(values)
  if (deviceKey === null) return err(fault('store.damaged', 'the place where the device’s own key stood does not read'))
  const copyKey = await makeCopyKey(values, { source: key, boxPublicKey: enrolment.value.boxPublicKey })
  if (!copyKey.ok) return copyKey
  const { certificate } = enrolment.value
  const { officer, deviceId, projectId } = certificate.body
  const documents = documentsOf(rows)
  const count = (collection: string): number => documents.filter(doc => doc.collection === collection).length
  const facts = {
    kind: 'copy' as const,
    projectId,
    deviceId,
    storeId: (values.get('store.id') ?? '0'.repeat(32)) as StoreId,
    certificate,
    createdAtMs: now(),
    agentVersion: AGENT_VERSION,
    openers: copyKey.value.openers.map(opener => ({ ...opener })),
    contents: { runs: [], submissions: count('submissions'), attachments: 0, drafts: count('drafts'), lastN: 0 },
    checkpoint: { epoch: 0, number: 0 },
    from: 0,
  }
  async function* records(): AsyncGenerator<BundleRecord> {
    yield record({ kind: 'enrolment', file: enrolment.ok ? enrolment.value : null })
    for (const row of rows) if (row.kind === 'row' && isCopied(row.table)) yield record(rowRecord(row.table, row.row))
    for (const document of documents) yield record(document)
  }
  const path = await placeOf(to, `salvaged-${bundleName(officer, deviceId, now())}`)
  const bundle = writeBundle(facts, {
    signingKey: deviceKey,
    boxPublicKey: copyKey.value.publicKey,
    records: records(),
  })
  const written = await writeStreamAtomic(path, bundle.bytes)
  return written.ok
    ? ok({ path, submissions: count('submissions'), drafts: count('drafts'), gaps: read.value.gaps })
    : written
}

type Rows = Extract<CopyRecord, { kind: 'rows' }>
type Documents = Extract<CopyRecord, { kind: 'documents' }>

const rowRecord = (table: Rows['table'], row: Readonly<Record<string, unknown>>): CopyRecord => ({
  kind: 'rows',
  table,
  rows: [Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toCell(value)]))],
})

/** Whatever is in a backup at the centre cannot be told from a damaged outbox: all of it is kept. */
const documentsOf = (rows: readonly SalvagedRow[]): readonly Documents[] =>
  rows.flatMap((row): readonly Documents[] => {
    if (row.kind !== 'document' || !COPIED.has(row.collection) || row.document['_deleted'] === true) return []
    const collection = row.collection as Documents['collection']
    const document = Object.fromEntries(Object.entries(row.document).filter(([name]) => !name.startsWith('_')))
    return isWanted(collection, document, new Set()) ? [{ kind: 'documents', collection, documents: [document] }] : []
  })
const COPIED: ReadonlySet<string> = new Set(['drafts', 'submissions', 'notes', 'mirror'])

/** The named values as far as they read. */
function valuesOf(rows: readonly SalvagedRow[]) {
  const values = new Map<string, string>()
  for (const row of rows)
    if (row.kind === 'row' && row.table === 'device_values')
      values.set(String(row.row['name']), String(row.row['value']))
  return {
    get: (name: string) => values.get(name) ?? null,
    set: (name: string, value: string) => void values.set(name, value),
  }
}

function keyOf(values: { readonly get: (name: string) => string | null }): SigningKey | null {
  const [publicKey, privateKey] = [values.get('device.publicKey'), values.get('device.privateKey')]
  return publicKey === null || privateKey === null ? null : { publicKey, privateKey }
}
