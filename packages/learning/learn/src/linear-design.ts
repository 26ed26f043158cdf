/**
 * How columns enter the logistic regression: numbers imputed, clipped to the range that was
 * seen, standardised; categories one-hot, with a place of its own for "not answered".
 *
 * Everything is learned on the training rows alone. The fitted weights are centred (the
 * mean row adds nothing), so a weight reads as the distance from the average household and
 * an answer that was never seen counts as average.
 */
import type { LinearInput } from './models.ts'
import { standardise } from './predict.ts'
import { answered, plainColumns, type CategoryColumn, type NumberColumn, type Table } from './table.ts'

interface CategoryBlock {
  readonly kind: 'category'
  readonly name: string
  readonly at: number
  readonly values: readonly string[]
  /** Per row: place in `values`; `values.length` is "not answered", one more is "never seen". */
  readonly codes: Uint16Array
}
interface NumberBlock {
  readonly kind: 'number'
  readonly name: string
  readonly at: number
  readonly mean: number
  readonly scale: number
  readonly low: number
  readonly high: number
  readonly standardised: Float32Array
}
export interface LinearDesign {
  readonly rows: number
  readonly blocks: readonly (CategoryBlock | NumberBlock)[]
  /** Parameters, the intercept (the last one) included. */
  readonly width: number
}

/** A category beyond this many counts as never seen: it is text, not a choice. */
const MOST_VALUES = 1_000

/** The design of all rows, learned on `rows`. */
export function linearDesign(table: Table, rows: Int32Array): LinearDesign {
  let at = 0
  const blocks = plainColumns(table).map(column => {
    const block = column.kind === 'category' ? categoryBlock(column, rows, at) : numberBlock(column, rows, at)
    at += block.kind === 'category' ? block.values.length + 1 : 1
    return block
  })
  return { rows: table.rows, blocks, width: at + 1 }
}

function categoryBlock({ name, values: cells }: CategoryColumn, rows: Int32Array, at: number): CategoryBlock {
  const counts = countAnswers({ name, kind: 'category', values: cells }, rows)
  const values = mostFrequent(counts, MOST_VALUES)
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

function numberBlock({ name, values }: NumberColumn, rows: Int32Array, at: number): NumberBlock {
  let [count, sum, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    const value = values[row]!
    if (!Number.isFinite(value)) continue
    count++
    sum += value
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const centre = count === 0 ? 0 : sum / count
  let squares = 0
  for (const row of rows) if (Number.isFinite(values[row]!)) squares += (values[row]! - centre) ** 2
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

/** Logits of `rows` under `parameters`, into `logits` (by position in `rows`). */
export function logitsOf(design: LinearDesign, rows: Int32Array, parameters: Float64Array, logits: Float64Array): void {
  logits.fill(parameters[design.width - 1]!)
  for (const block of design.blocks) {
    if (block.kind === 'number') {
      const weight = parameters[block.at]!
      for (let i = 0; i < rows.length; i++) logits[i]! += weight * block.standardised[rows[i]!]!
    } else {
      const seen = block.values.length
      for (let i = 0; i < rows.length; i++) {
        const code = block.codes[rows[i]!]!
        if (code <= seen) logits[i]! += parameters[block.at + code]!
      }
    }
  }
}

/** The transpose: adds what each row's `residuals` say to the gradient. */
export function addGradient(
  design: LinearDesign,
  rows: Int32Array,
  residuals: Float64Array,
  gradient: Float64Array,
): void {
  for (const block of design.blocks) {
    if (block.kind === 'number') {
      let sum = 0
      for (let i = 0; i < rows.length; i++) sum += residuals[i]! * block.standardised[rows[i]!]!
      gradient[block.at]! += sum
    } else {
      const seen = block.values.length
      for (let i = 0; i < rows.length; i++) {
        const code = block.codes[rows[i]!]!
        if (code <= seen) gradient[block.at + code]! += residuals[i]!
      }
    }
  }
  let sum = 0
  for (let i = 0; i < rows.length; i++) sum += residuals[i]!
  gradient[design.width - 1]! += sum
}

/** Adds the sum of squares of each parameter's column over `rows`. */
export function addSquares(design: LinearDesign, rows: Int32Array, squares: Float64Array): void {
  for (const block of design.blocks) {
    for (const row of rows) {
      if (block.kind === 'number') squares[block.at]! += block.standardised[row]! ** 2
      else if (block.codes[row]! <= block.values.length) squares[block.at + block.codes[row]!]! += 1
    }
  }
  squares[design.width - 1]! += rows.length
}

/** The inputs and the intercept of a model, centred on the mean of `rows`. */
export function toLinearInputs(
  design: LinearDesign,
  rows: Int32Array,
  parameters: Float64Array,
): { readonly inputs: readonly LinearInput[]; readonly intercept: number } {
  let intercept = parameters[design.width - 1]!
  const inputs = design.blocks.map((block): LinearInput => {
    if (block.kind === 'number') {
      const { name, mean, scale, low, high, at } = block
      return { name, kind: 'number', mean, scale, weight: Math.fround(parameters[at]!), low, high }
    }
    const weights = parameters.slice(block.at, block.at + block.values.length + 1)
    let sum = 0
    let missing = 0
    for (const row of rows) {
      const code = block.codes[row]!
      sum += weights[code] ?? 0
      if (code === block.values.length) missing++
    }
    const centre = rows.length === 0 ? 0 : sum / rows.length
    intercept += centre
    return {
      name: block.name,
      kind: 'category',
      values: block.values,
      weights: [...weights.subarray(0, block.values.length)].map(weight => Math.fround(weight - centre)),
      // Nobody left it out in training: then leaving it out says nothing.
      missing: missing === 0 ? 0 : Math.fround(weights[block.values.length]! - centre),
    }
  })
  return { inputs, intercept: Math.fround(intercept) }
}
