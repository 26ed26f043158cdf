/**
 * How a device that begins, or was away for long, gets the present state: not by pages, but by
 * the snapshot that the collector offered in its welcome.
 *
 *   offered ─► manifest ─► rows for this device by name, and what was removed ─► blocks, each
 *     verified and written before the next ─► checkpoint = the snapshot's number ─► tail by pages
 *
 * FS1 the checkpoint moves when all of it is written, and not before; until then what was here
 *     stays, and a device that began under another epoch or view removes nothing
 * FS2 a cut, a restart and another collector cost no block that was written; one that was
 *     written twice does no harm
 * FS3 memory holds one block on its way and one being written, however many rows there are
 * FS4 a snapshot that cannot be had any more is left; the feed itself is always there
 *
 * Not here: which snapshot (collector/snapshots), how a file comes down (`downloads.ts`).
 */
import { err, fault, ok, type Checkpoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import { decodeBlock, decodeManifest, pageChecksum, type FeedRow, type Page, type Welcome } from '@murram/wire'
import { z } from 'zod'
import type { Log } from '../diagnostics/log.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Downloads } from './downloads.ts'
import type { Link } from './link.ts'

export interface FirstSync {
  /**
   * Begins with what was offered, or goes on with what was begun.
   *
   * @param onEnd The checkpoint has moved, or there will be no snapshot: pages from here on.
   * @returns Whether pages have to wait for it.
   */
  readonly onWelcome: (welcome: Welcome, link: Link, onEnd: () => Promise<void>) => Promise<boolean>
  /** Whether the page was asked for here. */
  readonly onPage: (page: Page, link: Link) => Promise<boolean>
  readonly onLinkDown: () => void
  readonly isBusy: () => boolean
  /** Resolves when nothing is being written. */
  readonly settled: () => Promise<void>
}

export interface FirstSyncDeps {
  readonly mirror: Mirror
  readonly values: DeviceValues
  readonly downloads: Pick<Downloads, 'fetch'>
  /** Rows were written: forms may be among them. */
  readonly onRows: () => void
  readonly log: Log
}

const StateSchema = z.object({
  sha256: z.string(),
  sizeBytes: z.number(),
  number: z.number(),
  epoch: z.number(),
  view: z.string(),
  /** Rows by name are here up to this number. */
  namedUpto: z.number(),
  /** Blocks that are written. */
  blocks: z.number(),
})
type State = z.infer<typeof StateSchema>

const STATE = 'first-sync'
const NAMED_BYTES = 64_000

export function createFirstSync({ mirror, values, downloads, onRows, log }: FirstSyncDeps): FirstSync {
  let state: State | null = readState(values)
  let link: Link | null = null
  let isRunning = false
  let running: Promise<void> = Promise.resolve()
  let namedPage: ((page: Page | null) => void) | null = null

  const keep = (next: State | null): void => {
    state = next
    values.set(STATE, next === null ? '' : JSON.stringify(next))
  }

  /** What is written of a snapshot belongs to the checkpoint from which it began. */
  const write = async (rows: readonly FeedRow[]): Promise<void> => {
    await mirror.applyPage(rows, await mirror.checkpoint(), false)
    onRows()
  }

  const askNamed = (from: Checkpoint, upto: number): Promise<Page | null> =>
    new Promise(resolve => {
      namedPage = resolve
      link?.send({ type: 'pull', from, maxBytes: NAMED_BYTES, namedUpto: upto })
    })

  /** `false`: the link is gone, and the next one goes on. */
  const readNamed = async (): Promise<boolean> => {
    while (state !== null && state.namedUpto < state.number) {
      const page = await askNamed({ epoch: state.epoch, number: state.namedUpto }, state.number)
      if (page === null) return false
      if (pageChecksum(page.rows) !== page.checksum || page.from !== state.namedUpto || page.epoch !== state.epoch)
        continue // Not what was asked for: asked again.
      await write(page.rows)
      keep({ ...state, namedUpto: page.to })
      if (!page.more) keep({ ...state, namedUpto: state.number })
    }
    return true
  }

  const readBlocks = async (): Promise<Result<void>> => {
    if (state === null) return ok(undefined)
    const file = await downloads.fetch(state.sha256 as Sha256, state.sizeBytes, { use: 'snapshot' })
    if (!file.ok) return file
    const manifest = decodeManifest(file.value)
    if (!manifest.ok) return manifest
    const { blocks, number, epoch } = manifest.value
    if (number !== state.number || epoch !== state.epoch) return err(fault('wire.malformed', 'another snapshot'))
    const fetch = (i: number) => {
      const block = blocks[i]
      return block === undefined ? null : downloads.fetch(block.sha256, block.sizeBytes, { use: 'snapshot' })
    }
    let coming = fetch(state.blocks)
    while (coming !== null) {
      const bytes = await coming
      if (!bytes.ok) return bytes
      const i: number = state.blocks
      coming = fetch(i + 1) // FS3. On its way while this one is written.
      const rows = decodeBlock(bytes.value)
      if (!rows.ok) return rows
      await write(rows.value)
      keep({ ...state, blocks: i + 1 })
    }
    return ok(undefined)
  }

  const run = async (): Promise<Fault | null | 'cut'> => {
    if (!(await readNamed())) return 'cut'
    const read = await readBlocks()
    if (!read.ok) return read.error
    if (state === null) return null
    await mirror.applyPage([], { epoch: state.epoch, number: state.number }, false) // FS1
    log.info({ number: state.number, blocks: state.blocks }, 'a snapshot is here')
    keep(null)
    return null
  }

  const runOn = async (onEnd: () => Promise<void>): Promise<void> => {
    try {
      const ended = await run()
      isRunning = false
      // The next link, or the next start, goes on.
      if (ended === 'cut' || ended?.fault === 'sync.unreachable') return
      if (ended !== null) {
        log.warn({ fault: ended.fault }, 'a snapshot was left; page by page instead') // FS4
        keep(null)
      }
      await onEnd()
      onRows()
    } catch (error) {
      log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'a snapshot was not written')
    } finally {
      isRunning = false
    }
  }

  return {
    isBusy: () => isRunning,
    settled: () => running,
    onLinkDown: () => {
      link = null
      namedPage?.(null)
      namedPage = null
    },
    onPage: async page => {
      const waiting = namedPage
      namedPage = null
      waiting?.(page)
      return waiting !== null
    },
    onWelcome: async ({ epoch, more }, up, onEnd) => {
      link = up
      const view = more?.view ?? (await mirror.view())
      if (state !== null && (state.epoch !== epoch || state.view !== view)) keep(null)
      const offered = more?.snapshot
      if (state === null && offered !== undefined) {
        const before = await mirror.checkpoint()
        const begins = before.epoch !== epoch || before.number === 0
        if (!begins && before.number >= offered.number) return isRunning
        if (begins) await mirror.restart({ epoch, number: 0 }, view)
        keep({ ...offered, epoch, view, namedUpto: begins ? 0 : before.number, blocks: 0 })
      }
      if (state === null) return isRunning
      if (!isRunning) {
        isRunning = true
        running = runOn(onEnd)
      }
      return true
    },
  }
}

function readState(values: DeviceValues): State | null {
  const text = values.get(STATE)
  if (text === null || text === '') return null
  const read = StateSchema.safeParse(JSON.parse(text))
  return read.success ? read.data : null
}
