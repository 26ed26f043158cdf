/**
 * `want`, agent → collector: a piece of a file, by its content. Answered by one `chunk`, or by a
 * `patch` where the agent has an older file.
 */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { FILE_USES } from '../send/file-use.ts'
import { Counter } from '../vocabulary.ts'

export const WantSchema = z.strictObject({
  type: z.literal('want'),
  sha256: Sha256Schema,
  offset: Counter,
  length: z.int().positive().max(500_000),
  /** Since version 2: what the file is for, which says how urgent it is. */
  use: z.enum(FILE_USES).optional(),
  /** Since version 2: an older file that is here; a patch of it would do. */
  from: Sha256Schema.optional(),
})
