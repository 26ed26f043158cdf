/**
 * How good answers are on rows that the model has not seen, for every kind of outcome, with the
 * interval that the households drawn leave open.
 *
 * Answers are laid out as `TrainedModel.outOfFold`. The AUC of more than two classes is the
 * mean over the classes that occur, each against the rest. A figure that cannot be had (one
 * class alone, no rows) is `null`.
 *
 * Laws, in `measure-answers.test.ts`: A1 a row of weight 2 counts as two rows
 *   A2 two classes told as several have the same figures   A3 the interval holds the figure
 */
import { groupDraws, type Interval } from './bootstrap.ts'
import { fitPlatt } from './platt.ts'
import { fitSoftmaxScale } from './softmax-scale.ts'
import { takeTarget, type AmountTarget, type ClassTarget, type Target } from './target.ts'

/** `auc logLoss accuracy macroF1 brier calibrationSlope`, or `rmse mae r2`. */
export type Figures = Readonly<Record<string, number | null>>

const TINY = 1e-15

export function measureAnswers(target: Target, answers: Float64Array, weights?: Float64Array): Figures {
  const rows = target.task === 'regression' ? target.values.length : target.codes.length
  return measureOf(target, answers)(weights ?? new Float64Array(rows).fill(1))
}

export interface IntervalOptions {
  readonly groups: readonly string[]
  readonly seed: number
  readonly draws?: number
  readonly level?: number
}

/** Of each figure that can be had: its value, and where it lies in `level` of the draws of households. */
export function measureIntervals(
  target: Target,
  answers: Float64Array,
  { groups, seed, draws = 200, level = 0.95 }: IntervalOptions,
): Readonly<Record<string, Interval>> {
  const measure = measureOf(target, answers)
  const drawn = groupDraws(groups, draws, seed).map(measure)
  const intervals: Record<string, Interval> = {}
  for (const [name, mean] of Object.entries(measure(new Float64Array(groups.length).fill(1)))) {
    const values = drawn.map(figures => figures[name] ?? Number.NaN).filter(Number.isFinite)
    if (mean === null || values.length < draws / 2) continue
    const sorted = values.sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!
    intervals[name] = { mean, lower: Math.min(mean, at((1 - level) / 2)), upper: Math.max(mean, at((1 + level) / 2)) }
  }
  return intervals
}

export interface SubgroupFigures {
  readonly value: string
  readonly rows: number
  /** `null` where there are too few rows to say. */
  readonly figures: Figures | null
}

/** By answer to a question, the most frequent first; the blank ones together as ''. */
export function measureSubgroups(
  target: Target,
  answers: Float64Array,
  values: readonly (string | null)[],
  fewest = 50,
): SubgroupFigures[] {
  const rowsOf = new Map<string, number[]>()
  for (const [row, value] of values.entries()) {
    const own = rowsOf.get(value ?? '')
    if (own === undefined) rowsOf.set(value ?? '', [row])
    else own.push(row)
  }
  const width = values.length === 0 ? 1 : answers.length / values.length
  return [...rowsOf]
    .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .map(([value, rows]) => ({
      value,
      rows: rows.length,
      figures:
        rows.length < fewest
          ? null
          : measureAnswers(
              takeTarget(target, rows),
              Float64Array.from(rows.flatMap(row => [...answers.subarray(row * width, (row + 1) * width)])),
            ),
    }))
}

/** By class that was true, then by class that was said: weights of rows. */
export function confusionOf(target: ClassTarget, answers: Float64Array, weights?: ArrayLike<number>): number[][] {
  const probabilities = byClass(target, answers)
  const table = target.classes.map(() => target.classes.map(() => 0))
  for (const [row, code] of target.codes.entries()) table[code]![mostLikely(probabilities, row)]! += weights?.[row] ?? 1
  return table
}

type Measure = (weights: Float64Array) => Figures

const measureOf = (target: Target, answers: Float64Array): Measure =>
  target.task === 'regression' ? measureOfAmounts(target, answers) : measureOfClasses(target, answers)

function measureOfClasses(target: ClassTarget, answers: Float64Array): Measure {
  const { classes, codes } = target
  const probabilities = byClass(target, answers)
  // Of two classes both curves are the same one.
  const ranked = (classes.length === 2 ? [1] : classes.map((_, k) => k)).map(k => rankedBy(probabilities[k]!, codes, k))
  const losses = Float64Array.from(codes, (code, row) => -Math.log(Math.max(TINY, probabilities[code]![row]!)))
  const squares = Float64Array.from(codes, (code, row) => {
    const sum = probabilities.reduce((all, of, k) => all + (of[row]! - (k === code ? 1 : 0)) ** 2, 0)
    return classes.length === 2 ? sum / 2 : sum
  })
  const logs = probabilities.map(of => of.map(p => Math.log(Math.min(1 - TINY, Math.max(TINY, p)))))
  return weights => {
    const table = confusionOf(target, answers, weights)
    const sum = table.reduce((all, row) => all + row.reduce((a, b) => a + b, 0), 0)
    return known({
      auc: mean(ranked.map(ranks => areaUnder(ranks, weights)).filter(Number.isFinite)),
      logLoss: weighted(losses, weights),
      accuracy: table.reduce((right, row, k) => right + row[k]!, 0) / sum,
      macroF1: macroF1(table),
      brier: weighted(squares, weights),
      calibrationSlope: slopeOf(logs, codes, weights),
    })
  }
}

