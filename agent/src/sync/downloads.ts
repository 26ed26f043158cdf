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

/** What the collector did not have is not asked for again at once: it may end the session each time. */
const ASK_AGAIN_MS = 60_000

export function createDownloads({ dataDir, now }: { readonly dataDir: string; readonly now: () => number }): Downloads {
  const folder = join(dataDir, 'parts')
  const partOf = (hash: Sha256): string => join(folder, hash)
  let link: Link | null = null
  let current: Current | null = null
  let stopped = false
  const refused = new Map<Sha256, { readonly fault: Fault; readonly atMs: number }>()
  let turn: Promise<unknown> = Promise.resolve()

  const finish = (result: Result<Uint8Array>): void => {
    const { settle } = current ?? {}
    current = null
    settle?.(result)
  }

  const act = async (actions: readonly DownloadAction[], bytes: Uint8Array | null = null): Promise<void> => {
    for (const action of actions) {
      if (current === null) return
      const path = partOf(current.hash)
      if (action.do === 'want') {
        const { sha256, offset, length } = action
        link?.send({ type: 'want', sha256, offset, length })
      } else if (action.do === 'append' && bytes !== null) await appendFile(path, bytes)
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

  const fetchOne = async (hash: Sha256, sizeBytes: number): Promise<Result<Uint8Array>> => {
    if (stopped) return err(fault('sync.unreachable', 'the sync ended'))
    const before = refused.get(hash)
    if (before !== undefined && now() - before.atMs < ASK_AGAIN_MS) return err(before.fault)
    await mkdir(folder, { recursive: true })
    const machine = createDownload({ sha256: hash, sizeBytes, haveBytes: await lengthOf(partOf(hash)) })
    return new Promise((settle, fail) => {
      current = { hash, machine, settle }
      if (link !== null) act(machine.handle({ type: 'linkUp' })).catch(fail)
    })
  }

  return {
    fetch: (hash, sizeBytes) => {
      const mine = turn.then(() => fetchOne(hash, sizeBytes))
      turn = mine.catch(() => {})
      return mine
    },
    onLinkUp: async up => {
      stopped = false
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
      if (current === null) return
      refused.set(current.hash, { fault: error, atMs: now() })
      finish(err(error))
    },
    giveUp: () => {
      stopped = true
      if (current !== null) finish(err(fault('sync.unreachable', 'the sync ended')))
    },
  }
}

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
