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
 *
 * The key check (key-check.ts) is what tells a wrong key from damage.
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type Database from 'better-sqlite3'

import { connectEncrypted, ensureKeyLength, isPlainHeader, PAGE_BYTES } from './encrypted-connection.ts'
import { checkOf, type KeyCheck, readKeyCheck, syncDirectory, verifiesKey, writeKeyCheck } from './key-check.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { opened, refused, storeFaultOf, type StoreResult } from './store-fault.ts'
import { underStoreLock } from './store-lock.ts'

export interface OpenOptions {
  readonly path: string
  /** 32 bytes, random; derive and wrap it elsewhere. */
  readonly key: Uint8Array
  /** The other key, where a re-key may have been cut off: whichever fits opens the store. */
  readonly nextKey?: Uint8Array
  /** Make the store if there is none yet. The directory has to exist. */
  readonly create: boolean
  /** Read every page now, also after a clean stop. Without it a page that was changed from outside is noticed when it is read. */
  readonly verify?: boolean
}

/** Faults: see O1. @see storeFaultOf for what reads and writes reject with later. */
export function openEncrypted(options: OpenOptions): StoreResult<SqliteHandle> {
  const { path, key, nextKey } = options
  for (const one of [key, nextKey]) if (one !== undefined) ensureKeyLength(one)
  return underStoreLock(path, lock => {
    const unlocked = openLocked(options)
    if (!unlocked.ok) return unlocked
    const { connection, usedKey } = unlocked.value
    const close = (): void => {
      connection.close()
      lock.release()
    }
    return opened({ path, connection, openedWith: usedKey === key ? 'key' : 'nextKey', collections: new Map(), close })
  })
}

interface Unlocked {
  readonly connection: Database.Database
  readonly usedKey: Uint8Array
}

type FoundCheck = KeyCheck | 'missing' | 'unreadable'

/** The caller holds the lock. */
export function openLocked({ path, key, nextKey, create, verify = false }: OpenOptions): StoreResult<Unlocked> {
  const check = readKeyCheck(path)
  const keys = [key, nextKey].filter(one => one !== undefined)
  const fitting = typeof check === 'object' ? keys.filter(one => verifiesKey(check, one)) : keys
  if (fitting.length === 0) return refused('store.wrong-key', 'the key check does not verify')

  const harm = harmBefore(path, check, create)
  if (harm !== null) return refused('store.damaged', harm)
  // Only now is anything written: `harmBefore` saw to it that there is nothing to write over.
  if (sizeOf(path) < PAGE_BYTES) makeStore(path, fitting[0]!)

  // A clean stop empties the log; what is left of it has to be recovered.
  const unclean = sizeOf(`${path}-wal`) > 0
  // SQLite would meet a last page that is cut off only where it reads that page.
  if (!unclean && sizeOf(path) % PAGE_BYTES !== 0) return refused('store.damaged', 'the last page is cut off')
  const unlocked = connectWithOneOf(path, fitting, check)
  if (!unlocked.ok) return unlocked

  const { connection, usedKey } = unlocked.value
  const found = unclean || verify ? quickCheck(connection) : null
  if (found !== null) {
    connection.close()
    return refused('store.damaged', found)
  }
  const settled = typeof check === 'object' && check.state === 'made' && check.checks.length === 1
  if (!settled) writeKeyCheck(path, { state: 'made', checks: [checkOf(usedKey)] })
  dropRekeyCopy(path)
  return unlocked
}

/** Where a re-key builds the store anew; what lies there at a start was cut off. */
export const rekeyCopyPath = (path: string): string => `${path}.rekey`

export function dropRekeyCopy(path: string): void {
  for (const end of ['', '-wal', '-journal']) rmSync(`${rekeyCopyPath(path)}${end}`, { force: true })
}

/** @returns What is wrong with the file as it lies there, or null. */
function harmBefore(path: string, check: FoundCheck, create: boolean): string | null {
  const sizeBytes = sizeOf(path)
  if (sizeBytes >= PAGE_BYTES) return isPlainHeader(firstBytes(path)) ? 'the file is not encrypted' : null
  // SQLite takes a file without one whole page for a new one, and would begin it anew.
  const begun = typeof check === 'object' && check.state === 'begun'
  const never = check === 'missing' && sizeBytes === 0
  if (!begun && !never) return `${sizeBytes} bytes are left of the store`
  return create ? null : 'there is no store at this path'
}

function connectWithOneOf(path: string, keys: readonly Uint8Array[], check: FoundCheck): StoreResult<Unlocked> {
  let failure: ReturnType<typeof storeFaultOf> = null
  for (const usedKey of keys) {
    try {
      return opened({ connection: connectEncrypted(path, usedKey, { mustExist: true }), usedKey })
    } catch (error) {
      failure = storeFaultOf(error)
      if (failure?.fault !== 'store.damaged') throw error
    }
  }
  const detail = failure?.detail ?? ''
  // Without a key check beside it nothing but the key can be at fault as far as one can tell.
  if (check === 'missing') return refused('store.wrong-key', `${detail}; no key check is beside the store`)
  if (typeof check === 'object' && check.checks.length > keys.length)
    return refused('store.wrong-key', 'a re-key was cut off, and the store is under the other of the two keys')
  return refused('store.damaged', detail)
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
  if (isPlainHeader(firstBytes(path)))
    throw new Error('SQLite was built without its cipher: the new store is not encrypted')
  syncDirectory(dirname(path))
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)

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
export function quickCheck(db: Database.Database): string | null {
  try {
    const verdict = db.pragma('quick_check(1)', { simple: true })
    return verdict === 'ok' ? null : String(verdict)
  } catch (error) {
    const known = storeFaultOf(error)
    if (known === null) throw error
    return known.detail
  }
}
