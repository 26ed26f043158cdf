/**
 * One process has a store open. The lock is the operating system's lock on an empty SQLite
 * file beside the store: it is gone the moment its holder is, however it ended, so nothing
 * has to be cleaned up after a kill.
 *
 * Why not the lock on the store itself: on Linux any read of the file by its own process
 * (a size check, a copy) would drop it.
 */
import Database from 'better-sqlite3'

export interface StoreLock {
  readonly release: () => void
}

/** @returns `null` where another has it. Other errors of the file system are thrown. */
export function acquireStoreLock(storePath: string): StoreLock | null {
  const lock = new Database(`${storePath}.lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return { release: () => lock.close() }
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) return null
    throw error
  }
}
