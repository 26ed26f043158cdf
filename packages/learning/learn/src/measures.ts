/**
 * How good probabilities are, on rows the model has not seen. All take the probability of
 * the positive class and codes 0/1, row by row; a row of weight 2 counts as two rows.
 */
import { fitPlatt } from './platt.ts'

type Probabilities = ArrayLike<number>
type Codes = ArrayLike<number>
/** What each row counts, above 0; all 1 where absent. */
type Weights = ArrayLike<number>

const TINY = 1e-15

/** Area under the ROC curve; ties count half. `NaN` where one class is absent. */
export function auc(probabilities: Probabilities, codes: Codes, weights?: Weights): number {
  const order = Array.from({ length: codes.length }, (_, i) => i)
  order.sort((a, b) => probabilities[a]! - probabilities[b]!)
  let [positives, negatives, wins] = [0, 0, 0]
  for (let start = 0; start < order.length;) {
    let end = start
    let [tiedPositives, tiedNegatives] = [0, 0]
    for (; end < order.length && probabilities[order[end]!] === probabilities[order[start]!]; end++) {
      const row = order[end]!
      if (codes[row] === 1) tiedPositives += weights?.[row] ?? 1
      else tiedNegatives += weights?.[row] ?? 1
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2)
    positives += tiedPositives
    negatives += tiedNegatives
    start = end
  }
  return wins / (positives * negatives)
}

/** The log-loss of each row: what a paired comparison of two models is made of. */
export function rowLosses(probabilities: Probabilities, codes: Codes): Float64Array {
  const losses = new Float64Array(codes.length)
  for (let row = 0; row < losses.length; row++) {
    const p = Math.min(1 - TINY, Math.max(TINY, probabilities[row]!))
    losses[row] = codes[row] === 1 ? -Math.log(p) : -Math.log1p(-p)
  }
  return losses
}

export const logLoss = (probabilities: Probabilities, codes: Codes, weights?: Weights): number =>
  mean(rowLosses(probabilities, codes), weights)

export const brier = (probabilities: Probabilities, codes: Codes, weights?: Weights): number =>
  mean(
    Float64Array.from(codes, (code, row) => (probabilities[row]! - code) ** 2),
    weights,
  )

export const accuracy = (probabilities: Probabilities, codes: Codes, threshold = 0.5, weights?: Weights): number =>
  mean(
    Float64Array.from(codes, (code, row) => ((probabilities[row]! >= threshold ? 1 : 0) === code ? 1 : 0)),
    weights,
  )

/**
 * Slope of the outcome on the predicted logit: 1 is calibrated, below 1 is too sure of
 * itself, above 1 too timid.
 */
export function calibrationSlope(probabilities: Probabilities, codes: Codes, weights?: Float64Array): number {
  const logits = Float64Array.from({ length: codes.length }, (_, row) => {
    const p = Math.min(1 - TINY, Math.max(TINY, probabilities[row]!))
    return Math.log(p) - Math.log1p(-p)
  })
  return fitPlatt(logits, codes, { smoothed: false, weights }).slope
}

export function mean(values: ArrayLike<number>, weights?: Weights): number {
  let [sum, weight] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    sum += (weights?.[i] ?? 1) * values[i]!
    weight += weights?.[i] ?? 1
  }
  return sum / weight
}
