/**
 * Boosted trees: the number of rounds from households the trees had not seen, then all rows.
 *
 * The folds advance together, round by round, and stop together once their common loss has
 * not improved for `patience` rounds. Their held scores at the best round calibrate the
 * final model, which is grown on all rows with that many rounds.
 *
 * Laws, in `trees.test.ts`:
 *   T1 same table, target, options and seed: the same bytes, with one thread or several
 *   T2 a column held monotone is monotone in every row
 *   T3 a row of weight 2 counts as two rows
 *
 * Why grouped: on household surveys a row-wise early stop runs twenty times too long, because
 * the neighbours of a held row are in the training rows.
 *
 * Not here: calibration of other than binary models (train-model.ts), threads (leaf-crew.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { boostForest, growForest, type Forest, type ForestMeans, type ForestOptions } from './boost-forest.ts'
import { ownMemory } from './bins.ts'
import { createSolo } from './leaf-crew.ts'
import type { TreeInput, TreeModel } from './models.ts'
import type { TreeInput2, TreeModel2 } from './models-format-2.ts'
import { calibrateTrees, fitPlatt } from './platt.ts'
import { checkTrainable, plainColumns, type Labels, type Table } from './table.ts'
import { checkTarget, type Target } from './target.ts'
import { startCrews } from './threaded-crew.ts'
import { calibratedProbabilities, type Trained } from './trained.ts'

export type TreesOptions = ForestOptions

export interface TreesTaskOptions extends TreesOptions {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal?: AbortSignal
  /** This one included; 1 where absent. The model is the same. */
  readonly threads?: number
}

export interface FittedTrees {
  /** Not calibrated. Format 1 where there are two classes. */
  readonly model: TreeModel | TreeModel2
  /** By output: the score of every row (a logit, or the amount) from trees that had not seen its household. */
  readonly unseen: readonly Float64Array[]
}

export function trainTrees(table: Table, labels: Labels, options: TreesOptions): Result<TreeModel, Fault> {
  const trained = fitTrees(table, labels, options)
  return trained.ok ? ok(trained.value.model) : trained
}

/** The model, calibrated, and what its like said of rows it had not seen. */
export function fitTrees(table: Table, labels: Labels, options: TreesOptions): Result<Trained<TreeModel>, Fault> {
  const checked = checkTrainable(table, labels, options.groups)
  if (!checked.ok) return checked
  const target: Target = { ...labels, task: 'binary' }
  const boosting = boostForest(table, target, options, ONE_THREAD)
  let step = boosting.next()
  while (step.done !== true) step = boosting.next()
  const [unseen] = step.value.unseen as [Float64Array]
  const platt = fitPlatt(unseen, labels.codes, { weights: options.weights })
  return ok({
    model: calibrateTrees(toFormat1(step.value, labels.classes), platt),
    outOfFold: calibratedProbabilities(unseen, platt),
  })
}

/**
 * Any target; lets go of the event loop between rounds. An aborted training rejects.
 *
 * With `threads` > 1 and a table that is worth it, features are shared out between threads.
 */
export async function fitTreesTask(
  table: Table,
  target: Target,
  { onProgress, signal, threads = 1, ...options }: TreesTaskOptions,
): Promise<Result<FittedTrees, Fault>> {
  const checked = checkTarget(table, target, options.groups)
  if (!checked.ok) return checked
  const features = plainColumns(table).length
  if (features === 0) return err(fault('learn.too-few', 'no column that trees can ask'))
  const isWorth = threads > 1 && features > 1 && table.rows * features >= WORTH_THREADS
  await using crews = isWorth ? await startCrews(Math.min(threads, features)) : null
  const boosting = boostForest(table, target, options, crews ?? ONE_THREAD)
  for (;;) {
    const step = boosting.next()
    if (step.done === true) {
      const forest = step.value
      const model = target.task === 'binary' ? toFormat1(forest, target.classes) : toFormat2(forest, target)
      return ok({ model, unseen: forest.unseen })
    }
    onProgress?.(step.value)
    await new Promise(resume => setImmediate(resume))
    signal?.throwIfAborted()
  }
}

/**
 * A given number of rounds of one shape, on all rows: no folds, no calibration, nothing held
 * out. What other libraries call a fit; to compare with, or where the rounds are known.
 */
export function growTrees(
  table: Table,
  target: Target,
  options: Omit<TreesOptions, 'groups' | 'rounds'> & { readonly rounds: number },
): Result<TreeModel | TreeModel2, Fault> {
  const checked = checkTarget(
    table,
    target,
    Array.from({ length: table.rows }, (_, row) => String(row)),
  )
  if (!checked.ok) return checked
  const forest = growForest(table, target, options, ONE_THREAD)
  return ok(target.task === 'binary' ? toFormat1(forest, target.classes) : toFormat2(forest, target))
}

/** Cells of a table, below which starting threads takes longer than it saves. */
const WORTH_THREADS = 250_000
const ONE_THREAD: ForestMeans = { allocate: ownMemory, crewOf: createSolo }

const toFormat1 = ({ inputs, base, trees }: Omit<Forest, 'unseen'>, classes: readonly string[]): TreeModel => ({
  format: 1,
  kind: 'trees',
  classes: [...classes],
  inputs: inputs.map(({ name, kind, orders }): TreeInput =>
    kind === 'category' ? { name, kind, order: orders[0]! } : { name, kind },
  ),
  base: base[0]!,
  trees: trees[0]!,
})

const toFormat2 = ({ inputs, base, trees }: Omit<Forest, 'unseen'>, target: Target): TreeModel2 => ({
  format: 2,
  kind: 'trees',
  task: target.task,
  classes: target.task === 'regression' ? [] : [...target.classes],
  inputs: inputs.map(({ name, kind, orders }): TreeInput2 =>
    kind === 'category' ? { name, kind, orders } : { name, kind },
  ),
  base,
  trees,
})
