/**
 * What a column of a table is to a model, as people would expect: numbers with blanks, words
 * for a category, dates, yes and no, long text; and what is of no use to it.
 *
 *   1, 2.5, NA, ''          number       007, 012 (zeros in front)   category: a code
 *   yes, no, 3, 0.5         number, yes counts as 1 and no as 0
 *   2026-03-01, 1/3/2026    number: a count of days
 *   farm, trade             category     a sentence or more          text
 *   one value, or none      left out     another value in each row   left out: it names the row
 *
 * Laws, in `column-type.test.ts`:
 *   K1 a blank, NA or ? never changes what a column of numbers is
 *   K2 whatever is not as it seems (words among numbers, a column left out) is said
 *   K3 a person's word (`--type`) stands over the guess, or is refused if the cells contradict it
 *
 * Not here: whether whole numbers are amounts or codes (code-columns.ts, it asks the outcome).
 */
import { readNumber, toDays, type DateOrder, type NumberReading } from '@murram/score'

export const KINDS = ['number', 'category', 'text', 'date', 'drop'] as const
export type AskedKind = (typeof KINDS)[number]

export interface ColumnType {
  readonly kind: 'number' | 'category' | 'text' | 'drop'
  readonly read?: DateOrder
  readonly words?: Readonly<Record<string, number>>
  /** Whole numbers that are read as codes, for so they look: trees may do better with the numbers. */
  readonly isCode?: true
  /** What a person should know of it. */
  readonly note?: string
}

/** Cells of a column of numbers that mean: not known. */
const UNKNOWN = new Set([
  '',
  'na',
  'n/a',
  '#n/a',
  'nan',
  'null',
  'none',
  'nil',
  '?',
  '-',
  '--',
  '.',
  'inf',
  '-inf',
  'infinity',
  '-infinity',
])
const isUnknown = (cell: string): boolean => UNKNOWN.has(cell.toLowerCase())

/** Yes and no where surveys are held; each counts as 1 or 0 among numbers. */
const YES_NO: Readonly<Record<string, number>> = {
  yes: 1, y: 1, true: 1, t: 1, oui: 1, si: 1, sí: 1, sim: 1, ndiyo: 1, ndio: 1, yego: 1,
  no: 0, n: 0, false: 0, f: 0, non: 0, não: 0, hapana: 0, oya: 0,
} // prettier-ignore

/** So many rows it takes before "another value in each row" means something. */
const ENOUGH_ROWS = 20
const MOSTLY = 0.95
/** Where so large a share of a column is numbers, the words among it are slips. */
const SLIPS_BELOW = 0.2
/** A category of numbers and words (`1, 2, 3, more`) has few values. */
const FEW = 30
const LONG_WORDS = 4
const LONG_LETTERS = 40

export function inferColumn(name: string, cells: readonly string[]): ColumnType {
  const known = cells.filter(cell => !isUnknown(cell))
  if (known.length === 0) return { kind: 'drop', note: `${name} is empty: left out` }
  const distinct = new Set(known)
  const anyBlank = known.length < cells.length
  if (distinct.size === 1 && !anyBlank)
    return { kind: 'drop', note: `${name} is ${show(known[0])} in every row: left out` }

  const numbers = known.filter(isNumber)
  if (numbers.length === known.length) return numberColumn(name, known, distinct.size, cells.length)
  const dates = dateOrder(known)
  if (dates !== null)
    return { kind: 'number', read: dates, note: `${name} holds dates (${DATE_WORDS[dates]}), read as days` }
  const mixed = numbers.length === 0 ? null : mixedColumn(name, known, numbers.length)
  return mixed ?? wordColumn(name, known, distinct.size)
}

/** What a person asked for, held against the cells. A string is why it cannot be. */
export function askedColumn(name: string, cells: readonly string[], kind: AskedKind): ColumnType | string {
  if (kind === 'drop' || kind === 'category' || kind === 'text') return { kind }
  const known = cells.filter(cell => !isUnknown(cell))
  if (kind === 'date') {
    const order = dateOrder(known)
    return order === null
      ? `--type ${name}=date: not its dates, but ${show(known.find(cell => toDays(cell, 'date') !== toDays(cell, 'date')))}`
      : { kind: 'number', read: order }
  }
  const guessed = inferColumn(name, cells)
  if (guessed.kind === 'number' && guessed.read === undefined) return guessed
  const numbers = known.filter(isNumber).length
  return numbers === 0
    ? `--type ${name}=number: no cell of it is a number, but ${show(known[0])}`
    : {
        kind: 'number',
        note: wordsAmong(
          name,
          known.length - numbers,
          known.find(cell => !isNumber(cell)),
        ),
      }
}

const isNumber = (cell: string): boolean => Number.isFinite(Number(cell)) && !/^[+-]?0[xob]/i.test(cell)

