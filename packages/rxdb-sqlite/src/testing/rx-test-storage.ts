/**
 * The storage as RxDB's own test suites ask for it (`RxTestStorage`): a store that nobody has
 * to set up, that every `getStorage()` shares, and that is gone when the process ends.
 *
 * A database keeps to the file it was first made in, so it is found again by its name from
 * any of the storages. A file takes only some databases: a suite leaves behind what it does
 * not remove, and SQLite gets slower at making tables the more there are.
 */
import { RXDB_VERSION, type RxStorage, type RxTestStorage } from 'rxdb'
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv'

import { getRxStorageSqlite } from '../storage/get-rx-storage-sqlite.ts'
import { type TemporaryStore, temporaryStore } from './temporary-store.ts'

type AnyStorage = RxStorage<unknown, unknown>

const DATABASES_PER_FILE = 25

const stores: TemporaryStore[] = []
const storageOfDatabase = new Map<string, AnyStorage>()

function storageFor(databaseName: string): AnyStorage {
  const known = storageOfDatabase.get(databaseName)
  if (known !== undefined) return known
  if (storageOfDatabase.size % DATABASES_PER_FILE === 0) stores.push(temporaryStore())
  const storage = getRxStorageSqlite({ database: stores.at(-1)!.handle }) as AnyStorage
  storageOfDatabase.set(databaseName, storage)
  return storage
}

const plain: AnyStorage = {
  name: 'sqlite-encrypted',
  rxdbVersion: RXDB_VERSION,
  createStorageInstance: async params => storageFor(params.databaseName).createStorageInstance(params),
}

function dispose(): void {
  for (const store of stores.splice(0)) store[Symbol.dispose]()
  storageOfDatabase.clear()
}
process.once('exit', dispose)

/** Disposing of it closes and deletes the files; the end of the process does so too. */
export const rxTestStorage: RxTestStorage & Disposable = {
  name: plain.name,
  // In RxDB's dev-mode, which its suites run in, the topmost storage has to validate.
  getStorage: () => wrappedValidateAjvStorage({ storage: plain }),
  getPerformanceStorage: () => ({ storage: plain, description: 'sqlite-encrypted, a file in the temporary directory' }),
  hasPersistence: true,
  hasMultiInstance: true,
  hasAttachments: true,
  hasReplication: true,
  [Symbol.dispose]: dispose,
}
