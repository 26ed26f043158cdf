/**
 * Logistic regression with an L2 penalty, calibrated on households it had not seen.
 *
 * The penalty is on the sum of the losses: `l2` 1 is what others call C = 1. The intercept
 * is not penalised. A row of weight 2 counts as two rows.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { groupedFolds } from './groups.ts'
import { fitLinear } from './fit-linear.ts'
import { linearDesign } from './linear-design.ts'
import { toLinearInputs } from './linear-inputs.ts'
import type { LinearModel } from './models.ts'
import { calibrateLinear, fitPlatt } from './platt.ts'
import { predictLogits } from './predict.ts'
import { allRows, checkTrainable, takeRows, type Labels, type Table } from './table.ts'
import { calibratedProbabilities, type Trained } from './trained.ts'

export interface LogisticOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: Float64Array
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
  { seed, groups, weights, l2 = 1, folds: k = 5 }: LogisticOptions,
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
      { l2, weights },
    )
    const logits = predictLogits(model, takeRows(table, held))
    for (const [i, row] of held.entries()) unseen[row] = logits[i]!
  }
  const platt = fitPlatt(unseen, labels.codes, { weights })
  const model = calibrateLinear(fitRows(table, labels, allRows(table.rows), { l2, weights }), platt)
  return ok({ model, outOfFold: calibratedProbabilities(unseen, platt) })
}

function fitRows(
  table: Table,
  labels: Labels,
  rows: Int32Array,
  { l2, weights = null }: { readonly l2: number; readonly weights: Float64Array | null | undefined },
): LinearModel {
  const design = linearDesign(table, rows, [], weights)
  const parameters = fitLinear(design, { ...labels, task: 'binary' }, rows, { l2, weights })
  const inputs = toLinearInputs(design, rows, parameters, weights)
  return { format: 1, kind: 'linear', classes: [...labels.classes], ...inputs }
}
