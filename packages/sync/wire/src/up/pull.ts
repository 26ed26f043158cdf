/** `pull`, agent → collector: the changes after a checkpoint. Answered by one `page`. */
import { CheckpointSchema } from '@murram/ground'
import { z } from 'zod'
import { Counter } from '../vocabulary.ts'

export const PullSchema = z.strictObject({
  type: z.literal('pull'),
  from: CheckpointSchema,
  /** Of the page before compression; the collector sends at least one row. */
  maxBytes: z.int().positive().max(1_000_000),
  /**
   * Since version 2: only rows that are for this device by name, up to this number. A snapshot is
   * the same file for many and holds none of them.
   */
  namedUpto: Counter.optional(),
})
