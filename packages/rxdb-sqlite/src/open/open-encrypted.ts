/**
 * Opens the one encrypted file, or says why not.
 *
 *   lock ─► key check ─► header ─► connect ─► quick_check, if the last stop was unclean
 *
 * O1  a wrong key, a damaged file, a store in use and a directory out of reach are told apart
 * O2  a refusal changes nothing: the store and its key check stay as they were
 * O3  a store is never made over one that was there: not with another key, not where the
 *     file is empty or gone, not in the clear
 * O4  a kill at any moment leaves a store that opens, and no lock
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type Database from 'better-sqlite3'

import { connectEncrypted, isPlainHeader, KEY_BYTES, PAGE_BYTES } from './encrypted-connection.ts'
import { checkOf, type KeyCheck, readKeyCheck, syncDirectory, verifiesKey, writeKeyCheck } from './key-check.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { opened, refused, storeFaultOf, type StoreResult } from './store-fault.ts'
import { acquireStoreLock } from './store-lock.ts'

export interface OpenOptions {
  readonly path: string
  /** 32 bytes, random; derive and wrap it elsewhere. */
  readonly key: Uint8Array
  /** Make the store if there is none yet. The directory has to exist. */
  readonly create: boolean
  /** Read every page now, also after a clean stop. Without it a page that was changed from outside is noticed when it is read. */
  readonly verify?: boolean
}

/** Faults: see O1. @see storeFaultOf for what reads and writes reject with later. */
export function openEncrypted({ path, key, create, verify = false }: OpenOptions): StoreResult<SqliteHandle> {
  if (key.length !== KEY_BYTES) throw new Error(`a store key has ${KEY_BYTES} bytes, not ${key.length}`)
  const directory = statSync(dirname(path), { throwIfNoEntry: false })
  if (directory?.isDirectory() !== true)
    return refused('store.directory-unreachable', `${dirname(path)} is not a directory`)
  try {
    if (!create && !existsSync(path)) return refused('store.damaged', 'there is no store at this path')
    const lock = acquireStoreLock(path)
    if (lock === null) return refused('store.in-use', 'its lock is held')
    const result = openLocked(path, key, { create, verify })
    if (!result.ok) {
      lock.release()
      return result
    }
    const connection = result.value
    const close = (): void => {
      connection.close()
      lock.release()
    }
    return opened({ path, connection, collections: new Map(), close })
  } catch (error) {
    const known = storeFaultOf(error)
    if (known === null) throw error
    return { ok: false, error: known }
  }
}

function openLocked(
  path: string,
  key: Uint8Array,
  { create, verify }: { create: boolean; verify: boolean },
): StoreResult<Database.Database> {
  const check = readKeyCheck(path)
  if (typeof check === 'object' && !verifiesKey(check, key))
    return refused('store.wrong-key', 'the key check does not verify')

  // SQLite takes a file without one whole page for a new one, and would begin it anew.
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (sizeBytes < PAGE_BYTES) {
    const begun = typeof check === 'object' && check.state === 'begun'
    const nothing = check === 'missing' && sizeBytes === 0
    if (!begun && !nothing) return refused('store.damaged', `${sizeBytes} bytes are left of the store`)
    if (!create) return refused('store.damaged', 'the store was never made')
    makeStore(path, key)
  }
  if (isPlainHeader(firstBytes(path))) return refused('store.damaged', 'the file is not encrypted')

  // A clean stop empties the log; what is left of it has to be recovered.
  const unclean = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  // SQLite would meet a last page that is cut off only where it reads that page.
  if (!unclean && statSync(path).size % PAGE_BYTES !== 0) return refused('store.damaged', 'the last page is cut off')
  const db = connect(path, key, check)
  if (!db.ok) return db
  const harm = unclean || verify ? quickCheck(db.value) : null
  if (harm !== null) {
    db.value.close()
    return refused('store.damaged', harm)
  }
  const settled = typeof check === 'object' && check.state === 'made'
  if (!settled) writeKeyCheck(path, { state: 'made', checks: [checkOf(key)] })
  return db
}

function connect(
  path: string,
  key: Uint8Array,
  check: KeyCheck | 'missing' | 'unreadable',
): StoreResult<Database.Database> {
  try {
    return opened(connectEncrypted(path, key, { mustExist: true }))
  } catch (error) {
    const known = storeFaultOf(error)
    if (known === null) throw error
    // Without a key check beside it nothing but the key can be at fault as far as one can tell.
    if (known.fault === 'store.damaged' && check === 'missing')
      return refused('store.wrong-key', `${known.detail}; no key check is beside the store`)
    return { ok: false, error: known }
  }
}

/** The key check comes first: a kill in between leaves `begun`, and the next start goes on from there. */
function makeStore(path: string, key: Uint8Array): void {
  writeKeyCheck(path, { state: 'begun', checks: [checkOf(key)] })
  const db = connectEncrypted(path, key, { mustExist: false })
  try {
    // A new file is encrypted from its first write on; closing moves that out of the log.
    db.pragma('user_version = 1')
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
  syncDirectory(dirname(path))
}

function firstBytes(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(16)
    readSync(file, bytes)
    return bytes
  } finally {
    closeSync(file)
  }
}

/** @returns What is wrong, or null. */
function quickCheck(db: Database.Database): string | null {
  try {
    const verdict = db.pragma('quick_check(1)', { simple: true })
    return verdict === 'ok' ? null : String(verdict)
  } catch (error) {
    const known = storeFaultOf(error)
    if (known === null) throw error
    return known.detail
  }
}
