/**
 * Content-addressed files on their way down: forms and the files of a release. What came is
 * kept in `parts/<sha256>` and the next session asks from there; what has the hash is handed
 * over, whatever address it came from.
 *
 * One at a time, the first asked for first: a form must not wait for a model's second half.
 *
 * Not here: the decisions (wire's download machine), and what a file is for (`provision.ts`).
 */
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type Result, type Sha256 } from '@murram/ground'
import { startSha256 } from '@murram/seal'
import { createDownload, type Chunk, type Download, type DownloadAction } from '@murram/wire'
import { isMissing } from '../store/atomic-file.ts'
import type { Link } from './link.ts'

export interface Downloads {
  /** Resolves when the file is whole; waits through cuts until `giveUp`. */
  readonly fetch: (hash: Sha256, sizeBytes: number) => Promise<Result<Uint8Array>>
  readonly onLinkUp: (link: Link) => Promise<void>
  readonly onChunk: (chunk: Chunk) => Promise<void>
  readonly onLinkDown: () => void
  /** The collector does not have what is being asked for. */
  readonly onRefused: (fault: Fault) => void
  /** Nobody waits any longer: the sync ends. */
  readonly giveUp: () => void
}

interface Current {
  readonly hash: Sha256
  readonly machine: Download
  readonly settle: (result: Result<Uint8Array>) => void
}

export function createDownloads(dataDir: string): Downloads {
  const folder = join(dataDir, 'parts')
  const partOf = (hash: Sha256): string => join(folder, hash)
  let link: Link | null = null
  let current: Current | null = null
  const waiting: (() => Promise<void>)[] = []

  const finish = (result: Result<Uint8Array>): void => {
    const { settle } = current ?? {}
    current = null
    settle?.(result)
    void waiting.shift()?.()
  }

  const act = async (actions: readonly DownloadAction[], bytes: Uint8Array | null = null): Promise<void> => {
    for (const action of actions) {
      if (current === null) return
      const path = partOf(current.hash)
      if (action.do === 'want') link?.send({ type: 'want', ...pick(action) })
      else if (action.do === 'append' && bytes !== null) await appendFile(path, bytes)
      else if (action.do === 'discard') await rm(path, { force: true })
      else if (action.do === 'hash') await act(current.machine.handle({ type: 'hashed', sha256: await hashOf(path) }))
      else if (action.do === 'giveUp') finish(err(fault('bundle.hash-mismatch', current.hash)))
      else if (action.do === 'finish') {
        const whole = new Uint8Array(await readFile(path))
        await rm(path, { force: true })
        finish(ok(whole))
      }
    }
  }

  const begin = async (hash: Sha256, sizeBytes: number, settle: Current['settle']): Promise<void> => {
    await mkdir(folder, { recursive: true })
    current = {
      hash,
      settle,
      machine: createDownload({ sha256: hash, sizeBytes, haveBytes: await lengthOf(partOf(hash)) }),
    }
    if (link !== null) await act(current.machine.handle({ type: 'linkUp' }))
  }

  return {
    fetch: (hash, sizeBytes) =>
      new Promise((settle, fail) => {
        const start = () => begin(hash, sizeBytes, settle).catch(fail)
        if (current === null && waiting.length === 0) {
          // Taken at once, before `begin` gets to its first await: two callers must not both begin.
          current = { hash, settle, machine: createDownload({ sha256: hash, sizeBytes }) }
          void start()
        } else waiting.push(start)
      }),
    onLinkUp: async up => {
      link = up
      if (current !== null) await act(current.machine.handle({ type: 'linkUp' }))
    },
    onChunk: async ({ sha256: hash, offset, totalBytes, bytes }) => {
      if (current === null) return
      const event = { type: 'chunk', sha256: hash, offset, totalBytes, sizeBytes: bytes.length } as const
      await act(current.machine.handle(event), bytes)
    },
    onLinkDown: () => {
      link = null
      current?.machine.handle({ type: 'linkDown' })
    },
    onRefused: error => {
      if (current !== null) finish(err(error))
    },
    giveUp: () => {
      const { length } = waiting
      for (let i = 0; i <= length; i += 1)
        if (current !== null) finish(err(fault('sync.unreachable', 'the sync ended')))
    },
  }
}

const pick = ({ sha256: hash, offset, length }: Extract<DownloadAction, { do: 'want' }>) => ({
  sha256: hash,
  offset,
  length,
})

async function lengthOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

async function hashOf(path: string): Promise<Sha256> {
  const state = startSha256()
  try {
    for await (const piece of createReadStream(path)) state.update(piece as Uint8Array)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return state.digest()
}
