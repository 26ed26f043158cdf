/** `pull`, agent → collector: the changes after a checkpoint. Answered by one `page`. */
import { CheckpointSchema } from '@murram/ground'
import { z } from 'zod'

export const PullSchema = z.strictObject({
  type: z.literal('pull'),
  from: CheckpointSchema,
  /** Of the page before compression; the collector sends at least one row. */
  maxBytes: z.int().positive().max(1_000_000),
})
