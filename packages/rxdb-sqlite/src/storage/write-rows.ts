/**
 * One `bulkWrite` as one transaction.
 *
 * W1  a document is written only over the revision its author saw; else 409 with what is
 *     stored. The other documents of the call are written all the same
 * W2  documents, attachments and whatever `inTransaction` writes are committed together,
 *     or none of them is
 * W3  events go out after the commit, and only for what was written
 */
import type Database from 'better-sqlite3'
import {
  type BulkWriteRow,
  categorizeBulkWriteRows,
  type EventBulk,
  type RxDocumentData,
  type RxStorageChangeEvent,
  type RxStorageInstance,
  type RxStorageWriteError,
} from 'rxdb'

import { carriesOver, createApartWriter, putTogether, type Stored, takeApart } from './apart.ts'
import {
  type CollectionTable,
  createSeqCounter,
  headSql,
  indexedColumns,
  insertSql,
  storedColumns,
  updateSql,
} from './collection-table.ts'
import { type ColumnValue, columnValues, isPlainText } from './columns.ts'
import type { SeqCheckpoint } from './seq-checkpoint.ts'

/** What a transaction wrote: `previous` is absent for a new document. */
export interface WrittenRow {
  readonly document: RxDocumentData<Record<string, unknown>>
  readonly previous?: RxDocumentData<Record<string, unknown>>
}

/**
 * Runs inside the transaction of a `bulkWrite`, after its documents. What it writes through
 * `tx` is committed with them; if it throws, nothing is, and the `bulkWrite` rejects.
 * RxDB's own collections (`_rxdb_internal`, `rx-replication-meta-…`) come by here too: look at
 * `collection` first.
 */
export type InTransaction = (
  tx: Database.Database,
  written: { readonly collection: string; readonly rows: readonly WrittenRow[] },
  context: string,
) => void

export interface RowWriter<T> {
  readonly write: (
    rows: readonly BulkWriteRow<T>[],
    blobs: ReadonlyMap<Blob, Uint8Array>,
    context: string,
  ) => WriteOutcome<T>
}

export interface WriteOutcome<T> {
  readonly errors: RxStorageWriteError<T>[]
  /** Ready to emit; without events there is nothing to tell. */
  readonly eventBulk: EventBulk<RxStorageChangeEvent<RxDocumentData<T>>, SeqCheckpoint>
}

/** See `headSql`. */
type Head = readonly [place: number, rev: string, ...indexed: ColumnValue[]]

type Instance = Pick<RxStorageInstance<unknown, unknown, unknown>, 'schema' | 'collectionName'>

