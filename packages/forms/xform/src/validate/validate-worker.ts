/** The thread of `validate-in-workers.ts`: one form, opened once, and chunk after chunk of records. */
import { unwrap, type Millis } from '@murram/ground'
import { workerData } from 'piscina'
import { loadProgram } from '../open-form.ts'
import type { Program } from '../program.ts'
import { unpackRecords, type PackedRecords } from './record-pack.ts'
import type { RecordViolation } from './record-violation.ts'
import { createValidator } from './validator.ts'

export interface ValidateOrder {
  readonly program: Program
  readonly attachments: Readonly<Record<string, string>>
  /** One clock for the whole run; `null` is the machine's. */
  readonly nowMs: number | null
  readonly timeZone: string | null
}

/** Violations, or why the record could not be checked. */
export type Verdict = readonly RecordViolation[] | string

const { program, attachments, nowMs, timeZone } = workerData as ValidateOrder
const form = unwrap(loadProgram(program, { attachments: name => attachments[name] }))
const validate = createValidator(form, {
  ...(nowMs === null ? {} : { now: () => nowMs as Millis }),
  ...(timeZone === null ? {} : { timeZone }),
})

export default function validateChunk(packed: PackedRecords): readonly Verdict[] {
  return unpackRecords(packed).map(record => {
    try {
      return validate(record)
    } catch (problem) {
      return problem instanceof Error ? problem.message : String(problem)
    }
  })
}
