/** What can be wrong with one record, and in which words. */

/**
 * `required`, `constraint`, `type` and `soft` are what a session would say of the same answers.
 * The others a session cannot meet, for it never lets such an answer in:
 * `not-offered` the filter (or the range) does not offer the value · `not-relevant` the question is not
 * asked after these answers · `calculation` the form computes something else · `unknown-node` the
 * form has no such place, or counts fewer rows · `unreadable` the record is no record of this form.
 */
export type RecordViolationKind =
  | 'required'
  | 'constraint'
  | 'type'
  | 'soft'
  | 'not-offered'
  | 'not-relevant'
  | 'calculation'
  | 'unknown-node'
  | 'unreadable'

export interface RecordViolation {
  /** `roster[2]/age`; `''` is the record as a whole. */
  readonly ref: string
  readonly kind: RecordViolationKind
  /** Of the question, in the form's default language; `''` where there is none. */
  readonly label: string
  /** In the form's default language; what is not the form's own is in English. */
  readonly message: string
  /** Of a soft one: why the answer stands, where somebody said it. */
  readonly reason?: string
}

/** A record may hold anything: what it says is quoted, and not at full length. */
export function quoted(value: string): string {
  const short = value.length > 80 ? `${value.slice(0, 77)}…` : value
  return JSON.stringify(short)
}

export const unknownNode = (ref: string): RecordViolation => ({
  ref,
  kind: 'unknown-node',
  label: '',
  message: `The form has no question ${quoted(ref)}.`,
})
