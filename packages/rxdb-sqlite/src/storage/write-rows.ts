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

import { createApartWriter, memberAt, putTogether, type Stored, takeApart } from './apart.ts'
import { type CollectionTable, insertSql, storedColumns } from './collection-table.ts'
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

type Instance = Pick<RxStorageInstance<unknown, unknown, unknown>, 'schema' | 'collectionName'>

export function createRowWriter<T>(
  db: Database.Database,
  table: CollectionTable,
  instance: Instance,
  inTransaction: InTransaction | undefined,
): RowWriter<T> {
  const { primaryPath } = table.shape
  const insert = db.prepare<ColumnValue[]>(insertSql(table))
  const revisionOf = db.prepare<[string], string>(`SELECT rev FROM ${table.name} WHERE id = ?`).pluck()
  const storedOf = db.prepare<[string], Stored>(`SELECT ${storedColumns(table)} FROM ${table.name} WHERE id = ?`)
  const { apart } = table.shape
  const putApart = apart === undefined ? undefined : createApartWriter(db, table.apart)
  const putAttachment = db.prepare(
    `INSERT OR REPLACE INTO ${table.attachments} (id, name, digest, type, data) VALUES (?, ?, ?, ?, ?)`,
  )
  const dropAttachment = db.prepare(`DELETE FROM ${table.attachments} WHERE id = ? AND name = ?`)

  const idOf = (document: unknown): string => (document as Record<string, string>)[primaryPath]!

  const storedRevisions = (rows: readonly BulkWriteRow<T>[]): Map<string, RxDocumentData<T>> => {
    const stored = new Map<string, RxDocumentData<T>>()
    for (const { document } of rows) {
      const id = idOf(document)
      const rev = revisionOf.get(id)
      // Only the revision is compared; the whole document is read if there is a conflict.
      if (rev !== undefined) stored.set(id, { _rev: rev } as unknown as RxDocumentData<T>)
    }
    return stored
  }

  const withStoredDocument = (error: RxStorageWriteError<T>): RxStorageWriteError<T> =>
    'documentInDb' in error && error.documentInDb !== undefined
      ? { ...error, documentInDb: putTogether(storedOf.get(error.documentId)!, apart) as RxDocumentData<T> }
      : error

  const putDocument = ({ document, previous }: BulkWriteRow<T>): number => {
    const id = idOf(document)
    if (!isPlainText(id))
      throw new Error(`a primary key cannot hold NUL or half a surrogate pair: ${JSON.stringify(id)}`)
    const { values, odd } = columnValues(document, table.shape, id)
    const { rest, member } = takeApart(document, apart)
    // A2
    if (apart !== undefined && (previous === undefined || memberAt(previous, apart) !== member)) putApart?.(id, member)
    const { lastInsertRowid } = insert.run(
      id,
      document._rev,
      document._deleted ? 1 : 0,
      document._meta.lwt,
      odd,
      ...values,
      JSON.stringify(rest),
    )
    return Number(lastInsertRowid)
  }

  const writeAll = (
    rows: readonly BulkWriteRow<T>[],
    blobs: ReadonlyMap<Blob, Uint8Array>,
    context: string,
  ): WriteOutcome<T> => {
    const sorted = categorizeBulkWriteRows<T>(
      instance as never,
      primaryPath as never,
      storedRevisions(rows),
      rows as BulkWriteRow<T>[],
      context,
    )
    const errors = sorted.errors.map(withStoredDocument)
    const written = [...sorted.bulkInsertDocs, ...sorted.bulkUpdateDocs]
    // RxDB lists events and attachments also for documents that it refuses for an attachment.
    const failed = new Set(errors.map(error => error.documentId))
    const wrote = ({ documentId }: { documentId: string }): boolean =>
      !failed.has(documentId) || written.some(row => idOf(row.document) === documentId)

    let seq = 0
    for (const row of written) seq = putDocument(row)
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
