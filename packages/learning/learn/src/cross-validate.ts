/**
 * How a trainer does on households it has not seen, calibration included: the number to
 * compare recipes by. Each fold trains from nothing (folds within the fold).
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { groupedFolds } from './groups.ts'
import { trainLogistic, type LogisticOptions } from './logistic.ts'
import { auc, logLoss } from './measures.ts'
import { predict } from './predict.ts'
import { allRows, takeLabels, takeRows, type Labels, type Table } from './table.ts'
import { trainTrees, type TreesOptions } from './trees.ts'

export type CrossValidation = { readonly k: number } & (
  | ({ readonly kind: 'logistic' } & LogisticOptions)
  | ({ readonly kind: 'trees' } & TreesOptions)
)

export interface CrossValidated {
  readonly probabilities: Float64Array
  readonly logLoss: number
  readonly auc: number
}

export function crossValidate(table: Table, labels: Labels, options: CrossValidation): Result<CrossValidated, Fault> {
  const folds = groupedFolds(options.groups, options.k, options.seed)
  const probabilities = new Float64Array(table.rows)
  for (let fold = 0; fold < options.k; fold++) {
    const held = allRows(table.rows).filter(row => folds[row] === fold)
    const rows = allRows(table.rows).filter(row => folds[row] !== fold)
    const groups = Array.from(rows, row => options.groups[row]!)
    const seen = takeRows(table, rows)
    const codes = takeLabels(labels, rows)
    const trained =
      options.kind === 'trees'
        ? trainTrees(seen, codes, { ...options, groups })
        : trainLogistic(seen, codes, { ...options, groups })
    if (!trained.ok) return trained
    const said = predict(trained.value, takeRows(table, held))
    for (const [i, row] of held.entries()) probabilities[row] = said[i]!
  }
  return ok({
    probabilities,
    logLoss: logLoss(probabilities, labels.codes),
    auc: auc(probabilities, labels.codes),
  })
}
