/**
 * What the curves of a report are drawn from: how often what was said was so (calibration),
 * and what is caught at what price (ROC); of two classes one curve, of several one each.
 *
 * Not here: the figures (`measureAnswers` of @murram/learn), and the drawing (report/charts.ts).
 */
import type { ClassTarget } from '@murram/learn'

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

const oneAgainstRest = (codes: Uint8Array, wanted: number): Uint8Array => codes.map(code => (code === wanted ? 1 : 0))

const mean = (values: ArrayLike<number>): number => {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]!
  return sum / values.length
}
