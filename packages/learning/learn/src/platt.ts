/**
 * Platt's calibration: a slope and an intercept on logits that came from rows the model had
 * not seen. Baked into a model it costs nothing: leaf values and weights are multiplied, the
 * base is shifted, and the graph keeps one operator.
 *
 * @see Platt 1999, "Probabilistic outputs for support vector machines", section 2.2 (the
 *   smoothed targets); Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs".
 */
import { sigmoid, type LinearModel, type TreeModel } from './models.ts'

export interface Platt {
  readonly slope: number
  readonly intercept: number
}

/**
 * Newton's method on two parameters, with step halving. A model whose unseen scores say
 * nothing, or say the opposite, keeps a slope of 0.05 and the right rate: its order is not
 * turned round.
 */
export function fitPlatt(
  logits: ArrayLike<number>,
  codes: ArrayLike<number>,
  { smoothed = true, weights }: { readonly smoothed?: boolean; readonly weights?: Float64Array | undefined } = {},
): Platt {
  const targets = plattTargets(codes, smoothed, weights)
  let slope = 1
  let intercept = 0
  let loss = plattLoss(logits, targets, slope, intercept, weights)
  for (let step = 0; step < 50; step++) {
    let [ga, gb, haa, hab, hbb] = [0, 0, 1e-9, 0, 1e-9]
    for (let row = 0; row < targets.length; row++) {
      const logit = logits[row]!
      const p = sigmoid(slope * logit + intercept)
      const weight = weights?.[row] ?? 1
      const g = weight * (p - targets[row]!)
      const h = weight * p * (1 - p)
      ga += g * logit
      gb += g
      haa += h * logit * logit
      hab += h * logit
      hbb += h
    }
    const determinant = haa * hbb - hab * hab
    if (!(determinant > 0)) break
    const da = (hbb * ga - hab * gb) / determinant
    const db = (haa * gb - hab * ga) / determinant
    let length = 1
    let next = loss
    for (; length > 1e-6; length /= 2) {
      next = plattLoss(logits, targets, slope - length * da, intercept - length * db, weights)
      if (next <= loss) break
    }
    if (!(next < loss - 1e-12 * Math.max(1, Math.abs(loss)))) break
    slope -= length * da
    intercept -= length * db
    loss = next
  }
  if (!smoothed || (slope >= LEAST_SLOPE && slope <= MOST_SLOPE)) return { slope, intercept }
  const held = Math.min(MOST_SLOPE, Math.max(LEAST_SLOPE, slope))
  return { slope: held, intercept: fitIntercept(logits, targets, held, weights) }
}

const LEAST_SLOPE = 0.05
const MOST_SLOPE = 20

/** The intercept that gives the right rate under a slope that is fixed: bisection, it is monotone. */
function fitIntercept(
  logits: ArrayLike<number>,
  targets: Float64Array,
  slope: number,
  weights: Float64Array | undefined,
): number {
  let [low, high] = [-1_000, 1_000]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    let excess = 0
    for (let row = 0; row < targets.length; row++)
      excess += (weights?.[row] ?? 1) * (sigmoid(slope * logits[row]! + middle) - targets[row]!)
    if (excess > 0) high = middle
    else low = middle
  }
  return (low + high) / 2
}

function plattTargets(codes: ArrayLike<number>, smoothed: boolean, weights: Float64Array | undefined): Float64Array {
  let [positives, negatives] = [0, 0]
  for (let row = 0; row < codes.length; row++) {
    if (codes[row] === 1) positives += weights?.[row] ?? 1
    else negatives += weights?.[row] ?? 1
  }
  const high = smoothed ? (positives + 1) / (positives + 2) : 1
  const low = smoothed ? 1 / (negatives + 2) : 0
  return Float64Array.from({ length: codes.length }, (_, row) => (codes[row] === 1 ? high : low))
}

/** Cross-entropy, written so that a large logit does not overflow. */
function plattLoss(
  logits: ArrayLike<number>,
  targets: Float64Array,
  slope: number,
  intercept: number,
  weights: Float64Array | undefined,
): number {
  let sum = 0
  for (let row = 0; row < targets.length; row++) {
    const z = slope * logits[row]! + intercept
    sum += (weights?.[row] ?? 1) * (Math.max(z, 0) - z * targets[row]! + Math.log1p(Math.exp(-Math.abs(z))))
  }
  return sum
}

export function calibrateLinear(model: LinearModel, { slope, intercept }: Platt): LinearModel {
  const scaled = (weight: number) => Math.fround(weight * slope)
  return {
    ...model,
    inputs: model.inputs.map(input =>
      input.kind === 'category'
        ? { ...input, weights: input.weights.map(scaled), missing: scaled(input.missing) }
        : { ...input, weight: scaled(input.weight) },
    ),
    intercept: Math.fround(model.intercept * slope + intercept),
  }
}

export function calibrateTrees(model: TreeModel, { slope, intercept }: Platt): TreeModel {
  return {
    ...model,
    base: Math.fround(model.base * slope + intercept),
    trees: model.trees.map(tree => ({ ...tree, value: tree.value.map(value => shortLogit(value * slope)) })),
  }
}

/**
 * A leaf in ten-thousandths of a logit: over five hundred trees the rounding adds up to less
 * than a thousandth, and a bundle loses a sixth of its bytes.
 */
export const shortLogit = (value: number): number => Math.fround(Math.round(value * 10_000) / 10_000) + 0
