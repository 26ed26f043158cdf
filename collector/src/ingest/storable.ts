/**
 * Text that PostgreSQL's JSON cannot hold: NUL, and halves of surrogate pairs. No XForm value
 * can hold them either, so they come from a broken or hostile device. Such a submission is
 * kept as bytes and held: one row that breaks every query over its table would be worse.
 */
import type { Submission } from '@murram/fold'

/** What the inbox keeps of a submission beside its columns, as JSON. */
export interface Body {
  readonly text: string
  /** False: the text is the whole submission as bytes, for nothing of it can stand in a database. */
  readonly isReadable: boolean
}

export function toBody(submission: Submission): Body {
  const { answers, base, assessment, audit, salt, attachments } = submission
  const files = attachments.length === 0 ? {} : { attachments }
  const text = JSON.stringify({ answers, base, assessment, audit, salt, ...files })
  return mayBeOdd(text, submission) && !isStorable(submission)
    ? { text: JSON.stringify(asBytes(submission)), isReadable: false }
    : { text, isReadable: true }
}

/** Rare, so one look at a submission decides. `JSON.stringify` writes NUL and halves of pairs as `\\u`. */
const mayBeOdd = (json: string, { formId, version, instanceId, stamp, deprecatedId }: Submission): boolean =>
  json.includes('\\u') || !isStorable([formId, version, instanceId, stamp, deprecatedId])

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner))
}

const asBytes = (submission: Submission): { readonly unreadable: string } => ({
  unreadable: Buffer.from(JSON.stringify(submission)).toString('base64'),
})
