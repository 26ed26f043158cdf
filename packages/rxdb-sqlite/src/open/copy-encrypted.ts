/**
 * A copy of an open store, compacted and under the same key, with its key check.
 *
 * `VACUUM INTO` is the one way that stays encrypted: `serialize()` hands out plain bytes and
 * `backup()` fails on encrypted stores.
 */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

import { keyCheckPath, syncDirectory, syncFile } from './key-check.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { opened, refused, storeFaultOf, type StoreResult } from './store-fault.ts'

/** Refuses to write over anything. A copy that is there under its name is whole. */
export function copyEncrypted(handle: SqliteHandle, targetPath: string): StoreResult<{ readonly path: string }> {
  if (existsSync(targetPath)) return refused('store.in-use', 'something is already at the target path')
  const partial = `${targetPath}.partial`
  try {
    rmSync(partial, { force: true })
    handle.connection.prepare('VACUUM INTO ?').run(partial)
    syncFile(partial)
    copyFileSync(keyCheckPath(handle.path), keyCheckPath(targetPath))
    syncFile(keyCheckPath(targetPath))
    renameSync(partial, targetPath)
    syncDirectory(dirname(targetPath))
    return opened({ path: targetPath })
  } catch (error) {
    rmSync(partial, { force: true })
    const known = storeFaultOf(error)
    if (known === null) throw error
    return { ok: false, error: known }
  }
}
