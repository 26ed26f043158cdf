/**
 * murram model report: what the gate said of a candidate, to be read, printed or sent.
 * murram model promote: a named person promotes what the gate alone would not, to ring 0.
 *
 *   murram model report RUN
 *   murram model report CANDIDATE --format html -o report.html
 *   murram model promote vulnerability CANDIDATE --by 'Ruth Akello' --reason 'The pilot begins on Monday.'
 *
 * Exit: 0 done · 1 there is no report, or nobody may promote it · 2 the collector does not answer, or wrong use.
 */
import { writeFileSync } from 'node:fs'
import { fault } from '@murram/ground'
import { askAdmin, askAdminForFile, type Central } from '../ask-admin.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { saidNo } from '../said-no.ts'

export interface ModelReportOptions extends Central {
  readonly format: 'text' | 'html' | 'json'
  readonly output?: string
  readonly json?: boolean
}

/** A candidate is named by a hash, a run by a UUID. */
const isCandidate = (id: string): boolean => /^[0-9a-f]{32}$/.test(id)

export async function modelReport(id: string, options: ModelReportOptions): Promise<ExitCode> {
  const format = options.json === true ? 'json' : options.format
  const of = isCandidate(id) ? 'candidates' : 'runs'
  const found = await askAdminForFile(options, `/${of}/${encodeURIComponent(id)}/report?format=${format}`)
  if (!found.ok) return saidNo(found.error, options)
  const text = Buffer.from(found.value.bytes).toString('utf8').trimEnd()
  if (options.output === undefined) {
    print.line(text)
    return 0
  }
  try {
    writeFileSync(pathOf(options.output), `${text}\n`)
  } catch (cause) {
    return sayFault(fault('cli.file-unreadable', `${options.output}: ${String(cause)}`), options)
  }
  print.note(`${options.output}: the report, as ${format}`)
  return 0
}

export interface ModelPromoteOptions extends Central {
  readonly by: string
  readonly reason: string
  readonly json?: boolean
}

export async function modelPromote(
  modelName: string,
  candidateId: string,
  options: ModelPromoteOptions,
): Promise<ExitCode> {
  const { by, reason } = options
  const done = await askAdmin<{ readonly releaseId: string; readonly ring: number }>(
    options,
    `/models/${encodeURIComponent(modelName)}/promote`,
    { body: JSON.stringify({ candidateId, by, reason }), headers: { 'Content-Type': 'application/json' } },
  )
  if (!done.ok) return saidNo(done.error, options)
  if (options.json === true) print.json({ ok: true, ...done.value })
  else print.line(`✓ ${done.value.releaseId} goes to ring ${done.value.ring}, the staff devices; ${by} answers for it`)
  return 0
}
