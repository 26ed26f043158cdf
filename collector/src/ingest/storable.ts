/**
 * Text that PostgreSQL's JSON cannot hold: NUL, and halves of surrogate pairs. No XForm value
 * can hold them either, so they come from a broken or hostile device. Such a submission is
 * kept as bytes and held: one row that breaks every query over its table would be worse.
 */
import type { Submission } from '@murram/fold'

/** Of `JSON.stringify`: what it escapes is rare, so one look at the whole batch decides. */
const mayBeUnstorable = /\\u(?:0000|d[89a-f])/i

export function unstorable(submissions: readonly Submission[]): ReadonlySet<number> {
  if (!mayBeUnstorable.test(JSON.stringify(submissions))) return new Set()
  return new Set(submissions.filter(submission => !isStorable(submission)).map(({ n }) => n))
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner))
}

export const asBytes = (submission: Submission): { readonly unreadable: string } => ({
  unreadable: Buffer.from(JSON.stringify(submission)).toString('base64'),
})
