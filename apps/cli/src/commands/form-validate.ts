/**
 * murram form validate: do these records follow the form? Every record is computed again from
 * its answers: what is required, allowed, offered, asked, calculated.
 *
 *   murram form validate household.xlsx --records household.csv
 *   murram form validate household.xml --records instances/ --json | jq -c 'select(.ok|not)'
 *
 * A soft constraint that was broken with a reason is no violation.
 *
 * Exit: 0 none · 1 some record has violations · 2 the form or the records cannot be read, or wrong use.
 */
import type { RecordViolation } from '@murram/xform'
import { validateInWorkers, type CheckedRecord } from '@murram/xform/workers'
import { print, sayFault, type ExitCode } from '../print.ts'
import { showProgress } from '../progress.ts'
import { attachedText, openFormFile } from '../read-forms.ts'
import { openRecords } from '../records/open-records.ts'
import { UnreadableRecords } from '../records/record-source.ts'

export interface FormValidateOptions {
  readonly records: string
  readonly json?: boolean
  readonly threads?: number
}

export async function formValidate(file: string, options: FormValidateOptions): Promise<ExitCode> {
  const form = await openFormFile(file)
  if (!form.ok) return sayFault(form.error, options)
  const source = await openRecords(form.value, options.records)
  if (!source.ok) return sayFault(source.error, options)
  for (const note of source.value.notes) print.note(note)

  const progress = showProgress('records checked', null)
  const counts = { records: 0, bad: 0, violations: 0, failed: 0 }
  try {
    for await (const checked of validateInWorkers(form.value.program, source.value.records, {
      attachments: attachedText(file, form.value.attachments),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    })) {
      const open = checked.violations.filter(isOpen)
      counts.records++
      counts.violations += open.length
      if (checked.error !== null) counts.failed++
      if (open.length > 0) counts.bad++
      if (options.json === true || open.length > 0 || checked.error !== null) progress.clear()
      if (options.json === true) print.json(asJson(checked, open))
      else describe(checked, open)
      progress.step()
    }
  } catch (problem) {
    progress.clear()
    if (problem instanceof UnreadableRecords) return sayFault(problem.fault, options)
    throw problem
  }
  progress.clear()
  const { records, bad, violations, failed } = counts
  const summary = `${records} records: ${records - bad - failed} good, ${bad} with ${violations} violations${failed === 0 ? '' : `, ${failed} not checked`}`
  if (options.json === true) print.note(summary)
  else print.line(summary)
  if (records === 0) print.note(`${options.records}: no record in it`)
  return bad + failed === 0 ? 0 : 1
}

const isOpen = ({ kind, reason }: RecordViolation): boolean => kind !== 'soft' || reason === undefined

const asJson = ({ name, index, error }: CheckedRecord, violations: readonly RecordViolation[]) => ({
  record: name,
  index,
  ok: error === null && violations.length === 0,
  violations: violations.map(({ ref, kind, message }) => ({ field: ref, kind, message })),
  ...(error === null ? {} : { error: { code: error.fault, message: error.detail } }),
})

function describe({ name, error }: CheckedRecord, violations: readonly RecordViolation[]): void {
  if (error !== null) print.line(`${name}: not checked: ${error.detail ?? ''}`)
  for (const { ref, kind, message } of violations)
    print.line(`${name}: ${ref === '' ? '' : `${ref} `}${kind}: ${message}`)
}
