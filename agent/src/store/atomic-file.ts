/**
 * Files that are whole or absent: written beside their place, flushed, then renamed, and the
 * folder flushed too, so that a power cut leaves the old bytes or the new ones.
 *
 * Not here: anything an officer answered. That lives in the encrypted store alone.
 */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export async function writeFileAtomic(path: string, data: Uint8Array | string, mode = 0o644): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.part`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(beside, 'wx', mode)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Absent is `null`; what is there and cannot be read throws. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

/** Makes the folder, for this user alone, and proves that it can be written. */
export async function ensureFolder(path: string): Promise<Result<string, FaultOf<'store.directory-unreachable'>>> {
  try {
    await makeFolder(path)
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok(path)
  } catch (error) {
    return err(fault('store.directory-unreachable', error instanceof Error ? error.message : path))
  }
}

/** Level by level: the `recursive` of `mkdir` never returns below /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return
  } catch (error) {
    if (!isMissing(error)) throw error
    await makeFolder(dirname(path))
  }
  await mkdir(path, { mode: 0o700 })
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folder; its rename is already ordered by the journal.
  if (process.platform === 'win32') return
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
