/**
 * Content-addressed files on their way down: forms, lists, snapshots, the files of a release.
 * What came is kept in the encrypted store and the next session asks from there, whatever link,
 * address or collector it finds; what has the hash is handed over.
 *
 * DL1 what is more urgent is asked for first; a form overtakes a model that is half here
 * DL2 of all files together no more is asked ahead than the link brings in about a second
 * DL3 who says which older file is here may get a patch instead; where that does not make the
 *     wanted file, the whole is fetched
 * DL4 what a full disk did not take is kept and tried again with the next link
 *
 * Not here: the decisions for one file (wire's download machine), the window (wire), and what a
 * file is for (`provision.ts`, `first-sync.ts`).
 */
import { err, fault, ok, type Fault, type Result, type Sha256 } from '@murram/ground'
import { createDownload, createReadingWindow, PROTOCOL_WITH_MORE, type Chunk, type Patch } from '@murram/wire'
import type { Download, DownloadAction, FileUse } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { OlderFile } from '../shelf/model-slots.ts'
import type { FileParts } from '../store/file-parts.ts'
import { applyPatch } from './apply-patch.ts'
import type { Link } from './link.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface FetchOptions {
  /** How urgent it is; a model unless told. */
  readonly use?: FileUse
  /** A file that may be much like it, the likeliest. */
  readonly older?: OlderFile | undefined
}

export interface Downloads {
  /** Resolves when the file is whole; waits through cuts until `giveUp`. */
  readonly fetch: (hash: Sha256, sizeBytes: number, options?: FetchOptions) => Promise<Result<Uint8Array>>
  readonly onLinkUp: (link: Link) => Promise<void>
  readonly onChunk: (chunk: Chunk) => Promise<void>
  readonly onPatch: (patch: Patch) => Promise<void>
  readonly onLinkDown: () => void
  /** The collector does not have what is being asked for. */
  readonly onRefused: (fault: Fault) => void
  /** Nobody waits any longer: the sync ends. */
  readonly giveUp: () => void
}

export interface DownloadsDeps {
  readonly parts: FileParts
  readonly now: () => number
  readonly log: Log
  readonly timers?: Timers
}

interface Active {
  readonly hash: Sha256
  readonly sizeBytes: number
  readonly use: FileUse
  readonly machine: Download
  /** Where a piece begins → what was asked and when. */
  readonly asked: Map<number, { readonly length: number; readonly atMs: number }>
  /** What came and is not stored yet. */
  waiting: Uint8Array[]
  waitingFrom: number
  /** Asked first whether a patch of it would do. */
  older: OlderFile | null
  isProbing: boolean
  isPatched: boolean
  /** Whoever waits for it. */
  settle: (result: Result<Uint8Array>) => void
}

/** What the collector did not have is not asked for again at once: it may end the session each time. */
const ASK_AGAIN_MS = 60_000
/** A store that syncs each piece of a kilobyte would do nothing else. */
const STORE_AT_BYTES = 64_000
const PROBE_BYTES = 500
/** Forms first; a snapshot is what the officer waits for, a model is not. */
const URGENCY: readonly FileUse[] = ['form', 'list', 'snapshot', 'attachment', 'model']