export function createRowWriter<T>(
  db: Database.Database,
  table: CollectionTable,
  instance: Instance,
  inTransaction: InTransaction | undefined,
): RowWriter<T> {
  const { primaryPath } = table.shape
  const insert = db.prepare<ColumnValue[]>(insertSql(table))
  const headOf = db.prepare<[string], Head>(headSql(table)).raw()
  const counter = createSeqCounter(db, table)
  const indexed = indexedColumns(table.shape)
  const updates = new Map<string, Database.Statement<ColumnValue[]>>()
  const storedOf = db.prepare<[string], Stored>(`SELECT ${storedColumns(table)} FROM ${table.name} WHERE id = ?`)
  const { apart } = table.shape
  const putApart = apart === undefined ? undefined : createApartWriter(db, table.apart)
  const putAttachment = db.prepare(
    `INSERT OR REPLACE INTO ${table.attachments} (id, name, digest, type, data) VALUES (?, ?, ?, ?, ?)`,
  )
  const dropAttachment = db.prepare(`DELETE FROM ${table.attachments} WHERE id = ? AND name = ?`)

  const idOf = (document: unknown): string => (document as Record<string, string>)[primaryPath]!

  const headsOf = (rows: readonly BulkWriteRow<T>[]): Map<string, Head> => {
    const heads = new Map<string, Head>()
    for (const { document } of rows) {
      const id = idOf(document)
      const head = headOf.get(id)
      if (head !== undefined) heads.set(id, head)
    }
    return heads
  }

  /** Only the revision is compared; the whole document is read if there is a conflict. */
  const revisionsIn = (heads: ReadonlyMap<string, Head>): Map<string, RxDocumentData<T>> =>
    new Map([...heads].map(([id, [, rev]]) => [id, { _rev: rev } as unknown as RxDocumentData<T>]))

  const updateOf = (changed: readonly string[]): Database.Statement<ColumnValue[]> => {
    const key = changed.join()
    const known = updates.get(key)
    if (known !== undefined) return known
    const fresh = db.prepare<ColumnValue[]>(updateSql(table, changed))
    updates.set(key, fresh)
    return fresh
  }

  const withStoredDocument = (error: RxStorageWriteError<T>): RxStorageWriteError<T> =>
    'documentInDb' in error && error.documentInDb !== undefined
      ? { ...error, documentInDb: putTogether(storedOf.get(error.documentId)!, apart) as RxDocumentData<T> }
      : error

  const putDocument = (
    { document, previous }: BulkWriteRow<T>,
    seq: number,
    [place, , ...stored]: Head | readonly [],
  ): Head => {
    const id = idOf(document)
    if (!isPlainText(id))
      throw new Error(`a primary key cannot hold NUL or half a surrogate pair: ${JSON.stringify(id)}`)
    const { values, odd } = columnValues(document, table.shape, id)
    const { rest, member } = takeApart(document, apart)
    // A2
    if (apart !== undefined && (previous === undefined || !carriesOver(previous, member, apart))) putApart?.(id, member)
    const { _rev: rev, _meta: meta } = document
    const deleted = document._deleted ? 1 : 0
    const body = JSON.stringify(rest)
    const now = [deleted, odd, ...values]
    if (place === undefined) insert.run(seq, seq, id, rev, deleted, meta.lwt, odd, ...values, body)
    else {
      const changed = indexed.flatMap((_, i) => (now[i] === stored[i] ? [] : [i]))
      const update = updateOf(changed.map(i => indexed[i] as string))
      update.run(seq, rev, meta.lwt, body, ...changed.map(i => now[i] as ColumnValue), place)
    }
    return [place ?? seq, rev, ...now]
  }

  const writeAll = (
    rows: readonly BulkWriteRow<T>[],
    blobs: ReadonlyMap<Blob, Uint8Array>,
    context: string,
  ): WriteOutcome<T> => {
    const heads = headsOf(rows)
    const sorted = categorizeBulkWriteRows<T>(
      instance as never,
      primaryPath as never,
      revisionsIn(heads),
      rows as BulkWriteRow<T>[],
      context,
    )
    const errors = sorted.errors.map(withStoredDocument)
    const written = [...sorted.bulkInsertDocs, ...sorted.bulkUpdateDocs]
    // RxDB lists events and attachments also for documents that it refuses for an attachment.
    const failed = new Set(errors.map(error => error.documentId))
    const wrote = ({ documentId }: { documentId: string }): boolean =>
      !failed.has(documentId) || written.some(row => idOf(row.document) === documentId)

    let seq = counter.last()
    for (const row of written) {
      const id = idOf(row.document)
      seq += 1
      heads.set(id, putDocument(row, seq, heads.get(id) ?? []))
    }
    if (written.length > 0) counter.keep(seq)
    for (const { documentId, attachmentId, digest, attachmentData } of [
      ...sorted.attachmentsAdd,
      ...sorted.attachmentsUpdate,
    ].filter(wrote))
      putAttachment.run(documentId, attachmentId, digest, attachmentData.type, blobs.get(attachmentData.data)!)
    for (const { documentId, attachmentId } of sorted.attachmentsRemove.filter(wrote))
      dropAttachment.run(documentId, attachmentId)

    if (inTransaction !== undefined && written.length > 0) {
      const answer: unknown = inTransaction(db, { collection: instance.collectionName, rows: written }, context)
      if (answer instanceof Promise)
        throw new Error('inTransaction must not be asynchronous: the transaction ends when it returns')
    }
    return {
      errors,
      eventBulk: { ...sorted.eventBulk, events: sorted.eventBulk.events.filter(wrote), checkpoint: { seq } },
    }
  }

  const transaction = db.transaction(writeAll)
  return { write: (rows, blobs, context) => transaction.immediate(rows, blobs, context) }
}
