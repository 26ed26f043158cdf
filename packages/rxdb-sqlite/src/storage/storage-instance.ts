/**
 * One RxDB collection on the store: the members RxDB asks of a storage instance.
 *
 * Every call runs to its end without waiting (better-sqlite3 is synchronous), so calls
 * cannot interleave. Only attachments are read ahead, because a Blob is; those collections
 * queue their writes.
 *
 * Not here: several processes. The store is opened by one (open/store-lock.ts). Instances of
 * a collection in it that ask for `multiInstance` hear each other's writes; the others only
 * their own.
 */
import type Database from 'better-sqlite3'
import {
  type BulkWriteRow,
  getPrimaryFieldOfPrimaryKey,
  now,
  type RxDocumentData,
  type RxStorageInstance,
  type RxStorageInstanceCreationParams,
} from 'rxdb'
import { Subject } from 'rxjs'

import type { SqliteHandle } from '../open/sqlite-handle.ts'
import { isDiskFull } from '../open/store-fault.ts'
import type { ChangeStream, CollectionState } from './collection-state.ts'
import { putTogether, type Stored } from './apart.ts'
import { openCollectionTable, removeCollectionTable, storedColumns } from './collection-table.ts'
import { shapeOf } from './columns.ts'
import { createQueryRunner } from './run-query.ts'
import type { SeqCheckpoint } from './seq-checkpoint.ts'
import { createRowWriter, type InTransaction } from './write-rows.ts'

export type SqliteInternals = Pick<SqliteHandle, 'path' | 'connection'>
/** Of one collection (`instanceCreationOptions`). */
export interface SqliteInstanceOptions {
  /** Dotted path of a member that is large and seldom changes (apart.ts). */
  readonly apart?: string
}

export type MakeRoom = (collection: string) => boolean
interface WriteHooks {
  readonly inTransaction: InTransaction | undefined
  readonly makeRoom: MakeRoom | undefined
}