function numberColumn(name: string, known: readonly string[], distinct: number, rows: number): ColumnType {
  // A nought in front is no part of an amount: a postal code, a district, a household.
  const codes = known.filter(cell => /^0\d+$/.test(cell)).length
  if (codes > 0) {
    return distinct >= MOSTLY * known.length && known.length >= ENOUGH_ROWS
      ? identifier(name)
      : { kind: 'category', note: `${name} is read as codes: some begin with a nought` }
  }
  if (distinct === known.length && known.length >= ENOUGH_ROWS && isCounter(name, known)) return identifier(name)
  const shared = sharedBy(name, distinct, known.length)
  if (shared !== null) return shared
  return {
    kind: 'number',
    ...(distinct === 1 && known.length < rows ? { note: `${name} is ${show(known[0])} or blank` } : {}),
  }
}

/** Whole numbers, another in each row, that count on, or are called a number of something. */
function isCounter(name: string, known: readonly string[]): boolean {
  const values = known.map(Number)
  if (!values.every(Number.isInteger)) return false
  if (NAMES_A_ROW.test(name)) return true
  let rising = 0
  for (let at = 1; at < values.length; at++) rising += Number(1 === values[at]! - values[at - 1]!)
  return rising >= MOSTLY * (values.length - 1)
}

const NAMES_A_ROW =
  /(^|[_\-. ])(id|uuid|guid|key|number|no|nr|index|rowid|idhogar)$|^id|Id$|ID$|^(uuid|guid|index|row|unnamed.*)$/

/** Called an id, and each value of it is shared by a few rows: a household, not a property of it. */
const sharedBy = (name: string, distinct: number, known: number): ColumnType | null =>
  NAMES_A_ROW.test(name) && distinct > known / 10 && known >= ENOUGH_ROWS
    ? {
        kind: 'drop',
        note: `${name} looks like the number of a household or person (${distinct} in ${known} rows): left out; if rows of one belong together, say --group ${name}`,
      }
    : null

const identifier = (name: string): ColumnType => ({
  kind: 'drop',
  note: `${name} has another value in each row, it names the row: left out`,
})

const DATE_WORDS: Readonly<Record<DateOrder, string>> = {
  date: 'year first',
  'date-dmy': 'day first',
  'date-mdy': 'month first',
}

/** The one order in which nearly every cell is a date; day before month where both would do. */
function dateOrder(known: readonly string[]): DateOrder | null {
  if (known.length === 0 || !/^\d{1,4}[-/.]/.test(known[0] ?? '')) return null
  const share = (order: DateOrder): number =>
    known.filter(cell => !Number.isNaN(toDays(cell, order))).length / known.length
  const best = (['date', 'date-dmy', 'date-mdy'] as const).reduce<{ order: DateOrder; share: number } | null>(
    (kept, order) => (kept !== null && kept.share >= share(order) ? kept : { order, share: share(order) }),
    null,
  )
  return best !== null && best.share >= MOSTLY ? best.order : null
}

/** Words among numbers. */
function mixedColumn(name: string, known: readonly string[], numbers: number): ColumnType | null {
  const others = known.filter(cell => !isNumber(cell))
  const words = new Set(others.map(cell => cell.toLowerCase()))
  if ([...words].every(word => Object.hasOwn(YES_NO, word))) {
    const spelt = Object.fromEntries([...words].sort().map(word => [word, YES_NO[word]!]))
    const said = Object.entries(spelt).map(([word, value]) => `${word} as ${value}`)
    return { kind: 'number', words: spelt, note: `${name} mixes numbers with words: ${said.join(', ')}` }
  }
  const ratio = others.length / known.length
  if (ratio <= SLIPS_BELOW && (ratio <= 1 - MOSTLY || words.size > FEW))
    return { kind: 'number', note: wordsAmong(name, others.length, others[0]) }
  if (new Set(known).size <= FEW)
    return { kind: 'category', note: `${name} mixes numbers with words: read as a category` }
  return numbers >= known.length / 2 ? { kind: 'number', note: wordsAmong(name, others.length, others[0]) } : null
}

const wordsAmong = (name: string, count: number, example: string | undefined): string =>
  `${name}: ${count} ${count === 1 ? 'cell is a word' : 'cells are words'} among numbers, counted as not known (${show(example)})`

function wordColumn(name: string, known: readonly string[], distinct: number): ColumnType {
  const letters = known.reduce((sum, cell) => sum + cell.length, 0) / known.length
  const words = known.reduce((sum, cell) => sum + cell.split(/\s+/).length, 0) / known.length
  if ((words >= LONG_WORDS || letters >= LONG_LETTERS) && distinct > known.length / 2) return { kind: 'text' }
  if (known.length >= ENOUGH_ROWS && distinct >= MOSTLY * known.length) return identifier(name)
  const shared = sharedBy(name, distinct, known.length)
  if (shared !== null) return shared
  return {
    kind: 'category',
    ...(distinct > 1_000
      ? { note: `${name} has ${distinct} different answers; the rare ones say little and are joined` }
      : {}),
  }
}

const show = (cell: string | undefined): string => {
  const text = cell ?? ''
  return `“${text.length > 24 ? `${text.slice(0, 24)}…` : text}”`
}

/** The numbers of a column; the same function as on the device. */
export const numbersOf = (cells: readonly string[], reading: NumberReading): Float32Array =>
  Float32Array.from(cells, cell => readNumber(cell, reading))
