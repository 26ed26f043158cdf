/**
 * How good a model is on rows that it has not seen: the figures of the report and of `--json`.
 *
 * `said` is laid out as the trainer lays it out: P(second class) by row, a probability a class
 * row by row, or the amount. The AUC of more than two classes is the mean over the classes
 * that occur, each against the rest. A figure that cannot be had (one class alone) is `null`.
 */
import { auc, calibrationSlope, rowLosses, type ClassTarget, type Target } from '@murram/learn'

export type Metrics = Readonly<Record<string, number | null>>

export interface ReliabilityBin {
  readonly rows: number
  /** Mean probability said, and share of rows where it was so. */
  readonly said: number
  readonly was: number
}
export interface RocPoint {
  readonly falsePositives: number
  readonly truePositives: number
}
export interface Curves {
  /** Of the class that is named: the positive one, or each of several. */
  readonly name: string
  readonly reliability: readonly ReliabilityBin[]
  readonly roc: readonly RocPoint[]
}

const MACRO_TINY = 1e-15
const BINS = 10

/** Probabilities by class, whatever the layout. */
export function byClass({ classes }: ClassTarget, said: Float64Array, rows: number): Float64Array[] {
  if (classes.length === 2) return [said.map(p => 1 - p), said]
  return classes.map((_, at) => Float64Array.from({ length: rows }, (_row, row) => said[row * classes.length + at]!))
}

/** The class said of each row; of two, the second from `threshold` on. */
export function labelsSaid({ classes }: ClassTarget, said: Float64Array, rows: number, threshold = 0.5): Uint8Array {
  if (classes.length === 2) return Uint8Array.from(said, p => (p >= threshold ? 1 : 0))
  return Uint8Array.from({ length: rows }, (_, row) => {
    let best = 0
    for (let at = 1; at < classes.length; at++)
      if (said[row * classes.length + at]! > said[row * classes.length + best]!) best = at
    return best
  })
}

export function judge(target: Target, said: Float64Array): Metrics {
  return target.task === 'regression' ? judgeAmounts(target.values, said) : judgeClasses(target, said)
}

function judgeClasses(target: ClassTarget, said: Float64Array): Metrics {
  const { classes, codes } = target
  const rows = codes.length
  if (rows === 0) return { auc: null, logLoss: null, accuracy: null, macroF1: null }
  const probabilities = byClass(target, said, rows)
  const loss = Array.from(codes, (code, row) => -Math.log(Math.max(MACRO_TINY, probabilities[code]![row]!)))
  const brier = Array.from(codes, (code, row) =>
    classes.reduce((sum, _, at) => sum + (probabilities[at]![row]! - (at === code ? 1 : 0)) ** 2, 0),
  )
  const table = confusion(target, labelsSaid(target, said, rows))
  const right = table.reduce((sum, row, at) => sum + row[at]!, 0)
  const order =
    classes.length === 2
      ? auc(said, codes)
      : mean(classes.map((_, at) => auc(probabilities[at]!, oneAgainstRest(codes, at))).filter(Number.isFinite))
  return finite({
    auc: order,
    logLoss: classes.length === 2 ? mean(rowLosses(said, codes)) : mean(loss),
    accuracy: right / rows,
    macroF1: macroF1(table),
    brier: classes.length === 2 ? mean(brier) / 2 : mean(brier),
    ...(classes.length === 2 ? { calibrationSlope: slopeOf(said, codes) } : {}),
  })
}

/** By class that was true, then by class that was said. */
export function confusion({ classes, codes }: ClassTarget, labels: Uint8Array): number[][] {
  const table = classes.map(() => classes.map(() => 0))
  for (const [row, code] of codes.entries()) table[code]![labels[row]!]! += 1
  return table
}

/** The mean over the classes that occur or were said; one that is never right counts 0. */
function macroF1(table: readonly (readonly number[])[]): number {
  const scores = table.flatMap((row, at) => {
    const was = row.reduce((sum, count) => sum + count, 0)
    const said = table.reduce((sum, other) => sum + other[at]!, 0)
    return was + said === 0 ? [] : [(2 * row[at]!) / (was + said)]
  })
  return mean(scores)
}

function judgeAmounts(values: Float64Array, said: Float64Array): Metrics {
  const rows = values.length
  const errors = Array.from(values, (value, row) => said[row]! - value)
  const middle = mean(Array.from(values))
  const spread = mean(Array.from(values, value => (value - middle) ** 2))
  return finite({
    rmse: rows === 0 ? Number.NaN : Math.sqrt(mean(errors.map(error => error ** 2))),
    mae: mean(errors.map(Math.abs)),
    r2: 1 - mean(errors.map(error => error ** 2)) / spread,
  })
}

/** ROC and reliability of each class that is worth a curve: of two the second alone. */
export function curvesOf(target: ClassTarget, said: Float64Array): Curves[] {
  const probabilities = byClass(target, said, target.codes.length)
  return target.classes.flatMap((name, at) => {
    if (target.classes.length === 2 && at === 0) return []
    const codes = oneAgainstRest(target.codes, at)
    return [{ name, reliability: reliability(probabilities[at]!, codes), roc: roc(probabilities[at]!, codes) }]
  })
}

/** Ten bins of like size, so that no bin is an accident of three rows. */
function reliability(probabilities: Float64Array, codes: Uint8Array): ReliabilityBin[] {
  const order = Array.from(codes, (_, row) => row).sort((a, b) => probabilities[a]! - probabilities[b]!)
  const bins: ReliabilityBin[] = []
  for (let bin = 0; bin < BINS; bin++) {
    const rows = order.slice(Math.floor((bin * order.length) / BINS), Math.floor(((bin + 1) * order.length) / BINS))
    if (rows.length === 0) continue
    bins.push({
      rows: rows.length,
      said: mean(rows.map(row => probabilities[row]!)),
      was: mean(rows.map(row => codes[row]!)),
    })
  }
  return bins
}

const ROC_POINTS = 200

function roc(probabilities: Float64Array, codes: Uint8Array): RocPoint[] {
  const order = Array.from(codes, (_, row) => row).sort((a, b) => probabilities[b]! - probabilities[a]!)
  const positives = codes.reduce((sum, code) => sum + code, 0)
  const negatives = codes.length - positives
  if (positives === 0 || negatives === 0) return []
  const points: RocPoint[] = [{ falsePositives: 0, truePositives: 0 }]
  let [wrong, right] = [0, 0]
  for (const [at, row] of order.entries()) {
    if (codes[row] === 1) right += 1
    else wrong += 1
    const next = order[at + 1]
    if (next !== undefined && probabilities[next] === probabilities[row]) continue
    points.push({ falsePositives: wrong / negatives, truePositives: right / positives })
  }
  const step = Math.ceil(points.length / ROC_POINTS)
  return points.filter((_, at) => at % step === 0 || at === points.length - 1)
}

export const oneAgainstRest = (codes: Uint8Array, wanted: number): Uint8Array =>
  codes.map(code => (code === wanted ? 1 : 0))

function slopeOf(said: Float64Array, codes: Uint8Array): number {
  const positives = codes.reduce((sum, code) => sum + code, 0)
  return positives === 0 || positives === codes.length ? Number.NaN : calibrationSlope(said, codes)
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]!
  return sum / values.length
}

const finite = (metrics: Readonly<Record<string, number>>): Metrics =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null]))
