/**
 * `welcome`, collector → agent: the device is known. From here on it may push and pull.
 *
 * `durableUpto` is what the collector's disk holds of this store, `safeUpto` what a verified
 * backup of it holds. A `durableUpto` behind what was acked means that the collector was
 * restored: the agent sends again from there.
 */
import { z } from 'zod'
import { AtMs, Counter } from '../vocabulary.ts'

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
})
export type Welcome = z.infer<typeof WelcomeSchema>
