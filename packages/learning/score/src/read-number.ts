/**
 * The number that an answer stands for, as a model reads it: the trainer's table and the
 * device call this one function.
 *
 *   12.5            itself                         2026-03-01        days since 1970, in UTC
 *   yes             what `words` says, if it does  2026-03-01 06:00  with the part of the day
 *
 * A blank, an unreadable and an infinite number are missing (`NaN`): words where a number was
 * expected are no reason to refuse a household.
 */
export const DATE_ORDERS = ['date', 'date-dmy', 'date-mdy'] as const
/** Year first, day first, month first. Which one a column uses is decided once, where the model is made. */
export type DateOrder = (typeof DATE_ORDERS)[number]

export interface NumberReading {
  readonly read?: DateOrder | undefined
  /** Words that stand for a number, in lower case: `{ yes: 1, no: 0 }`. */
  readonly words?: Readonly<Record<string, number>> | undefined
}

const DAY_MS = 86_400_000

export function readNumber(answer: string, { read, words }: NumberReading): number {
  const text = answer.trim()
  if (text === '') return Number.NaN
  if (read !== undefined) return Math.fround(toDays(text, read))
  const spelt = words === undefined ? undefined : wordValue(words, text.toLowerCase())
  const number = Math.fround(spelt ?? Number(text))
  return Number.isFinite(number) ? number : Number.NaN
}

const wordValue = (words: Readonly<Record<string, number>>, word: string): number | undefined =>
  Object.hasOwn(words, word) ? words[word] : undefined

const YEAR_FIRST =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/
const YEAR_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/

/** Days since 1970-01-01, with the part of the day; `NaN` where the text is no date of this order. */
export function toDays(text: string, order: DateOrder): number {
  const found = (order === 'date' ? YEAR_FIRST : YEAR_LAST).exec(text)
  if (found === null) return Number.NaN
  const part = (at: number): number => Number(found[at] ?? 0)
  const [year, month, day] =
    order === 'date'
      ? [part(1), part(2), part(3)]
      : order === 'date-dmy'
        ? [part(3), part(2), part(1)]
        : [part(3), part(1), part(2)]
  const [hours, minutes, seconds] = [part(4), part(5), part(6)]
  const at = new Date(Date.UTC(year, month - 1, day))
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day || hours > 24 || minutes > 59) return Number.NaN
  return (at.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1_000) / DAY_MS
}
