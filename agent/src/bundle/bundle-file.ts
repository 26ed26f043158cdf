/**
 * A file on a stick, whole or absent: written beside its place, flushed, read back, renamed.
 *
 * BF1 a stick that is pulled out, or a kill, leaves no file under the name that it will have
 * BF2 what is under its name was read back and is what was written
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { err, fault, noCrashPoint, ok, type CrashPoint, type FaultOf, type Result } from '@murram/ground'

type Unwritten = FaultOf<'store.directory-unreachable'> | FaultOf<'carry.damaged'>

/** @returns How many bytes were written. */
export async function writeStreamAtomic(
  path: string,
  source: AsyncIterable<Uint8Array>,
  crashPoint: CrashPoint = noCrashPoint,
): Promise<Result<number, Unwritten>> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const { hash, sizeBytes } = await writeFlushed(beside, source)
    if ((await hashOfFile(beside)) !== hash) {
      await rm(beside, { force: true })
      return err(fault('carry.damaged', `${path} does not read back as it was written: use another stick`))
    }
    crashPoint('agent.file-written-beside')
    await rename(beside, path)
    await flushFolder(dirname(path))
    return ok(sizeBytes)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    if (isOfTheDisk(error)) return err(fault('store.directory-unreachable', `${path}: ${error.message}`))
    throw error
  }
}

async function writeFlushed(path: string, source: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const bytes of source) {
      hash.update(bytes)
      sizeBytes += bytes.length
      await file.writeFile(bytes)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { hash: hash.digest('hex'), sizeBytes }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array)
  return hash.digest('hex')
}

/** Not every file system of a stick can do it; the rename stands then as well as it can there. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r').catch(() => null)
  try {
    await folder?.sync().catch(() => {})
  } finally {
    await folder?.close()
  }
}

const isOfTheDisk = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)

/** A folder gets a name that says whose work it is and when; a name is taken as it is. */
export async function placeOf(given: string, name: string): Promise<string> {
  const isFolder = await stat(given).then(
    found => found.isDirectory(),
    () => /[\\/]$/.test(given),
  )
  return isFolder ? join(given, name) : given
}

export const bundleName = (who: string, deviceId: string, atMs: number): string => {
  const plain = who
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const at = new Date(atMs).toISOString().replaceAll(/[:.]/g, '-').slice(0, 23)
  return `${plain === '' ? 'device' : plain}-${deviceId.slice(0, 8)}-${at}.murram`
}
