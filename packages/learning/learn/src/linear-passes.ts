/**
 * What is computed over a design: scores, gradients, sums of squares. Column by column, so
 * that each walks one array.
 *
 * Of `outputs` K, parameter j of output k stands at `j K + k`, and row i's score at `i K + k`.
 */
import type { LinearDesign } from './linear-design.ts'
import type { SparseRows } from './text/text-block.ts'

/** Scores of `rows` under `parameters`, into `scores` (by position in `rows`). */
export function scoresOf(
  design: LinearDesign,
  rows: Int32Array,
  parameters: Float64Array,
  outputs: number,
  scores: Float64Array,
): void {
  const last = (design.width - 1) * outputs
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < outputs; k++) scores[i * outputs + k] = parameters[last + k]!
  for (const block of design.blocks) {
    const first = block.at * outputs
    if (block.kind === 'number') {
      for (let k = 0; k < outputs; k++) {
        const weight = parameters[first + k]!
        for (let i = 0; i < rows.length; i++) scores[i * outputs + k]! += weight * block.standardised[rows[i]!]!
      }
    } else if (block.kind === 'category') {
      const seen = block.values.length
      for (let i = 0; i < rows.length; i++) {
        const code = block.codes[rows[i]!]!
        if (code > seen) continue
        for (let k = 0; k < outputs; k++) scores[i * outputs + k]! += parameters[first + code * outputs + k]!
      }
    } else {
      addGramScores(block.rows, rows, parameters, first, outputs, scores)
    }
  }
}

/** The transpose: adds what each row's `residuals` say to the gradient. */
export function addGradient(
  design: LinearDesign,
  rows: Int32Array,
  residuals: Float64Array,
  outputs: number,
  gradient: Float64Array,
): void {
  for (const block of design.blocks) {
    const first = block.at * outputs
    if (block.kind === 'number') {
      for (let k = 0; k < outputs; k++) {
        let sum = 0
        for (let i = 0; i < rows.length; i++) sum += residuals[i * outputs + k]! * block.standardised[rows[i]!]!
        gradient[first + k]! += sum
      }
    } else if (block.kind === 'category') {
      const seen = block.values.length
      for (let i = 0; i < rows.length; i++) {
        const code = block.codes[rows[i]!]!
        if (code > seen) continue
        for (let k = 0; k < outputs; k++) gradient[first + code * outputs + k]! += residuals[i * outputs + k]!
      }
    } else {
      addGramGradient(block.rows, rows, residuals, first, outputs, gradient)
    }
  }
  const last = (design.width - 1) * outputs
  for (let k = 0; k < outputs; k++) {
    let sum = 0
    for (let i = 0; i < rows.length; i++) sum += residuals[i * outputs + k]!
    gradient[last + k]! += sum
  }
}

/*
 * A text has hundreds of grams and a question one answer: these two loops are the training of
 * a text model. Sums of a row are kept apart while its grams are walked.
 */
function addGramScores(
  { start, places, values }: SparseRows,
  rows: Int32Array,
  parameters: Float64Array,
  first: number,
  outputs: number,
  scores: Float64Array,
): void {
  const sums = new Float64Array(outputs)
  for (let i = 0; i < rows.length; i++) {
    const end = start[rows[i]! + 1]!
    for (let k = 0; k < outputs; k++) sums[k] = scores[i * outputs + k]!
    for (let at = start[rows[i]!]!; at < end; at++) {
      const from = first + places[at]! * outputs
      const value = values[at]!
      for (let k = 0; k < outputs; k++) sums[k]! += parameters[from + k]! * value
    }
    for (let k = 0; k < outputs; k++) scores[i * outputs + k] = sums[k]!
  }
}

function addGramGradient(
  { start, places, values }: SparseRows,
  rows: Int32Array,
  residuals: Float64Array,
  first: number,
  outputs: number,
  gradient: Float64Array,
): void {
  const own = new Float64Array(outputs)
  for (let i = 0; i < rows.length; i++) {
    const end = start[rows[i]! + 1]!
    for (let k = 0; k < outputs; k++) own[k] = residuals[i * outputs + k]!
    for (let at = start[rows[i]!]!; at < end; at++) {
      const to = first + places[at]! * outputs
      const value = values[at]!
      for (let k = 0; k < outputs; k++) gradient[to + k]! += own[k]! * value
    }
  }
}

/** Of each parameter of an output, the weighted sum of squares of its column over `rows`. */
export function squaresOf(design: LinearDesign, rows: Int32Array, weights: Float64Array | null): Float64Array {
  const squares = new Float64Array(design.width)
  for (const row of rows) squares[design.width - 1]! += weights?.[row] ?? 1
  for (const block of design.blocks) {
    for (const row of rows) {
      const weight = weights?.[row] ?? 1
      if (block.kind === 'number') squares[block.at]! += weight * block.standardised[row]! ** 2
      else if (block.kind === 'category') {
        if (block.codes[row]! <= block.values.length) squares[block.at + block.codes[row]!]! += weight
      } else {
        const { start, places, values } = block.rows
        for (let at = start[row]!; at < start[row + 1]!; at++)
          squares[block.at + places[at]!]! += weight * values[at]! ** 2
      }
    }
  }
  return squares
}
