/**
 * Text that PostgreSQL's JSON cannot hold: NUL, and halves of surrogate pairs. No XForm value
 * can hold them either, so they come from a broken or hostile device. Such a submission is
 * kept as bytes and held: one row that breaks every query over its table would be worse.
 */
import type { Submission } from '@murram/fold'

/** NUL, and any half of a pair; whole pairs are looked at more closely. Rare, so one look at a submission decides. */
const mayBeOdd = /[\0\ud800-\udfff]/
/** The same as `JSON.stringify` writes it. */
const mayBeOddJson = /\\u(?:0000|d[89a-f])|[\ud800-\udfff]/i

export function unstorable(submissions: readonly Submission[]): ReadonlySet<number> {
  return new Set(submissions.filter(one => mayBeUnstorable(one) && !isStorable(one)).map(({ n }) => n))
}

function mayBeUnstorable({ answers, ...others }: Submission): boolean {
  const text = Object.keys(answers).join('') + Object.values(answers).join('')
  return mayBeOdd.test(text) || mayBeOddJson.test(JSON.stringify(others))
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorable(inner))
}

export const asBytes = (submission: Submission): { readonly unreadable: string } => ({
  unreadable: Buffer.from(JSON.stringify(submission)).toString('base64'),
})
