/**
 * Binds a device to a project: key file, encrypted store, device key, certificate.
 *
 *   key.json ─► store.sqlite (device key inside) ─► POST /api/v1/enrol ─► POST /api/v1/recovery-probe
 *            ─► recovery wrap ─► enrolment.json
 *
 * Laws, in `enrol-agent.test.ts`:
 *   E1 the device key is durable before its token is spent: cut anywhere, the same call
 *      with the same token enrols the same device
 *   E2 a certificate that the project's root did not sign, or for another key, enrols nothing
 *   E3 demo keys are refused unless the caller says that this is a demo
 *   E4 a folder enrols once
 *   E5 the organisation's recovery key is tried: a centre that cannot open what is sealed to it
 *      enrols nothing, for a forgotten passphrase would be the end of the work
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { createSigningKey, type SigningKey } from '@murram/seal'
import { readReceipt } from '../orders/receipt-file.ts'
import { ensureFolder } from '../store/atomic-file.ts'
import { addRecoveryWrap, openOrCreateDataKey } from '../store/key-file.ts'
import type { KeySource } from '../store/key-source.ts'
import { openStore } from '../store/open-store.ts'
import { askCollector, tryRecoveryKey, type EnrolReply } from './ask-collector.ts'
import { readEnrolment, toEnrolment, verifyCertificate, writeEnrolment, type Enrolment } from './enrolment-file.ts'

export interface EnrolOptions {
  readonly dataDir: string
  /** `https://…`, or `http://127.0.0.1:…` on this machine. */
  readonly collectorUrl: string
  /** Spent by one device, once. */
  readonly token: string
  readonly officer: string
  readonly key: KeySource
  readonly allowDemo: boolean
  readonly now: () => number
  /** Of a device that has none yet; the system's unless told. */
  readonly createKey?: () => SigningKey
}

export async function enrolAgent(options: EnrolOptions): Promise<Result<Enrolment>> {
  const { dataDir, collectorUrl, token, officer } = options
  const folder = await ensureFolder(dataDir)
  if (!folder.ok) return folder
  // A folder with a receipt is emptied whenever it is opened.
  if ((await readReceipt(dataDir)) !== null) return err(fault('device.purged', dataDir))
  const before = await readEnrolment(dataDir)
  if (!before.ok) return before
  if (before.value !== null) return err(fault('enrol.already', dataDir))

  const dataKey = await openOrCreateDataKey(dataDir, options.key, options.now())
  if (!dataKey.ok) return dataKey
  const publicKey = await withDeviceKey(dataDir, dataKey.value, options.createKey ?? createSigningKey)
  if (!publicKey.ok) return publicKey

  const reply = await askCollector(collectorUrl, { token, officer, publicKey: publicKey.value })
  if (!reply.ok) return reply
  const refused = whyNot(reply.value, publicKey.value, options.allowDemo)
  if (refused !== null) return err(refused)

  const { certificate, rootPublicKey, collectorId, boxPublicKey } = reply.value
  const recoverable = await tryRecoveryKey(collectorUrl, boxPublicKey) // E5
  if (!recoverable.ok) return recoverable
  const wrapped = await addRecoveryWrap(dataDir, boxPublicKey, dataKey.value)
  if (!wrapped.ok) return wrapped
  const file = { format: 1 as const, collectorUrl, collectorId, rootPublicKey, boxPublicKey, certificate }
  await writeEnrolment(dataDir, file)
  return ok(toEnrolment(file))
}

/** E1: the key that is there, or a new one, durable in the store when this returns. */
async function withDeviceKey(
  dataDir: string,
  dataKey: Uint8Array,
  createKey: () => SigningKey,
): Promise<Result<string>> {
  const store = await openStore({ dataDir, dataKey, create: true })
  if (!store.ok) return store
  try {
    const known = store.value.secrets.deviceKey()
    if (known !== null) return ok(known.publicKey)
    const made = createKey()
    store.value.secrets.keepDeviceKey(made)
    return ok(made.publicKey)
  } finally {
    await store.value.close()
  }
}

function whyNot(reply: EnrolReply, publicKey: string, allowDemo: boolean): Fault | null {
  const certificate = verifyCertificate(reply.rootPublicKey, reply.certificate)
  if (!certificate.ok) return certificate.error
  const { body } = reply.certificate
  if (body.publicKey !== publicKey) return fault('sync.bad-signature', 'the certificate is for another device')
  if (body.projectId !== reply.projectId) return fault('sync.bad-signature', 'the certificate is of another project')
  if ((body.demo || reply.demo) && !allowDemo) return fault('key.demo-refused', body.projectId)
  return null
}
