/**
 * Writes down outside the database how far it has got: at most once a second while it
 * grows, and at close. What a crash leaves unwritten is at most that second, and errs on the
 * side of believing the database.
 */
import type { Logger } from 'pino'
import { readReach, type Epoch } from '../db/epoch.ts'
import type { ReadDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { noteMarks } from '../recovering/noted-marks.ts'

const EVERY_MS = 1_000
/** A line a store: after a restore they say what must come again, and a while ago is good enough. */
const MARKS_EVERY_MS = 10_000

export interface KeepEpochDeps {
  readonly read: ReadDb
  readonly feed: Feed
  readonly projectId: string
  readonly dataDir: string
  readonly epoch: Epoch
  readonly log: Logger
}

/** @returns How to stop, after a last note. */
export function keepEpoch({ read, feed, projectId, dataDir, epoch, log }: KeepEpochDeps): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let marksAgainMs = 0
  const note = (isLast = false) => {
    timer = undefined
    const write = async () => {
      await epoch.note(await readReach(read, projectId))
      if (!isLast && performance.now() < marksAgainMs) return
      marksAgainMs = performance.now() + MARKS_EVERY_MS
      await noteMarks(read, dataDir)
    }
    writing = writing
      .then(write)
      .catch((cause: unknown) => log.error({ reason: String(cause) }, 'the epoch file was not written'))
    return writing
  }
  const stopListening = feed.onRing(() => {
    timer ??= setTimeout(() => void note(), EVERY_MS)
  })
  return async () => {
    stopListening()
    clearTimeout(timer)
    await note(true)
  }
}
