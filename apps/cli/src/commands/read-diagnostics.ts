/**
 * murram collector read-diagnostics: opens the sealed file of a laptop, with the project's key.
 *
 *   murram collector read-diagnostics 4f1c….sealed --data ./centre
 *
 * Exit: 0 printed · 2 it cannot be read, or it was sealed to another project.
 */
import { readDiagnostics } from '@murram/agent'
import { keysOfCentre } from '../keys-of-centre.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'

export interface ReadDiagnosticsOptions {
  readonly data: string
  readonly json?: boolean
}

export async function readDiagnosticsFile(file: string, options: ReadDiagnosticsOptions): Promise<ExitCode> {
  const keys = keysOfCentre(options.data)
  if (!keys.ok) return sayFault(keys.error, options)
  const bytes = readGiven(file)
  if (!bytes.ok) return sayFault(bytes.error, options)
  const read = readDiagnostics(keys.value.box, new TextDecoder().decode(bytes.value))
  if (!read.ok) return sayFault(read.error, options)
  if (options.json === true) {
    print.json({ ok: true, ...read.value })
    return 0
  }
  const { diagnosis, log, writtenAtMs } = read.value
  print.line(
    `device ${diagnosis.deviceId} of ${diagnosis.projectId}, ${new Date(writtenAtMs).toISOString()}, Murram ${diagnosis.agentVersion}`,
  )
  print.line(`${diagnosis.outbox.waiting} waiting, ${diagnosis.drafts} drafts, sync ${diagnosis.sync.link}`)
  for (const { atMs, level, message, facts } of log) {
    print.line(`${new Date(atMs).toISOString()} ${level} ${message} ${JSON.stringify(facts)}`)
  }
  return 0
}
