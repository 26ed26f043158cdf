/**
 * `enrolment.json`: what binds this folder to a project, without any secret. The device's
 * private key lives inside the encrypted store.
 *
 * The file is written last, so a folder that has it is an enrolled device. The certificate is
 * verified whenever the file is read: a changed file must not make a device speak to another
 * project's collector.
 */
import { join } from 'node:path'
import { err, fault, ok, type DeviceId, type Fault, type ProjectId, type Result } from '@murram/ground'
import { keyIdOf, verifyDocument, type Signed } from '@murram/seal'
import { DEVICE_CERTIFICATE_PURPOSE, SignedDeviceCertificateSchema, type DeviceCertificate } from '@murram/wire'
import { z } from 'zod'
import { readIfThere, writeFileAtomic } from '../store/atomic-file.ts'

export const EnrolmentFileSchema = z.object({
  format: z.literal(1),
  collectorUrl: z.string(),
  collectorId: z.string(),
  rootPublicKey: z.string(),
  boxPublicKey: z.string(),
  certificate: SignedDeviceCertificateSchema,
})
export type EnrolmentFile = z.infer<typeof EnrolmentFileSchema>

/** What may be shown and handed round. */
export interface Enrolment {
  readonly projectId: ProjectId
  readonly deviceId: DeviceId
  readonly officer: string
  readonly demo: boolean
}

export const enrolmentPath = (dataDir: string): string => join(dataDir, 'enrolment.json')

export const toEnrolment = ({ certificate: { body } }: EnrolmentFile): Enrolment => ({
  projectId: body.projectId,
  deviceId: body.deviceId,
  officer: body.officer,
  demo: body.demo,
})

/** Signed by the project's root, for the key that names the device. */
export function verifyCertificate(
  rootPublicKey: string,
  certificate: Signed<DeviceCertificate>,
): Result<DeviceCertificate, Fault> {
  const verified = verifyDocument(rootPublicKey, DEVICE_CERTIFICATE_PURPOSE, certificate)
  if (!verified.ok) return verified
  return keyIdOf(verified.value.publicKey) === verified.value.deviceId
    ? verified
    : err(fault('sync.bad-signature', 'the certificate names another key'))
}

/** `null` where nobody has enrolled here yet. */
export async function readEnrolment(dataDir: string): Promise<Result<EnrolmentFile | null>> {
  const bytes = await readIfThere(enrolmentPath(dataDir))
  if (bytes === null) return ok(null)
  const parsed = EnrolmentFileSchema.safeParse(parseJson(bytes))
  if (!parsed.success) return err(fault('sync.not-enrolled', `${enrolmentPath(dataDir)} is damaged`))
  const certificate = verifyCertificate(parsed.data.rootPublicKey, parsed.data.certificate)
  return certificate.ok ? ok(parsed.data) : certificate
}

export const writeEnrolment = (dataDir: string, file: EnrolmentFile): Promise<void> =>
  writeFileAtomic(enrolmentPath(dataDir), `${JSON.stringify(file, null, 2)}\n`)

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
