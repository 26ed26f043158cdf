/**
 * A device's enrolment, signed by the project's root key: what it shows at every session.
 * `officer` is a name for people; nothing is decided by it.
 */
import { DeviceIdSchema, ProjectIdSchema } from '@murram/ground'
import { z } from 'zod'
import { AtMs, Name, PublicKey, signedSchema } from './vocabulary.ts'

/** The domain of the signature: `signDocument(rootKey, DEVICE_CERTIFICATE_PURPOSE, certificate)`. */
export const DEVICE_CERTIFICATE_PURPOSE = 'device-certificate'

export const DeviceCertificateSchema = z.strictObject({
  projectId: ProjectIdSchema,
  deviceId: DeviceIdSchema,
  publicKey: PublicKey,
  officer: Name,
  /** Signed by keys that everybody knows: only a demo collector accepts it. */
  demo: z.boolean(),
  issuedAtMs: AtMs,
})
export type DeviceCertificate = z.infer<typeof DeviceCertificateSchema>

export const SignedDeviceCertificateSchema = signedSchema(DeviceCertificateSchema)
