/**
 * One HTTP request: a token and a public key go up, the certificate comes back. Everything
 * later goes over the WebSocket.
 */
import { err, fault, isFaultCode, ok, type Fault, type Result } from '@murram/ground'
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

export async function askCollector(collectorUrl: string, request: EnrolRequest): Promise<Result<EnrolReply>> {
  const base = collectorAddress(collectorUrl, 'http')
  if (!base.ok) return base
  try {
    const response = await fetch(new URL('/api/v1/enrol', base.value), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const body: unknown = await response.json()
    if (!response.ok) return err(toFault(body, `${collectorUrl} answers HTTP ${response.status}`))
    const reply = EnrolReplySchema.safeParse(body)
    return reply.success ? ok(reply.data) : err(fault('wire.malformed', 'the answer to the enrolment'))
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
