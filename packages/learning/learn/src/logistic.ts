/**
 * Logistic regression with an L2 penalty, calibrated on households it had not seen.
 *
 * The penalty is on the sum of the losses: `l2` 1 is what others call C = 1. The intercept
 * is not penalised.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { groupedFolds } from './groups.ts'
import { addGradient, addSquares, linearDesign, logitsOf, toLinearInputs, type LinearDesign } from './linear-design.ts'
import { minimise } from './minimise.ts'
import { sigmoid, type LinearModel } from './models.ts'
import { calibrateLinear, fitPlatt } from './platt.ts'
import { predictLogits } from './predict.ts'
import { allRows, checkTrainable, takeRows, type Labels, type Table } from './table.ts'
import { calibratedProbabilities, type Trained } from './trained.ts'

export interface LogisticOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  readonly l2?: number
  /** Folds that calibration scores come from. */
  readonly folds?: number
}

export function trainLogistic(table: Table, labels: Labels, options: LogisticOptions): Result<LinearModel, Fault> {
  const trained = fitLogistic(table, labels, options)
  return trained.ok ? ok(trained.value.model) : trained
}

/** The model, and what its like said of rows it had not seen. */
export function fitLogistic(
  table: Table,
  labels: Labels,
  { seed, groups, l2 = 1, folds: k = 5 }: LogisticOptions,
): Result<Trained<LinearModel>, Fault> {
  const checked = checkTrainable(table, labels, groups)
  if (!checked.ok) return checked

  const folds = groupedFolds(groups, k, seed)
  const unseen = new Float64Array(table.rows)
  for (let fold = 0; fold < k; fold++) {
    const held = allRows(table.rows).filter(row => folds[row] === fold)
    if (held.length === 0) continue
    const model = fitRows(
      table,
      labels,
      allRows(table.rows).filter(row => folds[row] !== fold),
      l2,
    )
    const logits = predictLogits(model, takeRows(table, held))
    for (const [i, row] of held.entries()) unseen[row] = logits[i]!
  }
  const platt = fitPlatt(unseen, labels.codes)
  const model = calibrateLinear(fitRows(table, labels, allRows(table.rows), l2), platt)
  return ok({ model, outOfFold: calibratedProbabilities(unseen, platt) })
}

function fitRows(table: Table, labels: Labels, rows: Int32Array, l2: number): LinearModel {
  const design = linearDesign(table, rows)
  const logits = new Float64Array(rows.length)
  const start = new Float64Array(design.width)
  const positives = rows.reduce((sum, row) => sum + labels.codes[row]!, 0)
  start[design.width - 1] = Math.log((positives + 1) / (rows.length - positives + 1))

  // In units of each parameter's own standard error the valley is round: a rare answer and a
  // common one need steps of the same length, and 5 % of an error is near enough.
  const units = unitsOf(design, rows, positives / rows.length, l2)
  const at = new Float64Array(design.width)
  const scaled = minimise(
    (steps, gradient) => {
      for (let j = 0; j < design.width; j++) at[j] = steps[j]! * units[j]!
      logitsOf(design, rows, at, logits)
      let loss = 0
      for (let i = 0; i < rows.length; i++) {
        const z = logits[i]!
        const y = labels.codes[rows[i]!]!
        loss += Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)))
        logits[i] = sigmoid(z) - y
      }
      for (let j = 0; j < design.width - 1; j++) {
        loss += (l2 / 2) * at[j]! ** 2
        gradient[j] = l2 * at[j]!
      }
      gradient[design.width - 1] = 0
      addGradient(design, rows, logits, gradient)
      for (let j = 0; j < design.width; j++) gradient[j]! *= units[j]!
      return loss
    },
    start.map((value, j) => value / units[j]!),
    { maxSteps: 300, tolerance: 0.05 },
  )
  const parameters = scaled.map((value, j) => value * units[j]!)
  return { format: 1, kind: 'linear', classes: [...labels.classes], ...toLinearInputs(design, rows, parameters) }
}

/** About one standard error of each parameter, were it alone. */
function unitsOf(design: LinearDesign, rows: Int32Array, rate: number, l2: number): Float64Array {
  const squares = new Float64Array(design.width)
  addSquares(design, rows, squares)
  const spread = Math.max(0.01, rate * (1 - rate))
  return squares.map((sum, j) => 1 / Math.sqrt(spread * sum + (j < design.width - 1 ? l2 : 0) + 1e-9))
}
