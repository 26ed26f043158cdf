/**
 * The file that a person sends to whoever helps: the diagnosis and the log, sealed to the
 * project's box key. It may be mailed or put on a stick: only the project can read it.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openField, sealField, type BoxKey } from '@murram/seal'
import { ok, type Result } from '@murram/ground'
import type { Agent } from '../open-agent.ts'
import { writeFileAtomic } from '../store/atomic-file.ts'
import { diagnose, type Diagnosis } from './diagnose.ts'
import type { LogLine } from './store-log.ts'

export interface DiagnosticsFile {
  readonly format: 1
  readonly writtenAtMs: number
  readonly diagnosis: Diagnosis
  readonly log: readonly LogLine[]
}

/** @returns The path of `diagnostics/<device>-<ms>.sealed` under `folder`. */
export async function writeDiagnostics(agent: Agent, folder: string, nowMs: number): Promise<string> {
  const content: DiagnosticsFile = {
    format: 1,
    writtenAtMs: nowMs,
    diagnosis: await diagnose(agent),
    log: agent.log.lines(),
  }
  const sealed = sealField(agent.enrolment.boxPublicKey, JSON.stringify(content))
  const below = join(folder, 'diagnostics')
  await mkdir(below, { recursive: true, mode: 0o700 })
  const path = join(below, `${agent.enrolment.deviceId}-${Math.trunc(nowMs)}.sealed`)
  await writeFileAtomic(path, `${sealed}\n`)
  return path
}

/** At the centre, with the project's private box key. */
export function readDiagnostics(boxKey: BoxKey, text: string): Result<DiagnosticsFile> {
  const opened = openField(boxKey, text.trim())
  return opened.ok ? ok(JSON.parse(opened.value) as DiagnosticsFile) : opened
}
