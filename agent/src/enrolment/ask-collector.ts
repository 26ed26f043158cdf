/**
 * Two HTTP requests: a token and a public key go up, the certificate comes back; and the
 * centre shows that it can open what is sealed to it. Everything later goes over the WebSocket.
 */
import { randomBytes } from 'node:crypto'
import { err, fault, isFaultCode, ok, type Fault, type Result } from '@murram/ground'
import { RECOVERY_PROBE, sealField, sha256, toBase64Url } from '@murram/seal'
import { SignedDeviceCertificateSchema } from '@murram/wire'
import { z } from 'zod'
import { collectorAddress } from '../sync/address.ts'

const DEADLINE_MS = 20_000

const EnrolReplySchema = z.object({
  certificate: SignedDeviceCertificateSchema,
  rootPublicKey: z.string(),
  projectId: z.string(),
  collectorId: z.string(),
  boxPublicKey: z.string(),
  demo: z.boolean(),
})
export type EnrolReply = z.infer<typeof EnrolReplySchema>

const FaultReplySchema = z.object({ fault: z.string(), detail: z.string().optional() })

export interface EnrolRequest {
  readonly token: string
  readonly publicKey: string
  readonly officer: string
}

export const askCollector = (collectorUrl: string, request: EnrolRequest): Promise<Result<EnrolReply>> =>
  post(collectorUrl, '/api/v1/enrol', request, EnrolReplySchema)

/** Whether the centre can open what is sealed to its key: without that, no forgotten passphrase could be recovered. */
export async function tryRecoveryKey(collectorUrl: string, boxPublicKey: string): Promise<Result<void>> {
  const probe = `${RECOVERY_PROBE}${toBase64Url(randomBytes(32))}`
  const sealed = sealField(boxPublicKey, probe)
  const proof = await post(collectorUrl, '/api/v1/recovery-probe', { sealed }, z.object({ sha256: z.string() }))
  if (!proof.ok) return proof
  return proof.value.sha256 === sha256(probe)
    ? ok(undefined)
    : err(fault('store.wrong-key', 'the centre does not have the key that would recover this store'))
}

async function post<T>(collectorUrl: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<Result<T>> {
  const base = collectorAddress(collectorUrl, 'http')
  if (!base.ok) return base
  try {
    const response = await fetch(new URL(path, base.value), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const answer: unknown = await response.json()
    if (!response.ok) return err(toFault(answer, `${collectorUrl} answers HTTP ${response.status}`))
    const reply = schema.safeParse(answer)
    return reply.success ? ok(reply.data) : err(fault('wire.malformed', `the answer to ${path}`))
  } catch {
    return err(fault('house.collector-unreachable', collectorUrl))
  }
}

function toFault(body: unknown, otherwise: string): Fault {
  const reply = FaultReplySchema.safeParse(body)
  return reply.success && isFaultCode(reply.data.fault)
    ? (fault(reply.data.fault, reply.data.detail) as Fault)
    : fault('house.collector-unreachable', otherwise)
}
