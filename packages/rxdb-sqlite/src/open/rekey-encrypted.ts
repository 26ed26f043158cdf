/**
 * Puts a closed store under a new key, behind a copy.
 *
 *   copy ─► copy under the new key ─► both keys in the key check ─► copy over store ─► new key only
 *
 * R1  a kill at any moment leaves a whole store under one of the two keys. Until the new key
 *     has opened it once, the host keeps both and opens with `key` and `nextKey`
 * R2  what cannot be re-keyed stays as it was
 *
 * Why a copy: SQLite rewrites pages in place, and pages of one file under two keys are what
 * older versions of the cipher left behind. It needs the room of the store once more.
 */
import { renameSync } from 'node:fs'
import { dirname } from 'node:path'

import { connectEncrypted, ensureKeyLength, rawKey } from './encrypted-connection.ts'
import { checkOf, syncDirectory, syncFile, writeKeyCheck } from './key-check.ts'
import { dropRekeyCopy, openLocked, quickCheck, rekeyCopyPath } from './open-encrypted.ts'
import { opened, refused, type StoreResult } from './store-fault.ts'
import { underStoreLock } from './store-lock.ts'

export interface RekeyOptions {
  readonly path: string
  readonly key: Uint8Array
  readonly newKey: Uint8Array
}

export function rekeyEncrypted({ path, key, newKey }: RekeyOptions): StoreResult<{ readonly path: string }> {
  ensureKeyLength(newKey)
  return underStoreLock(path, lock => {
    const unlocked = openLocked({ path, key, create: false, verify: true })
    if (!unlocked.ok) return unlocked
    const { connection } = unlocked.value
    const copy = rekeyCopyPath(path)
    try {
      connection.prepare('VACUUM INTO ?').run(copy)
    } finally {
      connection.close()
    }

    const harm = putUnder(copy, key, newKey)
    if (harm !== null) {
      dropRekeyCopy(path)
      return refused('store.damaged', harm)
    }
    writeKeyCheck(path, { state: 'made', checks: [checkOf(key), checkOf(newKey)] })
    // Closed above, so the store has no log of its own that could be applied to the copy.
    renameSync(copy, path)
    syncDirectory(dirname(path))
    writeKeyCheck(path, { state: 'made', checks: [checkOf(newKey)] })
    lock.release()
    return opened({ path })
  })
}

/** @returns What is wrong with the result, or null. */
function putUnder(copy: string, key: Uint8Array, newKey: Uint8Array): string | null {
  const db = connectEncrypted(copy, key, { mustExist: true })
  try {
    // SQLite3MC re-keys a file without a log; every connection puts it back to WAL.
    db.pragma('journal_mode = DELETE')
    db.pragma(`rekey = ${rawKey(newKey)}`)
  } finally {
    db.close()
  }
  const again = connectEncrypted(copy, newKey, { mustExist: true })
  try {
    return quickCheck(again)
  } finally {
    again.close()
    syncFile(copy)
  }
}