export function createDownloads({ parts, now, log, timers = systemTimers }: DownloadsDeps): Downloads {
  const window = createReadingWindow()
  let actives: readonly Active[] = []
  let link: Link | null = null
  let stopped = false
  /** DL1. A file asks for more only in its turn, not as soon as a piece of it came. */
  let isFilling = false
  const refused = new Map<Sha256, { readonly fault: Fault; readonly atMs: number }>()

  const outstanding = (one: Active): number => [...one.asked.values()].reduce((sum, { length }) => sum + length, 0)
  const freeBytes = (): number => window.windowBytes() - actives.reduce((sum, one) => sum + outstanding(one), 0)

  const finish = (one: Active, result: Result<Uint8Array>): void => {
    actives = actives.filter(other => other !== one)
    one.settle(result)
  }
  const store = (one: Active): void => {
    if (one.waiting.length === 0) return
    parts.append(one.hash, one.waitingFrom, new Uint8Array(Buffer.concat(one.waiting)))
    one.waiting = []
  }

  /** DL4. As the link ends: what is not stored stays in memory, for the next piece or the next link. */
  const keep = (one: Active): void => {
    try {
      store(one)
    } catch (error) {
      log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'a piece of a file was not stored')
    }
  }

  const act = (one: Active, actions: readonly DownloadAction[], bytes: Uint8Array | null = null): void => {
    for (const action of actions) {
      if (action.do === 'want') {
        const { sha256, offset, length } = action
        one.asked.set(offset, { length, atMs: timers.elapsedMs() })
        link?.send({ type: 'want', sha256, offset, length, ...(speaksMore() ? { use: one.use } : {}) })
      } else if (action.do === 'append' && bytes !== null) {
        if (one.waiting.length === 0) one.waitingFrom = action.offset
        one.waiting.push(bytes)
        if (one.waiting.reduce((sum, piece) => sum + piece.length, 0) >= STORE_AT_BYTES) store(one)
      } else if (action.do === 'discard') {
        one.waiting = []
        parts.drop(one.hash)
      } else if (action.do === 'hash') {
        store(one)
        act(one, one.machine.handle({ type: 'hashed', sha256: parts.hashOf(one.hash) }))
      } else if (action.do === 'giveUp') finish(one, err(fault('bundle.hash-mismatch', one.hash)))
      else if (action.do === 'finish') {
        const whole = parts.read(one.hash)
        parts.drop(one.hash)
        finish(one, ok(whole))
      }
    }
  }

  const speaksMore = (): boolean => (link?.protocol ?? 0) >= PROTOCOL_WITH_MORE

  /** DL4. Whole, and not looked at or not handed over yet. */
  const goOn = (): void => {
    for (const one of actives) {
      if (one.machine.state() === 'verifying') act(one, [{ do: 'hash' }])
      else if (one.machine.state() === 'done') act(one, [{ do: 'finish' }])
    }
  }

  /** DL1 DL2. The most urgent asks as far as the window goes; what is left is for the next. */
  const fill = (): void => {
    isFilling = true
    for (const one of actives) {
      if (link === null) break
      if (one.isProbing || one.isPatched) continue
      if (one.older !== null && speaksMore() && one.machine.haveBytes() === 0) {
        one.isProbing = true
        const { sha256: from } = one.older
        link.send({ type: 'want', sha256: one.hash, offset: 0, length: PROBE_BYTES, use: one.use, from })
        continue
      }
      act(one, one.machine.state() === 'offline' ? one.machine.handle({ type: 'linkUp' }) : [])
      act(one, one.machine.handle({ type: 'more' }))
    }
    isFilling = false
  }

  const add = (hash: Sha256, sizeBytes: number, { use = 'model', older }: FetchOptions) =>
    new Promise<Result<Uint8Array>>(settle => {
      const one: Active = {
        hash,
        sizeBytes,
        use,
        machine: createDownload({
          sha256: hash,
          sizeBytes,
          haveBytes: parts.lengthOf(hash),
          chunkBytes: window.chunkBytes,
          windowBytes: () => (isFilling ? Math.max(0, outstanding(one) + freeBytes()) : 0),
        }),
        asked: new Map(),
        waiting: [],
        waitingFrom: 0,
        older: older ?? null,
        isProbing: false,
        isPatched: false,
        settle,
      }
      actives = [...actives, one].sort((a, b) => URGENCY.indexOf(a.use) - URGENCY.indexOf(b.use))
      fill()
    })

  const fetch: Downloads['fetch'] = async (hash, sizeBytes, options = {}) => {
    if (stopped) return err(fault('sync.unreachable', 'the sync ended'))
    const before = refused.get(hash)
    if (before !== undefined && Math.abs(now() - before.atMs) < ASK_AGAIN_MS) return err(before.fault)
    const coming = actives.find(one => one.hash === hash)
    if (coming === undefined) return add(hash, sizeBytes, options)
    const { settle } = coming
    return new Promise(resolve => {
      coming.settle = result => {
        settle(result)
        resolve(result)
      }
    })
  }

  /** DL3 */
  const patch = async (one: Active, { from, patch: file }: Patch): Promise<void> => {
    one.isPatched = true
    const older = from === one.older?.sha256 ? await one.older.read() : null
    // What is not smaller than the whole is no patch, and is not asked for.
    const isWorth = older !== null && file.sizeBytes < one.sizeBytes
    const bytes = isWorth ? await add(file.sha256, file.sizeBytes, { use: one.use }) : null
    const made = older === null || bytes?.ok !== true ? null : await applyPatch(older, bytes.value, one)
    // Whoever ended the wait meanwhile has been told.
    if (!actives.includes(one)) return
    if (made !== null) return finish(one, ok(made))
    one.older = null
    one.isPatched = false
    fill()
  }

  const probed = (hash: Sha256): Active | undefined => actives.find(one => one.hash === hash && one.isProbing)

  return {
    fetch,
    onLinkUp: async up => {
      stopped = false
      link = up
      window.onLinkUp()
      goOn()
      fill()
    },
    onChunk: async ({ sha256: hash, offset, totalBytes, bytes }) => {
      const asking = probed(hash)
      if (asking !== undefined) {
        // No patch: the whole file.
        asking.isProbing = false
        asking.older = null
        return fill()
      }
      const one = actives.find(active => active.hash === hash)
      if (one === undefined) return
      const asked = one.asked.get(offset)
      one.asked.delete(offset)
      if (asked !== undefined) window.onArrival(bytes.length, timers.elapsedMs() - asked.atMs)
      const isShort = asked !== undefined && bytes.length < asked.length
      act(
        one,
        one.machine.handle({ type: 'chunk', sha256: hash, offset, totalBytes, sizeBytes: bytes.length, isShort }),
        bytes,
      )
      fill()
    },
    onPatch: async message => {
      const one = probed(message.sha256)
      if (one === undefined) return
      one.isProbing = false
      void patch(one, message)
    },
    onLinkDown: () => {
      link = null
      for (const one of actives) {
        one.isProbing = false
        one.asked.clear()
        one.machine.handle({ type: 'linkDown' })
        keep(one)
      }
    },
    onRefused: error => {
      const named = actives.find(one => error.detail?.includes(one.hash) === true)
      const one = named ?? actives.find(({ asked, isProbing }) => isProbing || asked.size > 0)
      if (one === undefined) return
      refused.set(one.hash, { fault: error, atMs: now() })
      finish(one, err(error))
    },
    giveUp: () => {
      stopped = true
      for (const one of actives) {
        keep(one)
        finish(one, err(fault('sync.unreachable', 'the sync ended')))
      }
    },
  }
}