export function createSqliteInstance<T>(
  handle: SqliteHandle,
  params: RxStorageInstanceCreationParams<T, SqliteInstanceOptions>,
  { inTransaction, makeRoom }: WriteHooks,
): RxStorageInstance<T, SqliteInternals, SqliteInstanceOptions, SeqCheckpoint> {
  const { databaseName, collectionName, schema, options, multiInstance } = params
  const db = handle.connection
  const key = JSON.stringify([databaseName, collectionName, schema.version])
  const primaryPath = getPrimaryFieldOfPrimaryKey(schema.primaryKey) as string
  const state = handle.collections.get(key) ?? openState(db, key, shapeOf(schema, primaryPath, apartIn(options)))
  handle.collections.set(key, state)
  state.instances += 1
  const changes: ChangeStream = new Subject()
  if (multiInstance) state.shared.add(changes)

  const { table } = state
  const queries = createQueryRunner<T>(db, table, schema)
  const writer = createRowWriter<T>(db, table, { schema, collectionName } as never, inTransaction)
  const columns = storedColumns(table)
  const read = (row: Stored): RxDocumentData<T> => putTogether(row, table.shape.apart) as RxDocumentData<T>
  const byId = db.prepare<[string], Found>(`SELECT deleted, ${columns} FROM ${table.name} WHERE id = ?`)
  const byIds = db.prepare<[string], Found>(
    `SELECT deleted, ${columns} FROM ${table.name} WHERE id IN (SELECT value FROM json_each(?))`,
  )
  const since = db.prepare<[number, number], Stored & { readonly seq: number }>(
    `SELECT seq, ${columns} FROM ${table.name} WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const attachment = db.prepare<[string, string, string], { type: string; data: Uint8Array<ArrayBuffer> }>(
    `SELECT type, data FROM ${table.attachments} WHERE id = ? AND name = ? AND digest = ?`,
  )
  const purgeDocuments = db.prepare<[number]>(`DELETE FROM ${table.name} WHERE deleted = 1 AND lwt < ?`)
  // A document that came deleted (RxDB lets it) may have brought attachments.
  const purgeAttachments = db.prepare(`DELETE FROM ${table.attachments} WHERE id NOT IN (SELECT id FROM ${table.name})`)
  const purgeApart =
    table.shape.apart === undefined
      ? undefined
      : db.prepare(`DELETE FROM ${table.apart} WHERE id NOT IN (SELECT id FROM ${table.name})`)
  const purge = db.transaction((before: number): boolean => {
    const { changes: purged } = purgeDocuments.run(before)
    if (purged > 0) purgeAttachments.run()
    if (purged > 0) purgeApart?.run()
    return purged > 0
  })

  let closed: Promise<void> | undefined
  let lastWrite: Promise<unknown> = Promise.resolve()
  const ensureOpen = (): void => {
    if (closed !== undefined || state.removed)
      throw new Error(`the storage instance of ${collectionName} is ${state.removed ? 'removed' : 'closed'}`)
  }

  const writeWithRoom = (...write: Parameters<typeof writer.write>) => {
    try {
      return writer.write(...write)
    } catch (error) {
      if (!isDiskFull(error) || makeRoom?.(collectionName) !== true) throw error
      return writer.write(...write)
    }
  }
  const writeNow = (rows: BulkWriteRow<T>[], blobs: ReadonlyMap<Blob, Uint8Array>, context: string) => {
    const { errors, eventBulk } = writeWithRoom(rows, blobs, context)
    if (eventBulk.events.length > 0)
      for (const stream of multiInstance ? state.shared : [changes]) stream.next(eventBulk)
    return { error: errors }
  }

  const leave = async (): Promise<void> => {
    await lastWrite
    state.shared.delete(changes)
    changes.complete()
    release(handle, key, state)
  }
  const close = (): Promise<void> => {
    closed ??= leave()
    return closed
  }

  return {
    databaseName,
    collectionName,
    schema,
    options,
    internals: handle,

    async bulkWrite(rows, context) {
      ensureOpen()
      if (schema.attachments === undefined) return writeNow(rows, new Map(), context)
      const done = lastWrite.then(async () => writeNow(rows, await readBlobs(rows), context))
      lastWrite = done.catch(() => undefined)
      return done
    },

    async findDocumentsById(ids, withDeleted) {
      ensureOpen()
      const rows =
        ids.length > FEW_IDS
          ? byIds.all(JSON.stringify(ids))
          : ids.map(id => byId.get(id)).filter(row => row !== undefined)
      return rows.filter(row => withDeleted || row.deleted === 0).map(read)
    },

    async query(prepared) {
      ensureOpen()
      return { documents: queries.find(prepared) }
    },

    async count(prepared) {
      ensureOpen()
      return queries.count(prepared)
    },

    async getAttachmentData(documentId, attachmentId, digest) {
      ensureOpen()
      const row = attachment.get(documentId, attachmentId, digest)
      if (row === undefined) throw new Error(`no attachment ${attachmentId} of ${documentId} with this digest`)
      return new Blob([row.data], { type: row.type })
    },

    async getChangedDocumentsSince(limit, checkpoint) {
      ensureOpen()
      const rows = since.all(checkpoint?.seq ?? 0, limit)
      return {
        documents: rows.map(read),
        checkpoint: { seq: rows.at(-1)?.seq ?? checkpoint?.seq ?? 0 },
      }
    },

    changeStream() {
      ensureOpen()
      return changes.asObservable() as never
    },

    async cleanup(minimumDeletedTime) {
      ensureOpen()
      // Personal answers: secure_delete wiped the pages, the log still holds their old state.
      // Who asks for no age means all: the clock that stamped a deletion may be ahead of this one.
      const before = minimumDeletedTime > 0 ? now() - minimumDeletedTime : Infinity
      if (purge(before)) truncateLog(db)
      return true
    },

    close,

    async remove() {
      if (closed !== undefined) ensureOpen()
      await lastWrite
      // Another instance may have removed the collection first; then there is only this one to close.
      if (!state.removed) {
        removeCollectionTable(db, key, table)
        truncateLog(db)
        state.removed = true
        handle.collections.delete(key)
      }
      await close()
    },
  }
}

/** RxDB gives none where nobody asked for any, whatever its types say. */
const apartIn = (options: SqliteInstanceOptions | undefined): string | undefined => options?.apart

interface Found extends Stored {
  readonly deleted: number
}

/** Up to so many, one probe each is quicker than a list. */
const FEW_IDS = 8

const openState = (db: Database.Database, key: string, shape: ReturnType<typeof shapeOf>): CollectionState => ({
  table: openCollectionTable(db, key, shape),
  shared: new Set(),
  instances: 0,
  removed: false,
})

function release(handle: SqliteHandle, key: string, state: CollectionState): void {
  state.instances -= 1
  if (state.instances === 0 && handle.collections.get(key) === state) handle.collections.delete(key)
}

const truncateLog = (db: Database.Database): void => {
  if (!db.inTransaction) db.pragma('wal_checkpoint(TRUNCATE)')
}

async function readBlobs<T>(rows: readonly BulkWriteRow<T>[]): Promise<ReadonlyMap<Blob, Uint8Array>> {
  const blobs = new Map<Blob, Uint8Array>()
  for (const { document } of rows) {
    for (const attachment of Object.values(document._attachments)) {
      if ('data' in attachment && !blobs.has(attachment.data))
        blobs.set(attachment.data, new Uint8Array(await attachment.data.arrayBuffer()))
    }
  }
  return blobs
}
