/** `want`, agent → collector: a piece of a form or model file, by its content. Answered by one `chunk`. */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { Counter } from '../vocabulary.ts'

export const WantSchema = z.strictObject({
  type: z.literal('want'),
  sha256: Sha256Schema,
  offset: Counter,
  length: z.int().positive().max(500_000),
})
