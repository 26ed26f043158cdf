/**
 * `have`, collector → agent: how much of an offered file is stored, and by `complete` that all
 * of it is, with its hash. Less than before means that what was stored had another hash, or
 * that an older copy of the collector answers. With a `fault` nothing was taken; the session
 * goes on. Since version 2.
 */
import { z } from 'zod'
import { Counter, FaultSchema } from '../vocabulary.ts'

export const HaveSchema = z.strictObject({
  type: z.literal('have'),
  offer: Counter,
  haveBytes: Counter,
  complete: z.boolean(),
  fault: FaultSchema.optional(),
})
export type Have = z.infer<typeof HaveSchema>
