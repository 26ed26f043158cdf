/**
 * `patch`, collector → agent: instead of a `chunk`, where the agent said which older file it has
 * (`want.from`). The patch is a file of its own, fetched by its hash like any other; what it
 * makes of the older file must have the hash that was wanted.
 */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { Counter } from '../vocabulary.ts'

export const PatchSchema = z.strictObject({
  type: z.literal('patch'),
  /** What was wanted, and what the patch is laid over. */
  sha256: Sha256Schema,
  from: Sha256Schema,
  patch: z.strictObject({ sha256: Sha256Schema, sizeBytes: Counter }),
})
export type Patch = z.infer<typeof PatchSchema>
