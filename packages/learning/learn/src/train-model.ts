/**
 * One call from a table and an outcome to a calibrated model, and to what its like said of
 * rows it had not seen.
 *
 * `auto` tries what the table allows and keeps the lowest loss on households not seen: below
 * `TREES_FROM` rows only the linear model, which people can check by hand; it also wins a tie.
 * A table with free text is for the text learner, which reads the other columns too.
 *
 * Laws, in `train-model.test.ts`:
 *   M1 same table, target and options: the same bytes      M2 what is said is finite
 *   M3 out-of-fold scores come from models that had not seen the household
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { calibrate, type Calibrated, type Calibration } from './calibrate.ts'
import { fitLinearTask } from './linear-task.ts'
import type { AnyModel } from './models-format-2.ts'
import { createObjective } from './objective.ts'
import { plainColumns, type Table } from './table.ts'
import { checkTarget, type Target } from './target.ts'
import { joinTwins } from './text/twins.ts'
import { fitTreesTask } from './trees.ts'

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
  /** `auto`, which is the default, takes an isotonic line where it is clearly better. */
  readonly calibration?: Calibration
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
  const checked = checkTarget(table, target, options.groups)
  if (!checked.ok) return checked
  const tried = learnersFor(table, options.learner)
  if (!tried.ok) return tried

  const crossValidated: Record<string, number> = {}
  let best: Fitted | null = null
  try {
    for (const learner of tried.value) {
      const fitted = await fitLearner(learner, table, target, options)
      if (!fitted.ok) return fitted
      crossValidated[learner] = fitted.value.loss
      if (best === null || fitted.value.loss < best.loss * (1 - TIE)) best = fitted.value
    }
  } catch (cause) {
    if (options.signal?.aborted === true) return err(fault('learn.stopped'))
    throw cause
  }
  if (best === null) throw new Error('no learner was tried')
  const { model, outOfFold, notes } = best
  return ok({ model, outOfFold, learner: best.learner, crossValidated, notes: [...notes, ...leftOut(table, best)] })
}

interface Fitted extends Calibrated {
  readonly learner: Learner
  /** Of the calibrated scores of unseen rows. */
  readonly loss: number
}

function learnersFor(table: Table, asked: 'auto' | Learner): Result<readonly Learner[], Fault> {
  const hasText = table.columns.some(({ kind }) => kind === 'text')
  const hasPlain = plainColumns(table).length > 0
  if (asked === 'text' && !hasText) return err(fault('learn.too-few', 'no column of text to learn from'))
  if ((asked === 'gbdt' || asked === 'logistic') && !hasPlain)
    return err(fault('learn.too-few', 'only text: the learner for it is `text`'))
  if (asked !== 'auto') return ok([asked])
  if (hasText) return ok(hasPlain && table.rows >= TREES_FROM ? ['text', 'gbdt'] : ['text'])
  return ok(table.rows >= TREES_FROM ? ['logistic', 'gbdt'] : ['logistic'])
}

async function fitLearner(
  learner: Learner,
  table: Table,
  target: Target,
  { seed, weights, threads, monotone, onProgress, signal, ...options }: TrainModelOptions,
): Promise<Result<Fitted, Fault>> {
  const texts = learner === 'text' ? table.columns.filter(column => column.kind === 'text') : []
  const { groups, repeated } = joinTwins(texts, options.groups)
  const common = {
    seed,
    groups,
    ...(weights !== undefined && { weights }),
    ...(signal !== undefined && { signal }),
    onProgress: ({ done, total }: { readonly done: number; readonly total: number }) =>
      onProgress?.({ phase: learner, done, total }),
  }
  const read = learner === 'text' ? table : { ...table, columns: plainColumns(table) }
  const fitted =
    learner === 'gbdt'
      ? await fitTreesTask(read, target, {
          ...common,
          ...(threads !== undefined && { threads }),
          ...(monotone !== undefined && { monotone }),
        })
      : await fitLinearTask(read, target, common)
  if (!fitted.ok) return fitted
  const { model, unseen } = fitted.value
  const calibrated = calibrate(model, unseen, read, target, {
    seed,
    groups,
    weights,
    calibration: options.calibration ?? 'auto',
    regionColumn: options.regionColumn,
  })
  const notes = [
    ...(repeated > 0 ? [`${repeated} rows repeat the text of another row: they share its fold`] : []),
    ...calibrated.notes,
  ]
  return ok({ ...calibrated, notes, learner, loss: lossOf(target, calibrated.outOfFold, weights ?? null) })
}

/** Log-loss, or root mean squared error, of answers laid out as `outOfFold`. */
function lossOf(target: Target, answers: Float64Array, weights: Float64Array | null): number {
  const objective = createObjective(target, weights)
  if (target.task === 'regression') return Math.sqrt(2 * objective.loss([answers]))
  const outputs = target.task === 'binary' ? 1 : target.classes.length
  const toScore = (p: number): number =>
    outputs === 1 ? Math.log(Math.max(p, TINY)) - Math.log(Math.max(1 - p, TINY)) : Math.log(Math.max(p, TINY))
  return objective.loss(
    Array.from({ length: outputs }, (_, k) =>
      Float64Array.from({ length: answers.length / outputs }, (__, row) => toScore(answers[row * outputs + k]!)),
    ),
  )
}

const TINY = 1e-15

function leftOut(table: Table, { learner }: Fitted): string[] {
  if (learner === 'text') return []
  const texts = table.columns.filter(({ kind }) => kind === 'text').map(({ name }) => name)
  return texts.length === 0 ? [] : [`text was left out: ${texts.join(', ')}`]
}
