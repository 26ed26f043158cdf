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
 * FS5 no row of one snapshot is taken for another's: what is begun anew (another epoch or view, a file of the
 *     centre) is another life of the mirror, and whoever reads for a former one stops
 * FS6 a file of the centre that brings the mirror on meanwhile ends the snapshot: of a row that both hold
 *     nobody could say which is newer; the feed goes on from where that file came to
 *
 * Not here: which snapshot (collector/snapshots), how a file comes down (`downloads.ts`).
 */
import { err, fault, ok, type Checkpoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import { decodeBlock, decodeManifest, pageChecksum, type FeedRow, type Page, type Welcome } from '@murram/wire'
import { z } from 'zod'
import type { Log } from '../diagnostics/log.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { Mirror, MirrorPlace } from '../store/mirror.ts'
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
  /** Whether forms came since this was asked last: what was refused for want of them may go. */
  readonly tookForms: () => boolean
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
  /** The mirror's: what it was begun in. Absent in files of an older build, which are begun anew. */
  life: z.number(),
  /** Where the mirror stood then. */
  from: z.number(),
})
type State = z.infer<typeof StateSchema>

const STATE = 'first-sync'
const NAMED_BYTES = 64_000

/** Another life of the mirror began, or a file of the centre brought this one on. */
type Ended = 'over' | 'overtaken'

export function createFirstSync({ mirror, values, downloads, onRows, log }: FirstSyncDeps): FirstSync {
  let state: State | null = readState(values)
  let link: Link | null = null
  let reading: number | null = null
  let hasForms = false
  let running: Promise<void> = Promise.resolve()
  let namedPage: ((page: Page | null) => void) | null = null
  let onEnd: () => Promise<void> = async () => {}

  const keep = (next: State | null): void => {
    state = next
    values.set(STATE, next === null ? '' : JSON.stringify(next))
  }

  /** FS5 */
  const isOf = async (life: number): Promise<boolean> => state?.life === life && (await mirror.life()) === life

  /** What is written of a snapshot belongs to the checkpoint from which it began. @returns `false`: FS5 FS6 */
  const write = async (rows: readonly FeedRow[], { epoch, from, life }: State, upto = from): Promise<boolean> => {
    const goesOn = (here: MirrorPlace): boolean => here.life === life && here.number === from
    const isWritten = await mirror.applyPage(rows, { epoch, number: upto }, false, goesOn)
    if (isWritten) onRows()
    hasForms ||= isWritten && rows.some(({ kind }) => kind === 'form')
    return isWritten
  }

  const askNamed = (from: Checkpoint, upto: number): Promise<Page | null> =>
    new Promise(resolve => {
      if (link === null) return resolve(null)
      namedPage = resolve
      link.send({ type: 'pull', from, maxBytes: NAMED_BYTES, namedUpto: upto })
    })

  const readNamed = async (life: number): Promise<'read' | 'cut' | Ended> => {
    for (;;) {
      if (state === null || !(await isOf(life))) return 'over'
      if (state.namedUpto >= state.number) return 'read'
      const { epoch, number, namedUpto } = state
      const page = await askNamed({ epoch, number: namedUpto }, number)
      if (page === null) return 'cut'
      if (pageChecksum(page.rows) !== page.checksum || page.from !== namedUpto || page.epoch !== epoch) continue // asked again
      if (state === null || !(await isOf(life))) return 'over'
      if (!(await write(page.rows, state))) return 'overtaken'
      if (state === null || !(await isOf(life))) return 'over'
      keep({ ...state, namedUpto: page.more ? page.to : number })
    }
  }

  const readBlocks = async (life: number): Promise<Result<'read' | Ended>> => {
    if (state === null) return ok('over')
    const file = await downloads.fetch(state.sha256 as Sha256, state.sizeBytes, { use: 'snapshot' })
    if (!(await isOf(life))) return ok('over')
    if (!file.ok) return file
    const manifest = decodeManifest(file.value)
    if (!manifest.ok) return manifest
    const { blocks, number, epoch } = manifest.value
    if (number !== state.number || epoch !== state.epoch) return err(fault('wire.malformed', 'another snapshot'))
    const fetch = (i: number) => {
      const block = blocks[i]
      if (block === undefined) return null
      const file = downloads.fetch(block.sha256, block.sizeBytes, { use: 'snapshot' })
      file.catch(() => {}) // looked at in its turn, if it comes to that
      return file
    }
    let coming = fetch(state.blocks)
    while (coming !== null) {
      const bytes = await coming
      if (!(await isOf(life))) return ok('over')
      if (!bytes.ok) return bytes
      const i: number = state.blocks
      coming = fetch(i + 1) // FS3. On its way while this one is written.
      const rows = decodeBlock(bytes.value)
      if (!rows.ok) return rows
      if (!(await write(rows.value, state))) return ok('overtaken')
      if (!(await isOf(life))) return ok('over')
      keep({ ...state, blocks: i + 1 })
    }
    return ok('read')
  }

  const run = async (life: number): Promise<Fault | null | 'cut' | Ended> => {
    const named = await readNamed(life)
    if (named !== 'read') return named
    const read = await readBlocks(life)
    if (!read.ok) return read.error
    if (read.value !== 'read') return read.value
    if (state === null || !(await isOf(life))) return 'over'
    const { number, blocks } = state
    if (!(await write([], state, number))) return 'overtaken' // FS1
    log.info({ number, blocks }, 'a snapshot is here')
    keep(null)
    return null
  }

  const runOn = async (life: number): Promise<void> => {
    try {
      const ended = await run(life)
      if (reading !== life || ended === 'over') return
      reading = null
      // The next link, or the next start, goes on.
      if (ended === 'cut') return
      if (ended !== 'overtaken' && ended?.fault === 'sync.unreachable') return
      if (ended !== null) {
        const fault = ended === 'overtaken' ? ended : ended.fault
        log.warn({ fault }, 'a snapshot was left; page by page instead') // FS4 FS6
        keep(null)
      }
      await onEnd()
      onRows()
    } catch (error) {
      log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'a snapshot was not written')
    } finally {
      if (reading === life) reading = null
    }
  }

  return {
    isBusy: () => reading !== null,
    settled: () => running,
    tookForms: () => {
      const told = hasForms
      hasForms = false
      return told
    },
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
    onWelcome: async ({ epoch, more }, up, whenOver) => {
      link = up
      onEnd = whenOver
      const view = more?.view ?? (await mirror.view())
      const isOther = state !== null && (state.epoch !== epoch || state.view !== view || !(await isOf(state.life)))
      if (isOther) {
        reading = null // FS5
        keep(null)
      }
      const offered = more?.snapshot
      if (state === null && offered !== undefined) {
        const before = await mirror.checkpoint()
        const begins = before.epoch !== epoch || before.number === 0
        if (!begins && before.number >= offered.number) return false
        if (begins) await mirror.restart({ epoch, number: 0 }, view)
        const from = begins ? 0 : before.number
        keep({ ...offered, epoch, view, namedUpto: from, blocks: 0, life: await mirror.life(), from })
      }
      if (state === null) return false
      if (reading !== state.life) {
        reading = state.life
        running = runOn(state.life)
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
