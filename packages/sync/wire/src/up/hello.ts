/** `hello`, agent → collector: the first word of a session. Answered by `challenge` or `refused`. */
import { DeviceIdSchema, ProjectIdSchema, StoreIdSchema } from '@murram/ground'
import { z } from 'zod'
import { SignedDeviceCertificateSchema } from '../device-certificate.ts'
import { AtMs, Counter } from '../vocabulary.ts'

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
})
export type Hello = z.infer<typeof HelloSchema>
