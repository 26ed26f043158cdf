/**
 * `trust`, collector → agent: the root documents that the device does not know, and what is in
 * force today. Since version 3; in the welcome first, again whenever either changes.
 *
 * What is signed is read by the learning wing, which verifies it.
 */
import { z } from 'zod'

/** More changes of keys than a project lives through. */
const MOST_ROOTS = 200

export const TrustNewsSchema = z.strictObject({
  /** In order, from the one after the one that the device knows. */
  roots: z.array(z.unknown()).max(MOST_ROOTS),
  /** `null`: nothing is said, as on a stick. */
  freshness: z.unknown(),
})
export type TrustNews = z.infer<typeof TrustNewsSchema>

export const TrustSchema = z.strictObject({ type: z.literal('trust'), trust: TrustNewsSchema })
