/**
 * `hello`, agent → collector: who speaks, once the `challenge` has told what the collector speaks.
 * Answered by `refused`, or by nothing: the proof follows at once.
 */
import { CheckpointSchema, DeviceIdSchema, ProjectIdSchema, StoreIdSchema } from '@murram/ground'
import { z } from 'zod'
import { SignedDeviceCertificateSchema } from '../device-certificate.ts'
import { AtMs, Counter, Name } from '../vocabulary.ts'

/** Since version 2. What a collector does not know of it, it passes over. */
export const HelloMoreSchema = z.looseObject({
  /** What this agent can read beyond its version: names that a collector may look for. */
  accepts: z.array(Name).max(50).optional(),
  /** The view that its checkpoint belongs to (`welcome.more.view`). */
  view: z.string().max(100).optional(),
  /** How far it has read, so that it can be offered a snapshot. */
  checkpoint: CheckpointSchema.optional(),
  /** Since version 3: the newest root document that it knows, 0 for none. */
  rootVersion: Counter.optional(),
})

export const HelloSchema = z.strictObject({
  type: z.literal('hello'),
  protocol: Counter,
  projectId: ProjectIdSchema,
  deviceId: DeviceIdSchema,
  storeId: StoreIdSchema,
  certificate: SignedDeviceCertificateSchema,
  agentVersion: z.string().max(100),
  /** The device's own clock, so that its skew can be shown. */
  clockMs: AtMs,
  /** n of the newest submission in this store; 0 where there is none. */
  lastN: Counter,
  more: HelloMoreSchema.optional(),
})
export type Hello = z.infer<typeof HelloSchema>
