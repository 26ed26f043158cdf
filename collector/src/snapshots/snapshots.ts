/**
 * Keeps a snapshot ready for devices that begin or were away for long, one a view.
 *
 *   looked at once a minute, some seconds after the feed has grown, and when a device came
 *     └─► none, of another epoch, or its tail is long ─► built, one at a time in the whole house
 *           └─► the one before stays until the next, for who is still reading it
 *
 * N1 at most one build runs, also among several collectors on one database
 * N2 what is offered can be read to its end: files go only when two newer snapshots stand
 *
 * Not here: building (`build-snapshot.ts`).
 */
import type { Checkpoint } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { inTransaction, reasonOf } from '../db/handles.ts'
import { readFeedNumber } from '../feed/read-page.ts'
import type { View } from '../feed/view.ts'
import { buildSnapshot, type BuildDeps, type ViewSnapshot } from './build-snapshot.ts'
import { dropOldTombstones } from './old-tombstones.ts'
import { dropOldSnapshots, newestSnapshot, rowsInFeed } from './snapshot-repo.ts'
import { isTailLong, isWorthReading } from './worth-it.ts'

export interface SnapshotOffer {
  readonly sha256: string
  readonly sizeBytes: number
  readonly number: number
}

export interface Snapshots {
  /** What a device that has read up to `checkpoint` had better read first. */
  readonly offer: (view: View, checkpoint: Checkpoint) => Promise<SnapshotOffer | undefined>
  /** Builds what is due for this view, now; `null`: nothing was, or somebody else builds. */
  readonly refresh: (view: View) => Promise<ViewSnapshot | null>
  readonly close: () => Promise<void>
}

export interface SnapshotsDeps extends BuildDeps {
  readonly log: Logger
  /** Views that devices have. */
  readonly views: () => Promise<readonly View[]>
  /** The feed has grown. @returns How to stop listening. */
  readonly onRing?: (listener: () => void) => () => void
  /** Below this a few pages do as well. */
  readonly minRows?: number
}

const MIN_ROWS = 2_000
const LOOK_EVERY_MS = 60_000
/** After the feed has grown: at most so often. */
const LOOK_SOON_MS = 10_000
/** Of the advisory lock. */
const BUILDING = 7_301_104

export function createSnapshots({
  views,
  log,
  onRing = () => () => {},
  minRows = MIN_ROWS,
  ...deps
}: SnapshotsDeps): Snapshots {
  const { read, write, projectId, epoch } = deps
  let working: Promise<unknown> = Promise.resolve()
  let isClosed = false
  let soon: NodeJS.Timeout | undefined

  const isDue = async (view: View): Promise<boolean> => {
    const newest = await newestSnapshot(read, view.name, epoch)
    if (newest === undefined) return (await rowsInFeed(read)) >= minRows
    return isTailLong(newest, await readFeedNumber(read, projectId), minRows)
  }

  const build = (view: View): Promise<ViewSnapshot | null> =>
    // N1. The lock is held by an idle transaction: what ends it, a crash too, lets the next one in.
    inTransaction(write, async tx => {
      const { rows } = await tx.execute<{ mine: boolean }>(sql`select pg_try_advisory_xact_lock(${BUILDING}) as mine`)
      if (rows[0]?.mine !== true || !(await isDue(view))) return null
      const startedAtMs = performance.now()
      const built = await buildSnapshot(deps, view)
      const dropped = await dropOldSnapshots(write, view.name)
      const tookMs = Math.round(performance.now() - startedAtMs)
      const { number, rows: count, sizeBytes } = built
      log.info({ view: view.name, number, rows: count, sizeBytes, dropped, tookMs }, 'a snapshot is ready')
      return built
    })

  /** One after the other in this process; other processes are kept out by the lock. */
  const refresh = (view: View): Promise<ViewSnapshot | null> => {
    const mine = working.then(async () => (isClosed || !(await isDue(view)) ? null : build(view)))
    working = mine.catch((cause: unknown) => log.error({ view: view.name, reason: reasonOf(cause) }, 'no snapshot'))
    return mine
  }
  const look = async (): Promise<void> => {
    const dropped = await dropOldTombstones(deps)
    if (dropped > 0) log.info({ dropped }, 'old tombstones went')
    for (const view of await views()) await refresh(view)
  }
  const lookQuietly = () => void look().catch((cause: unknown) => log.warn({ reason: reasonOf(cause) }, 'no snapshot'))
  const timer = setInterval(lookQuietly, LOOK_EVERY_MS)
  timer.unref()
  lookQuietly()
  const stopListening = onRing(() => {
    soon ??= setTimeout(() => {
      soon = undefined
      lookQuietly()
    }, LOOK_SOON_MS)
    soon.unref()
  })

  return {
    refresh,
    offer: async (view, checkpoint) => {
      refresh(view).catch(() => {}) // told in the log
      const found = await newestSnapshot(read, view.name, epoch)
      if (found === undefined || !isWorthReading(found, checkpoint, epoch, minRows)) return undefined
      return { sha256: found.manifestSha256, sizeBytes: found.manifestBytes, number: found.number }
    },
    close: async () => {
      isClosed = true
      clearInterval(timer)
      clearTimeout(soon)
      stopListening()
      await working
    },
  }
}
