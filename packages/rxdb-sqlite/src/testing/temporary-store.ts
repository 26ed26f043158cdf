/** Stores for this package's tests: a directory of its own each, gone when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openEncrypted, type OpenOptions } from '../open/open-encrypted.ts'
import type { SqliteHandle } from '../open/sqlite-handle.ts'
import type { StoreResult } from '../open/store-fault.ts'

export const testKey: Uint8Array = new Uint8Array(32).map((_, i) => i * 7 + 3)
export const otherKey: Uint8Array = new Uint8Array(32).fill(200)

export interface TemporaryStore {
  readonly directory: string
  readonly path: string
  /** The open store; opened again by `reopen`. */
  handle: SqliteHandle
  readonly reopen: () => SqliteHandle
  readonly tryOpen: (options?: Partial<OpenOptions>) => StoreResult<SqliteHandle>
  readonly [Symbol.dispose]: () => void
}

export function temporaryStore(): TemporaryStore {
  const directory = mkdtempSync(join(tmpdir(), 'rxdb-sqlite-'))
  const path = join(directory, 'store.sqlite')
  const tryOpen = (options: Partial<OpenOptions> = {}) =>
    openEncrypted({ path, key: testKey, create: true, ...options })
  const store: TemporaryStore = {
    directory,
    path,
    handle: mustOpen(tryOpen()),
    tryOpen,
    reopen: () => {
      store.handle.close()
      store.handle = mustOpen(tryOpen())
      return store.handle
    },
    [Symbol.dispose]: () => {
      store.handle.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return store
}

export function mustOpen(result: StoreResult<SqliteHandle>): SqliteHandle {
  if (!result.ok) throw new Error(`${result.error.fault}: ${result.error.detail}`)
  return result.value
}
