/**
 * `welcome`, collector → agent: the device is known. From here on it may push and pull.
 *
 * `durableUpto` is what the collector's disk holds of this store, `safeUpto` what a verified
 * backup of it holds. A `durableUpto` behind what was acked means that the collector was
 * restored: the agent sends again from there.
 */
import { Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { SignedEpochSuccessionSchema } from '../epoch-succession.ts'
import { AtMs, Counter, FaultSchema } from '../vocabulary.ts'
import { TrustNewsSchema } from './trust.ts'

/** Since version 2. What an agent does not know of it, it passes over. */
export const WelcomeMoreSchema = z.looseObject({
  /** Names what this device may see. Another one than before: what it holds is asked for anew. */
  view: z.string().max(100).optional(),
  /** `left`: what is unsent is taken, nothing is shown any more. */
  state: z.enum(['open', 'left']).optional(),
  /** That this epoch follows the one before it, signed by the project's root key. */
  succession: SignedEpochSuccessionSchema.optional(),
  /** Something for the person at the device, such as an agent that should be updated. */
  notice: FaultSchema.optional(),
  /** The manifest of a snapshot (`rows/snapshot.ts`), for a device that is far behind. */
  snapshot: z.object({ sha256: Sha256Schema, sizeBytes: Counter, number: Counter }).optional(),
  /** Since version 3. */
  trust: TrustNewsSchema.optional(),
})

export const WelcomeSchema = z.strictObject({
  type: z.literal('welcome'),
  epoch: Counter,
  durableUpto: Counter,
  safeUpto: Counter,
  serverTimeMs: AtMs,
  /** The newest number in the feed. */
  feedNumber: Counter,
  /** How much may be on its way unacked. */
  creditBytes: Counter,
  maxFrameBytes: Counter,
  more: WelcomeMoreSchema.optional(),
})
export type Welcome = z.infer<typeof WelcomeSchema>
