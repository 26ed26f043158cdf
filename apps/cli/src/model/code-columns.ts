/**
 * Are the whole numbers of a column amounts, or codes that somebody gave to names (regions,
 * browsers, kinds of roof)? The outcome says: along an amount it rises or falls or bends once;
 * along codes it jumps.
 *
 * What a bend explains of the differences between the values is compared with all of them. A
 * column is read as codes only where the rest is both large and no accident (a test of lack of
 * fit); rows of the training part alone are asked.
 *
 * @see Draper and Smith 1998, "Applied Regression Analysis", section 2.1 (lack of fit).
 */
import type { Labels } from '@murram/learn'

/** Outcomes as numbers: one column a class, or the amount itself. */
export type Outcomes = readonly Float64Array[]

export const classOutcomes = ({ classes, codes }: Labels): Outcomes =>
  classes.slice(1).map((_, at) => Float64Array.from(codes, code => (code === at + 1 ? 1 : 0)))

/** More different values than this are amounts. */
const MOST_CODES = 64
const ROWS_A_CODE = 5
/** More than half of the differences must be left over by a bend. */
const LEFT_OVER = 0.5
/** And exceed what chance leaves over by so many standard deviations. */
const DEVIATIONS = 4

export function areCodes(values: Float32Array, outcomes: Outcomes): boolean {
  const rowsOf = new Map<number, number[]>()
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) continue
    if (!Number.isInteger(value) || value < 0) return false
    const rows = rowsOf.get(value)
    if (rows !== undefined) rows.push(row)
    else if (rowsOf.size > MOST_CODES) return false
    else rowsOf.set(value, [row])
  }
  const codes = [...rowsOf].sort(([a], [b]) => a - b).filter(([, rows]) => rows.length >= ROWS_A_CODE)
  if (codes.length < 5 || codes.length > MOST_CODES) return false
  return outcomes.some(outcome =>
    jumps(
      codes.map(([, rows]) => rows),
      outcome,
    ),
  )
}

/** @param codes Rows by code, codes in their order. */
function jumps(codes: readonly (readonly number[])[], outcome: Float64Array): boolean {
  const sizes = codes.map(rows => rows.length)
  const means = codes.map(rows => rows.reduce((sum, row) => sum + outcome[row]!, 0) / rows.length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const within = codes.reduce(
    (sum, rows, at) => sum + rows.reduce((inner, row) => inner + (outcome[row]! - means[at]!) ** 2, 0),
    0,
  )
  const middle = means.reduce((sum, mean, at) => sum + mean * sizes[at]!, 0) / total
  const between = means.reduce((sum, mean, at) => sum + sizes[at]! * (mean - middle) ** 2, 0)
  const leftOver = bendResidual(sizes, means)
  const freedom = codes.length - 3
  const noise = within / Math.max(1, total - codes.length)
  const ratio = leftOver / freedom / Math.max(noise, 1e-12)
  return leftOver > LEFT_OVER * between && ratio > 1 + DEVIATIONS * Math.sqrt(2 / freedom)
}

/** What a parabola over the places of the codes leaves of their means, weighted by rows. */
function bendResidual(sizes: readonly number[], means: readonly number[]): number {
  // Gram–Schmidt on 1, place, place²: three sums each, no matrix to invert.
  const kept: number[][] = []
  let rest = [...means]
  for (let power = 0; power < 3; power++) {
    let term = means.map((_, at) => (at / means.length) ** power)
    for (const basis of kept) term = without(term, basis, sizes)
    kept.push(term)
    rest = without(rest, term, sizes)
  }
  return rest.reduce((sum, value, at) => sum + sizes[at]! * value ** 2, 0)
}

function without(vector: readonly number[], basis: readonly number[], sizes: readonly number[]): number[] {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, at) => sum + value * b[at]! * sizes[at]!, 0)
  const norm = dot(basis, basis)
  const length = norm > 0 ? dot(vector, basis) / norm : 0
  return vector.map((value, at) => value - length * basis[at]!)
}
