/** One change of the feed, as it stands in a page or a snapshot. */
import { z } from 'zod'
import { FEED_KINDS } from './feed-bodies.ts'
import { QueueNumber } from './vocabulary.ts'

export const FeedRowSchema = z.strictObject({
  number: QueueNumber,
  kind: z.enum(FEED_KINDS),
  key: z.string().min(1).max(500),
  /** `null` is a tombstone; absence never deletes. Read it with `readFeedBody`. */
  body: z.unknown(),
})
export type FeedRow = z.infer<typeof FeedRowSchema>
