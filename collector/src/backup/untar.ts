/**
 * Unpacks the archive that PostgreSQL streams (ustar, as its protocol describes) while it
 * arrives, and keeps the SHA-256 of each file, to be held against the server's manifest.
 *
 * Not here: links. A cluster of ours has no tablespaces, and a link in an archive may lead anywhere.
 */
import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const BLOCK = 512

export interface Unpacked {
  readonly sizeBytes: number
  readonly sha256: string
}

export interface Untar {
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Closes whatever is open; the archive may have been cut short. */
  readonly end: () => Promise<void>
  /** By path below the folder. */
  readonly files: ReadonlyMap<string, Unpacked>
  readonly folders: readonly string[]
}

interface Current {
  readonly path: string
  readonly handle: FileHandle
  readonly hash: Hash
  readonly sizeBytes: number
  left: number
  padding: number
}

export function createUntar(folder: string): Untar {
  const files = new Map<string, Unpacked>()
  const folders: string[] = []
  let header = Buffer.alloc(0)
  let current: Current | undefined

  const begin = async (block: Buffer): Promise<void> => {
    const { path, type, sizeBytes } = readHeader(block)
    if (path === '') return // the two empty blocks at the end
    const target = join(folder, path)
    if (!target.startsWith(`${folder}/`)) throw new Error(`an archive that leaves its folder: ${path}`)
    if (type === 'folder') {
      await mkdir(target, { recursive: true, mode: 0o700 })
      folders.push(path.replace(/\/$/, ''))
      return
    }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const handle = await open(target, 'w', 0o600)
    const padding = (BLOCK - (sizeBytes % BLOCK)) % BLOCK
    current = { path, handle, hash: createHash('sha256'), sizeBytes, left: sizeBytes, padding }
    if (sizeBytes === 0) await finish(current)
  }
  const finish = async (done: Current): Promise<void> => {
    await done.handle.close()
    files.set(done.path, { sizeBytes: done.sizeBytes, sha256: done.hash.digest('hex') })
    if (done.padding === 0) current = undefined
  }

  return {
    files,
    folders,
    write: async given => {
      let chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
      while (chunk.length > 0) {
        if (current === undefined) {
          const wanted = BLOCK - header.length
          header = Buffer.concat([header, chunk.subarray(0, wanted)])
          chunk = chunk.subarray(wanted)
          if (header.length < BLOCK) return
          const block = header
          header = Buffer.alloc(0)
          await begin(block)
        } else if (current.left > 0) {
          const part = chunk.subarray(0, current.left)
          chunk = chunk.subarray(part.length)
          current.hash.update(part)
          await current.handle.write(part)
          current.left -= part.length
          if (current.left === 0) await finish(current)
        } else {
          const skipped = Math.min(current.padding, chunk.length)
          chunk = chunk.subarray(skipped)
          current.padding -= skipped
          if (current.padding === 0) current = undefined
        }
      }
    },
    end: async () => {
      if (current !== undefined && current.left > 0) await current.handle.close().catch(() => {})
      current = undefined
    },
  }
}

function readHeader(block: Buffer): {
  readonly path: string
  readonly type: 'file' | 'folder'
  readonly sizeBytes: number
} {
  const text = (from: number, length: number) => {
    const field = block.subarray(from, from + length)
    const end = field.indexOf(0)
    return field.subarray(0, end === -1 ? length : end).toString('utf8')
  }
  const name = text(0, 100)
  if (name === '') return { path: '', type: 'folder', sizeBytes: 0 }
  const prefix = text(345, 155)
  const path = prefix === '' ? name : `${prefix}/${name}`
  const flag = text(156, 1)
  if (flag === '5') return { path, type: 'folder', sizeBytes: 0 }
  if (flag !== '0' && flag !== '') throw new Error(`${path} is neither a file nor a folder`)
  const sizeBytes = Number.parseInt(text(124, 12).trim(), 8)
  if (!Number.isSafeInteger(sizeBytes)) throw new Error(`${path} has no readable size`)
  return { path, type: 'file', sizeBytes }
}
