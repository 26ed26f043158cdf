/**
 * murram collector read-diagnostics: opens the sealed file of a laptop, with the project's key.
 *
 *   murram collector read-diagnostics 4f1c….sealed --data ./centre
 *
 * Exit: 0 printed · 2 it cannot be read, or it was sealed to another project.
 */
import { readDiagnostics } from '@murram/agent'
import { fault } from '@murram/ground'
import { readFileSync } from 'node:fs'
import { keysOfCentre } from '../keys-of-centre.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'

export interface ReadDiagnosticsOptions {
  readonly data: string
  readonly json?: boolean
}

export async function readDiagnosticsFile(file: string, options: ReadDiagnosticsOptions): Promise<ExitCode> {
  const keys = keysOfCentre(options.data)
  if (!keys.ok) return sayFault(keys.error, options)
  let text: string
  try {
    text = readFileSync(pathOf(file), 'utf8')
  } catch (cause) {
    return sayFault(fault('cli.usage', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`), options)
  }
  const read = readDiagnostics(keys.value.box, text)
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
