/**
 * One process has a store open. The lock is the operating system's lock on an empty SQLite
 * file beside the store: it is gone the moment its holder is, however it ended, so nothing
 * has to be cleaned up after a kill.
 *
 * Why not the lock on the store itself: on Linux any read of the file by its own process
 * (a size check, a copy) would drop it.
 */
import { statSync } from 'node:fs'
import { dirname } from 'node:path'

import Database from 'better-sqlite3'

import { refused, storeFaultOf, type StoreResult } from './store-fault.ts'

export interface StoreLock {
  readonly release: () => void
}

/** @returns `null` where another has it. Other errors of the file system are thrown. */
function acquireStoreLock(storePath: string): StoreLock | null {
  const lock = new Database(`${storePath}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return { release: () => lock.close() }
  } catch (error) {
    lock.close()
    if (storeFaultOf(error)?.fault === 'store.in-use') return null
    throw error
  }
}

/**
 * Runs `work` while nobody else has the store. The lock is released where `work` fails;
 * where it succeeds, `work` has it and releases it when it is done.
 */
export function underStoreLock<T>(path: string, work: (lock: StoreLock) => StoreResult<T>): StoreResult<T> {
  const directory = statSync(dirname(path), { throwIfNoEntry: false })
  if (directory?.isDirectory() !== true)
    return refused('store.directory-unreachable', `${dirname(path)} is not a directory`)
  let lock: StoreLock | null = null
  let result: StoreResult<T> | undefined
  try {
    lock = acquireStoreLock(path)
    result = lock === null ? refused('store.in-use', 'its lock is held') : work(lock)
  } catch (error) {
    const known = storeFaultOf(error)
    if (known === null) throw error
    result = { ok: false, error: known }
  } finally {
    if (result?.ok !== true) lock?.release()
  }
  return result
}
