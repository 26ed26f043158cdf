/**
 * One life of a collector's database follows another: signed by the project's root key, so
 * that a device need not believe whoever answers at the collector's address.
 */
import { ProjectIdSchema } from '@murram/ground'
import { z } from 'zod'
import { AtMs, Counter, Name, signedSchema } from './vocabulary.ts'

/** The domain of the signature. */
export const EPOCH_PURPOSE = 'epoch'

/** Random hex, new with every epoch: two restores of one backup are two lives. */
const Lineage = z.string().regex(/^[0-9a-f]{32}$/)

export const EpochSuccessionSchema = z.strictObject({
  projectId: ProjectIdSchema,
  collectorId: Name,
  epoch: Counter,
  lineage: Lineage,
  /** `null` at the first one. */
  previous: z.strictObject({ epoch: Counter, lineage: Lineage }).nullable(),
  issuedAtMs: AtMs,
})
export type EpochSuccession = z.infer<typeof EpochSuccessionSchema>

export const SignedEpochSuccessionSchema = signedSchema(EpochSuccessionSchema)
