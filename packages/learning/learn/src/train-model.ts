/**
 * One call from a table and an outcome to a calibrated model, and to what its like said of
 * rows it had not seen.
 *
 * `auto` tries what the table allows and keeps the lowest loss on households not seen: below
 * `TREES_FROM` rows only the logistic, which people can check by hand; it also wins a tie.
 *
 * Laws, in `train-model.test.ts`:
 *   M1 same table, target and options: the same bytes      M2 what is said is finite
 *   M3 out-of-fold scores come from models that had not seen the household
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { fitLogistic } from './logistic.ts'
import { logLoss } from './measures.ts'
import type { AnyModel } from './models-format-2.ts'
import { predict } from './predict.ts'
import type { Table } from './table.ts'
import { checkTarget, type Target } from './target.ts'
import type { Trained } from './trained.ts'
import { fitTrees } from './trees.ts'

export type Learner = 'logistic' | 'gbdt' | 'text'

export interface Progress {
  readonly phase: string
  readonly done: number
  readonly total: number
}

export interface TrainModelOptions {
  readonly seed: number
  /** The household of each row. */
  readonly groups: readonly string[]
  readonly learner: 'auto' | Learner
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: Float64Array
  readonly threads?: number
  readonly calibration?: 'platt' | 'isotonic' | 'auto' | 'none'
  /** A category column: the intercept is corrected in each of its values that has rows enough. */
  readonly regionColumn?: string
  /** By column: 1 never falls, -1 never rises. Trees only. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
}

export interface TrainedModel {
  readonly model: AnyModel
  readonly learner: Learner
  /** By row: P(second class); or a probability a class, row-major; or the amount. */
  readonly outOfFold: Float64Array
  /** Log-loss (or root mean squared error) on unseen households, by learner tried. */
  readonly crossValidated: Readonly<Record<string, number>>
  /** What whoever reads the report should know: what was left out, held or corrected. */
  readonly notes: readonly string[]
}

const TREES_FROM = 1_000
/** What a tree model must gain to be worth being a tree model. */
const TIE = 1e-4

export async function trainModel(
  table: Table,
  target: Target,
  options: TrainModelOptions,
): Promise<Result<TrainedModel, Fault>> {
  const { seed, groups, learner, onProgress, signal } = options
  const checked = checkTarget(table, target, groups)
  if (!checked.ok) return checked
  if (target.task !== 'binary')
    return err(fault('learn.not-two-classes', target.task === 'multiclass' ? target.classes.join(', ') : 'amounts'))

  const tried: readonly Learner[] =
    learner === 'auto' ? (table.rows < TREES_FROM ? ['logistic'] : ['logistic', 'gbdt']) : [learner]
  const crossValidated: Record<string, number> = {}
  let best: { readonly learner: Learner; readonly trained: Trained; readonly loss: number } | null = null
  for (const [done, name] of tried.entries()) {
    onProgress?.({ phase: name, done, total: tried.length })
    await new Promise(resume => setImmediate(resume))
    if (signal?.aborted === true) break
    const trained: Result<Trained, Fault> =
      name === 'gbdt' ? fitTrees(table, target, { seed, groups }) : fitLogistic(table, target, { seed, groups })
    if (!trained.ok) return trained
    const loss = logLoss(trained.value.outOfFold, target.codes)
    crossValidated[name] = loss
    if (best === null || loss < best.loss - TIE) best = { learner: name, trained: trained.value, loss }
  }
  onProgress?.({ phase: 'done', done: tried.length, total: tried.length })
  if (best === null || signal?.aborted === true) return err(fault('learn.too-few', 'the training was stopped'))
  return ok({ ...best.trained, learner: best.learner, crossValidated, notes: [] })
}

/** What a model says of a table, laid out as `TrainedModel.outOfFold`. */
export function predictModel(model: AnyModel, table: Table): Float64Array {
  if (model.format === 1) return predict(model, table)
  throw new Error(`a model of format ${model.format}`)
}
