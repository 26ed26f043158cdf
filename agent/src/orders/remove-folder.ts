/**
 * Makes what a device holds unreadable, then removes it.
 *
 * R1 the wraps of the data key go first, overwritten and flushed: whatever is cut afterwards, what
 *    is left of the store is noise
 * R2 everything in the folder goes, whatever room it belongs to; only `receipt.json` stays
 *
 * Why the key and not the pages: a disk that levels its wear keeps copies of old sectors which
 * nobody can overwrite. The wraps are there too, for a while; a passphrase wrap needs the
 * passphrase still, a key file on the same disk protects nothing (docs/sync.md).
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isMissing } from '../store/atomic-file.ts'
import { keyFilePath } from '../store/key-file.ts'
import { RECEIPT_FILE } from './receipt-file.ts'

/** R1. @param keyPath Of the key file that opens the store, where there is one. */
export async function destroyKeys(dataDir: string, keyPath: string | null): Promise<void> {
  for (const path of [keyFilePath(dataDir), ...(keyPath === null ? [] : [keyPath])]) await overwrite(path)
}

/** R2 */
export async function removeContents(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir))
    if (name !== RECEIPT_FILE) await rm(join(dataDir, name), { recursive: true, force: true })
}

async function overwrite(path: string): Promise<void> {
  try {
    const { size } = await stat(path)
    const file = await open(path, 'r+')
    try {
      await file.write(randomBytes(size), 0, size, 0)
      await file.sync()
      await file.truncate(0)
      await file.sync()
    } finally {
      await file.close()
    }
    await rm(path, { force: true })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
