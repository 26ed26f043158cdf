/**
 * `challenge`, collector → agent: prove that you hold the device's key. It is the first word of a
 * session and tells which versions are spoken here, so its shape is that of version 1 for ever.
 */
import { ProjectIdSchema } from '@murram/ground'
import { z } from 'zod'
import { AtMs, Counter, Name, PublicKey } from '../vocabulary.ts'

export const ChallengeSchema = z.strictObject({
  type: z.literal('challenge'),
  challenge: z.strictObject({
    /** 32 fresh bytes as base64url: of the same length as a key. */
    nonce: PublicKey,
    projectId: ProjectIdSchema,
    collectorId: Name,
    serverTimeMs: AtMs,
  }),
  /** The newest and the oldest version that this collector speaks. */
  protocol: Counter,
  minProtocol: Counter,
})
