/**
 * Which model the number of verified outcomes allows.
 *
 *   below `logisticFrom`   the shipped prior
 *   below `treesFrom`      logistic regression
 *   from there             logistic or trees: the lower log-loss on unseen households;
 *                          a tie goes to the logistic, which people can check by hand
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { fitLogistic, type LogisticOptions } from './logistic.ts'
import { logLoss } from './measures.ts'
import type { LinearModel, Model } from './models.ts'
import type { Labels, Table } from './table.ts'
import type { Trained } from './trained.ts'
import { fitTrees, type TreesOptions } from './trees.ts'

export interface LadderOptions {
  readonly seed: number
  readonly groups: readonly string[]
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: Float64Array
  readonly logisticFrom: number
  readonly treesFrom: number
  readonly prior: LinearModel
  readonly logistic?: Omit<LogisticOptions, 'seed' | 'groups' | 'weights'>
  readonly trees?: Omit<TreesOptions, 'seed' | 'groups' | 'weights'>
}

export interface Rung {
  readonly rung: 'prior' | 'logistic' | 'trees'
  readonly model: Model
  /** Calibrated probabilities of the training rows, unseen; `null` for the prior. */
  readonly outOfFold: Float64Array | null
  /** Log-loss on unseen households of what was tried. */
  readonly crossValidated: { readonly logistic: number | null; readonly trees: number | null }
}

/** What a tree model must gain to be worth being a tree model. */
const TIE = 1e-4

export function climbLadder(table: Table, labels: Labels, options: LadderOptions): Result<Rung, Fault> {
  const { logisticFrom, treesFrom, prior, weights } = options
  const common = { seed: options.seed, groups: options.groups, ...(weights !== undefined && { weights }) }
  if (table.rows < logisticFrom)
    return ok({ rung: 'prior', model: prior, outOfFold: null, crossValidated: { logistic: null, trees: null } })

  const logistic = fitLogistic(table, labels, { ...options.logistic, ...common })
  if (!logistic.ok) return logistic
  const logisticLoss = logLoss(logistic.value.outOfFold, labels.codes, weights)
  if (table.rows < treesFrom) return ok(rung('logistic', logistic.value, logisticLoss, null))

  const trees = fitTrees(table, labels, { ...options.trees, ...common })
  if (!trees.ok) return trees
  const treesLoss = logLoss(trees.value.outOfFold, labels.codes, weights)
  return treesLoss < logisticLoss - TIE
    ? ok(rung('trees', trees.value, logisticLoss, treesLoss))
    : ok(rung('logistic', logistic.value, logisticLoss, treesLoss))
}

const rung = (name: Rung['rung'], { model, outOfFold }: Trained, logistic: number, trees: number | null): Rung => ({
  rung: name,
  model,
  outOfFold,
  crossValidated: { logistic, trees },
})
