/**
 * How columns enter a linear model: numbers imputed, clipped to the range that was seen,
 * standardised; categories one-hot, with a place of its own for "not answered"; texts as
 * their grams.
 *
 * Everything is learned on the training rows alone.
 *
 * Not here: what is computed over a design (linear-passes.ts), and how fitted weights
 * become a model (linear-inputs.ts).
 */
import { standardise } from './predict.ts'
import { answered, plainColumns, type CategoryColumn, type NumberColumn, type Table } from './table.ts'
import type { Corpus } from './text/corpus.ts'
import { learnGrams, toSparseRows, type KnownGrams, type SparseRows } from './text/text-block.ts'

export interface CategoryBlock {
  readonly kind: 'category'
  readonly name: string
  readonly at: number
  readonly values: readonly string[]
  /** Per row: place in `values`; `values.length` is "not answered", one more is "never seen". */
  readonly codes: Uint16Array
}
export interface NumberBlock {
  readonly kind: 'number'
  readonly name: string
  readonly at: number
  readonly mean: number
  readonly scale: number
  readonly low: number
  readonly high: number
  readonly standardised: Float32Array
}
/** The grams of one length range of one text column. */
export interface GramBlock {
  readonly kind: 'text'
  readonly name: string
  readonly at: number
  readonly known: KnownGrams
  readonly rows: SparseRows
}
export type Block = CategoryBlock | NumberBlock | GramBlock

export interface LinearDesign {
  readonly rows: number
  readonly blocks: readonly Block[]
  /** Parameters of an output, the intercept (the last one) included. */
  readonly width: number
}

/** What a text column is cut into, and how much of it a model may know. */
export interface TextPart {
  readonly name: string
  readonly corpus: Corpus
  readonly most: number
}

/** A category beyond this many counts as never seen: it is text, not a choice. */
const MOST_VALUES = 1_000

/** From this many values on, one that a single row gave is pooled with those never seen. */
const MANY_VALUES = 100

/** The design of all rows, learned on `rows`, each counting what it weighs. */
export function linearDesign(
  table: Table,
  rows: Int32Array,
  texts: readonly TextPart[] = [],
  weights: Float64Array | null = null,
): LinearDesign {
  let at = 0
  const blocks: Block[] = plainColumns(table).map(column => {
    const block = column.kind === 'category' ? categoryBlock(column, rows, at) : numberBlock(column, rows, at, weights)
    at += block.kind === 'category' ? block.values.length + 1 : 1
    return block
  })
  for (const { name, corpus, most } of texts) {
    const known = learnGrams(corpus, rows, most, 1)
    // A column without a gram that two rows share has nothing to ask.
    if (known.grams.length === 0) continue
    blocks.push({ kind: 'text', name, at, known, rows: toSparseRows(known) })
    at += known.grams.length
  }
  return { rows: table.rows, blocks, width: at + 1 }
}

function categoryBlock({ name, values: cells }: CategoryColumn, rows: Int32Array, at: number): CategoryBlock {
  const counts = countAnswers({ name, kind: 'category', values: cells }, rows)
  const values = mostFrequent(
    counts.size > MANY_VALUES ? new Map([...counts].filter(([, count]) => count > 1)) : counts,
    MOST_VALUES,
  )
  const places = new Map(values.map((value, place) => [value, place]))
  const codes = Uint16Array.from(cells, cell => {
    const value = answered(cell)
    return value === null ? values.length : (places.get(value) ?? values.length + 1)
  })
  return { kind: 'category', name, at, values, codes }
}

/** How often each answer was given in `rows`. */
export function countAnswers(column: CategoryColumn, rows: Int32Array): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = answered(column.values[row])
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

/** By name, so that the order of the rows leaves no trace. */
export const mostFrequent = (counts: ReadonlyMap<string, number>, most: number): string[] =>
  [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([value]) => value)
    .sort()

function numberBlock(
  { name, values }: NumberColumn,
  rows: Int32Array,
  at: number,
  weights: Float64Array | null,
): NumberBlock {
  let [count, sum, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    const value = values[row]!
    if (!Number.isFinite(value)) continue
    const weight = weights?.[row] ?? 1
    count += weight
    sum += weight * value
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const centre = count === 0 ? 0 : sum / count
  let squares = 0
  for (const row of rows)
    if (Number.isFinite(values[row]!)) squares += (weights?.[row] ?? 1) * (values[row]! - centre) ** 2
  const spread = count === 0 ? 0 : Math.sqrt(squares / count)
  const known = {
    mean: Math.fround(centre),
    scale: spread > 0 ? Math.fround(1 / spread) : 0,
    low: count === 0 ? 0 : low,
    high: count === 0 ? 0 : high,
  }
  const standardised = values.map(value => standardise(known, Number.isFinite(value) ? value : Number.NaN))
  return { kind: 'number', name, at, ...known, standardised }
}
