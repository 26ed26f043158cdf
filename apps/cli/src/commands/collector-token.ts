/**
 * murram collector token: one enrolment token, for one laptop of one officer.
 *
 *   murram collector token --data ./centre --collector http://127.0.0.1:8080 --officer Akello
 *
 * Exit: 0 printed · 2 the collector does not answer, or wrong use.
 */
import { askAdmin } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

export interface CollectorTokenOptions {
  readonly data: string
  readonly collector: string
  readonly officer: string
  readonly hours: number
  readonly json?: boolean
}

export async function collectorToken(options: CollectorTokenOptions): Promise<ExitCode> {
  const { collector, officer, hours } = options
  const made = await askAdmin<{ token: string; expiresAtMs: number }>(options, '/enrolment-tokens', {
    body: JSON.stringify({ officer, validHours: hours }),
    headers: { 'Content-Type': 'application/json' },
  })
  if (!made.ok) return sayFault(made.error, options)
  const { token, expiresAtMs } = made.value
  if (options.json === true) print.json({ ok: true, token, officer, expiresAtMs })
  else {
    print.line(token)
    print.note(
      `for one laptop of ${officer}, until ${new Date(expiresAtMs).toISOString()}: murram agent enroll --collector ${collector} --token ${token} --officer ${quoted(officer)} --data ./laptop`,
    )
  }
  return 0
}

/** As a shell takes it for one word. */
const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`)
