/**
 * `page`, collector → agent: the changes with numbers in (from, to].
 *
 * Numbers are dense, but a device is not shown every row (`forDevices`, scope), so `to` and not
 * the last row is the next checkpoint. The checksum covers number, kind, key and body.
 */
import { z } from 'zod'
import { FEED_KINDS } from '../feed-bodies.ts'
import { Counter, QueueNumber } from '../vocabulary.ts'

export const FeedRowSchema = z.strictObject({
  number: QueueNumber,
  kind: z.enum(FEED_KINDS),
  key: z.string().min(1).max(500),
  /** `null` is a tombstone; absence never deletes. Read it with `readFeedBody`. */
  body: z.unknown(),
})
export type FeedRow = z.infer<typeof FeedRowSchema>

export const PageSchema = z.strictObject({
  type: z.literal('page'),
  epoch: Counter,
  from: Counter,
  to: Counter,
  rows: z.array(FeedRowSchema).max(10_000),
  checksum: z.string().max(40),
  more: z.boolean(),
})
export type Page = z.infer<typeof PageSchema>
