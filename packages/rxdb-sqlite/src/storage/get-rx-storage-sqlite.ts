/**
 * The RxStorage of a store: every collection of every RxDatabase on it lives in the one
 * encrypted file, so a transaction may span a document and whatever the host keeps in tables
 * of its own beside it (`inTransaction`).
 */
import {
  ensureRxStorageInstanceParamsAreCorrect,
  RXDB_VERSION,
  type RxStorage,
  type RxStorageInstanceCreationParams,
} from 'rxdb'

import type { SqliteHandle } from '../open/sqlite-handle.ts'
import {
  createSqliteInstance,
  type MakeRoom,
  type SqliteInstanceOptions,
  type SqliteInternals,
} from './storage-instance.ts'
import type { InTransaction } from './write-rows.ts'

export interface SqliteStorageSettings {
  readonly database: SqliteHandle
  readonly inTransaction?: InTransaction
  /** The disk is full: whether room was made for a write to this collection, which is then tried once more. */
  readonly makeRoom?: MakeRoom
}

export function getRxStorageSqlite({
  database,
  inTransaction,
  makeRoom,
}: SqliteStorageSettings): RxStorage<SqliteInternals, SqliteInstanceOptions> {
  return {
    name: 'sqlite-encrypted',
    rxdbVersion: RXDB_VERSION,
    async createStorageInstance<T>(params: RxStorageInstanceCreationParams<T, SqliteInstanceOptions>) {
      ensureRxStorageInstanceParamsAreCorrect(params)
      return createSqliteInstance(database, params, { inTransaction, makeRoom })
    },
  }
}
