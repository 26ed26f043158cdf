/**
 * murram collector token: one enrolment token, for one laptop of one officer.
 *
 *   murram collector token --data ./centre --collector http://127.0.0.1:8080 --officer Akello
 *
 * Exit: 0 printed · 2 the collector does not answer, or wrong use.
 */
import { fault } from '@murram/ground'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { adminTokenOf } from './collector-start.ts'

export interface CollectorTokenOptions {
  readonly data: string
  readonly collector: string
  readonly officer: string
  readonly hours: number
  readonly json?: boolean
}

export async function collectorToken(options: CollectorTokenOptions): Promise<ExitCode> {
  const { collector, officer, hours } = options
  const response = await fetch(new URL('/api/v1/enrolment-tokens', collector), {
    method: 'POST',
    headers: { Authorization: `Bearer ${adminTokenOf(pathOf(options.data))}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ officer, validHours: hours }),
  }).catch((cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))))
  if (response instanceof Error)
    return sayFault(fault('sync.unreachable', `${collector}: ${response.message}`), options)
  const text = await response.text()
  if (!response.ok) return sayFault(fault('http.bad-request', text.slice(0, 300)), options)
  const { token, expiresAtMs } = JSON.parse(text) as { token: string; expiresAtMs: number }
  if (options.json === true) print.json({ ok: true, token, officer, expiresAtMs })
  else {
    print.line(token)
    print.note(
      `for one laptop of ${officer}, until ${new Date(expiresAtMs).toISOString()}: murram agent enroll --collector ${collector} --token ${token} --officer ${officer} --data ./laptop`,
    )
  }
  return 0
}
