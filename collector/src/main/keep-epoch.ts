/**
 * Writes down outside the database how far the feed has got: at most once a second while it
 * grows, and at close. What a crash leaves unwritten is at most that second, and errs on the
 * side of believing the database.
 */
import type { Logger } from 'pino'
import type { Epoch } from '../db/epoch.ts'
import type { ReadDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { readFeedNumber } from '../feed/read-page.ts'

const EVERY_MS = 1_000

export interface KeepEpochDeps {
  readonly read: ReadDb
  readonly feed: Feed
  readonly projectId: string
  readonly epoch: Epoch
  readonly log: Logger
}

/** @returns How to stop, after a last note. */
export function keepEpoch({ read, feed, projectId, epoch, log }: KeepEpochDeps): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const note = () => {
    timer = undefined
    writing = writing
      .then(async () => epoch.note(await readFeedNumber(read, projectId)))
      .catch((cause: unknown) => log.error({ reason: String(cause) }, 'the epoch file was not written'))
    return writing
  }
  const stopListening = feed.onRing(() => {
    timer ??= setTimeout(() => void note(), EVERY_MS)
  })
  return async () => {
    stopListening()
    clearTimeout(timer)
    await note()
  }
}