/** 1 is calibrated, below 1 too sure of itself, above 1 too timid; one class alone has none. */
function slopeOf(logs: readonly Float64Array[], codes: Uint8Array, weights: Float64Array): number {
  if (new Set(codes.filter((_, row) => weights[row]! > 0)).size < 2) return Number.NaN
  if (logs.length > 2) return fitSoftmaxScale(logs, codes, { weights, slopeOnly: true }).slope
  const logits = logs[1]!.map((log, row) => log - logs[0]![row]!)
  return fitPlatt(logits, codes, { smoothed: false, weights }).slope
}

/** Probabilities by class, whatever the layout. */
function byClass({ classes }: ClassTarget, answers: Float64Array): readonly Float64Array[] {
  if (classes.length === 2) return [answers.map(p => 1 - p), answers]
  return classes.map((_, k) =>
    Float64Array.from({ length: answers.length / classes.length }, (__, row) => answers[row * classes.length + k]!),
  )
}

/** Of two, the second from one half on; of several the first of the largest. */
function mostLikely(probabilities: readonly Float64Array[], row: number): number {
  if (probabilities.length === 2) return probabilities[1]![row]! >= 0.5 ? 1 : 0
  let best = 0
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]![row]! > probabilities[best]![row]!) best = k
  return best
}

interface Ranked {
  readonly order: Int32Array
  /** Whether the row at this place has the probability of the one before it. */
  readonly ties: Uint8Array
  readonly isOwn: Uint8Array
}

function rankedBy(probabilities: Float64Array, codes: Uint8Array, k: number): Ranked {
  const order = Int32Array.from(codes.keys()).sort((a, b) => probabilities[a]! - probabilities[b]! || a - b)
  return {
    order,
    ties: Uint8Array.from(order, (row, at) => (at > 0 && probabilities[order[at - 1]!] === probabilities[row] ? 1 : 0)),
    isOwn: Uint8Array.from(codes, code => (code === k ? 1 : 0)),
  }
}

/** Ties count half. `NaN` where one side is absent. */
function areaUnder({ order, ties, isOwn }: Ranked, weights: Float64Array): number {
  let [own, others, pairs, tiedOwn, tiedOthers] = [0, 0, 0, 0, 0]
  for (let at = 0; at <= order.length; at++) {
    if (at === order.length || ties[at] === 0) {
      pairs += tiedOwn * (others + tiedOthers / 2)
      own += tiedOwn
      others += tiedOthers
      tiedOwn = 0
      tiedOthers = 0
      if (at === order.length) break
    }
    const row = order[at]!
    if (isOwn[row] === 1) tiedOwn += weights[row]!
    else tiedOthers += weights[row]!
  }
  return pairs / (own * others)
}

/** The mean over the classes that occur or were said; one that is never right counts 0. */
function macroF1(table: readonly (readonly number[])[]): number {
  return mean(
    table.flatMap((row, k) => {
      const was = row.reduce((sum, count) => sum + count, 0)
      const said = table.reduce((sum, other) => sum + other[k]!, 0)
      return was + said === 0 ? [] : [(2 * row[k]!) / (was + said)]
    }),
  )
}

function measureOfAmounts({ values }: AmountTarget, answers: Float64Array): Measure {
  const errors = values.map((value, row) => answers[row]! - value)
  const squares = errors.map(error => error ** 2)
  return weights => {
    const middle = weighted(values, weights)
    const spread = weighted(
      values.map(value => (value - middle) ** 2),
      weights,
    )
    return known({
      rmse: Math.sqrt(weighted(squares, weights)),
      mae: weighted(errors.map(Math.abs), weights),
      r2: 1 - weighted(squares, weights) / spread,
    })
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function weighted(values: Float64Array, weights: Float64Array): number {
  let [sum, weight] = [0, 0]
  for (let row = 0; row < values.length; row++) {
    sum += weights[row]! * values[row]!
    weight += weights[row]!
  }
  return sum / weight
}

const known = (figures: Readonly<Record<string, number>>): Figures =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number.isFinite(value) ? value : null]))
