/**
 * Boosted trees: the number of rounds from households the trees had not seen, then all rows.
 *
 * The folds advance together, round by round, and stop together once their common log-loss
 * has not improved for `patience` rounds. Their held scores at the best round calibrate the
 * final model, which is grown on all rows with that many rounds.
 *
 * Why grouped: on household surveys a row-wise early stop runs twenty times too long, because
 * the neighbours of a held row are in the training rows.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { createBooster, type BoosterOptions } from './booster.ts'
import { groupedFolds } from './groups.ts'
import { logLoss } from './measures.ts'
import { sigmoid, type TreeModel } from './models.ts'
import { calibrateTrees, fitPlatt } from './platt.ts'
import { createRandom } from './random.ts'
import { allRows, checkTrainable, type Labels, type Table } from './table.ts'
import { calibratedProbabilities, type Trained } from './trained.ts'

export interface TreesOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  readonly maxLeaves?: number
  readonly maxDepth?: number
  /** At most this many trees. */
  readonly rounds?: number
  readonly learningRate?: number
  /** Rounds without improvement before the folds stop. */
  readonly patience?: number
  /** Fewest rows in a leaf. */
  readonly minRows?: number
  readonly lambda?: number
  readonly featureShare?: number
  readonly folds?: number
}

export function trainTrees(table: Table, labels: Labels, options: TreesOptions): Result<TreeModel, Fault> {
  const trained = fitTrees(table, labels, options)
  return trained.ok ? ok(trained.value.model) : trained
}

/** The model, and what its like said of rows it had not seen. */
export function fitTrees(table: Table, labels: Labels, options: TreesOptions): Result<Trained<TreeModel>, Fault> {
  const { seed, groups, rounds = 400, patience = 20, folds: k = 5 } = options
  const checked = checkTrainable(table, labels, groups)
  if (!checked.ok) return checked
  const growth = growthOf(options, table.rows)

  const { best, unseen } = crossBoost(table, labels, groupedFolds(groups, k, seed), k, growth, {
    seed,
    rounds,
    patience,
  })
  const booster = createBooster(table, labels, allRows(table.rows), growth, createRandom(seed))
  for (let round = 0; round < best; round++) booster.step()
  const platt = fitPlatt(unseen, labels.codes)
  return ok({
    model: calibrateTrees(booster.model(best), platt),
    outOfFold: calibratedProbabilities(unseen, platt),
  })
}

/** Small data: fewer leaves, and leaves of fewer rows. */
function growthOf(options: TreesOptions, rows: number): BoosterOptions {
  return {
    maxLeaves: options.maxLeaves ?? (rows < 2_000 ? 8 : rows < 10_000 ? 15 : 31),
    maxDepth: options.maxDepth ?? 8,
    learningRate: options.learningRate ?? 0.1,
    minRows: options.minRows ?? (rows < 1_000 ? 10 : 20),
    lambda: options.lambda ?? 1,
    minGain: 1e-6,
    featureShare: options.featureShare ?? 0.7,
  }
}

interface Stopped {
  /** Rounds at the lowest common log-loss; at least one. */
  readonly best: number
  /** Logit of every row at that round, from the fold that had not seen its household. */
  readonly unseen: Float64Array
}

function crossBoost(
  table: Table,
  labels: Labels,
  folds: readonly number[],
  k: number,
  growth: BoosterOptions,
  { seed, rounds, patience }: { readonly seed: number; readonly rounds: number; readonly patience: number },
): Stopped {
  const boosters = Array.from({ length: k }, (_, fold) => {
    const rows = allRows(table.rows).filter(row => folds[row] !== fold)
    return createBooster(table, labels, rows, growth, createRandom(seed + fold + 1))
  })
  let best: Stopped = { best: 1, unseen: new Float64Array(table.rows) }
  let lowest = Number.POSITIVE_INFINITY
  for (let round = 1; round <= rounds && round - best.best <= patience; round++) {
    for (const booster of boosters) booster.step()
    const unseen = Float64Array.from(folds, (fold, row) => boosters[fold]!.logits[row]!)
    const loss = logLoss(unseen.map(sigmoid), labels.codes)
    if (loss < lowest) {
      lowest = loss
      best = { best: round, unseen }
    }
  }
  return best
}
