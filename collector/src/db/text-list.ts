/**
 * Lists of a statement as one text each, which PostgreSQL takes apart itself: its array literals
 * quote and escape every element, and bodies full of quotation marks become half as large again.
 */
import { sql, type SQL } from 'drizzle-orm'

const SEPARATOR = '\u001f'
const NULL = '\u001e'

/** As `text[]`, whatever stands in it: what holds a separator itself goes as PostgreSQL writes arrays. */
export function textList(texts: readonly (string | null)[]): SQL {
  const joined = texts.map(text => text ?? NULL).join(SEPARATOR)
  // One empty text and no text at all would be the same.
  const isPlain =
    joined !== '' && texts.every(text => text === null || !(text.includes(SEPARATOR) || text.includes(NULL)))
  return isPlain
    ? sql`string_to_array(${joined}, ${sql.raw(`E'\\x1f'`)}, ${sql.raw(`E'\\x1e'`)})`
    : sql`${sql.param(texts)}::text[]`
}

/** Whole numbers, as `bigint[]`. */
export const numberList = (numbers: readonly number[]): SQL => sql`${`{${numbers.join(',')}}`}::bigint[]`
