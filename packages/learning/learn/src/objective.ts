/**
 * What boosting descends: log-loss of two classes (one output), of several (one output a
 * class, softmax), or squared error of an amount.
 *
 * Scores are logits or amounts, one array an output. The gradients of a round are of the
 * scores before it, also where a round has several trees.
 */
import type { Target } from './target.ts'

export interface Objective {
  /** By output: 1 for the class, or the amount. What the order of categories rests on. */
  readonly told: readonly ArrayLike<number>[]
  /** Scores before any tree, float32, learned on `rows`. */
  base(rows: Int32Array): readonly number[]
  /** Of each output: gradient and hessian of row i at `2 i`; unweighted. */
  gradients(scores: readonly Float64Array[], rows: Int32Array, into: readonly Float64Array[]): void
  /** Mean over all rows of what is descended (for an amount: half the squared error). */
  loss(scores: readonly Float64Array[]): number
}

export function createObjective(target: Target, weights: Float64Array | null): Objective {
  if (target.task === 'regression') return squaredError(target.values, weights)
  return target.task === 'binary'
    ? twoClasses(target.codes, weights)
    : softmax(target.codes, target.classes.length, weights)
}

/** `told` weighted over `rows`, and the weight there. */
function sums(told: ArrayLike<number>, weights: Float64Array | null, rows: Int32Array): readonly [number, number] {
  let [sum, weight] = [0, 0]
  for (const row of rows) {
    sum += (weights?.[row] ?? 1) * told[row]!
    weight += weights?.[row] ?? 1
  }
  return [sum, weight]
}

function meanLoss(count: number, weights: Float64Array | null, lossOf: (row: number) => number): number {
  let [sum, weight] = [0, 0]
  for (let row = 0; row < count; row++) {
    const w = weights?.[row] ?? 1
    sum += w * lossOf(row)
    weight += w
  }
  return sum / weight
}

function twoClasses(codes: Uint8Array, weights: Float64Array | null): Objective {
  return {
    told: [codes],
    base(rows) {
      const [positives, weight] = sums(codes, weights, rows)
      return [Math.fround(Math.log((positives + 0.5) / (weight - positives + 0.5)))]
    },
    gradients(scores, rows, into) {
      const [logits, pairs] = [scores[0]!, into[0]!]
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!
        const p = 1 / (1 + Math.exp(-logits[row]!))
        pairs[2 * row] = p - codes[row]!
        pairs[2 * row + 1] = p * (1 - p)
      }
    },
    loss: ([logits]) =>
      meanLoss(codes.length, weights, row => {
        const logit = logits![row]!
        return Math.max(logit, 0) - logit * codes[row]! + Math.log1p(Math.exp(-Math.abs(logit)))
      }),
  }
}

function softmax(codes: Uint8Array, classes: number, weights: Float64Array | null): Objective {
  const told = Array.from({ length: classes }, (_, k) => Uint8Array.from(codes, code => (code === k ? 1 : 0)))
  return {
    told,
    base: rows =>
      told.map(ofClass => {
        const [positives, weight] = sums(ofClass, weights, rows)
        return Math.fround(Math.log((positives + 0.5) / (weight + 0.5 * classes)))
      }),
    gradients(scores, rows, into) {
      const exps = new Float64Array(classes)
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!
        const sum = exponents(scores, row, exps)
        for (let k = 0; k < classes; k++) {
          const p = exps[k]! / sum
          into[k]![2 * row] = p - told[k]![row]!
          into[k]![2 * row + 1] = p * (1 - p)
        }
      }
    },
    loss(scores) {
      const exps = new Float64Array(classes)
      return meanLoss(codes.length, weights, row => {
        const sum = exponents(scores, row, exps)
        return Math.log(sum) - Math.log(exps[codes[row]!]!)
      })
    },
  }
}

/** Fills `exps` with the exponentials of a row's scores, the largest being 1, and returns their sum. */
function exponents(scores: readonly Float64Array[], row: number, exps: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY
  for (let k = 0; k < exps.length; k++) most = Math.max(most, scores[k]![row]!)
  let sum = 0
  for (let k = 0; k < exps.length; k++) {
    // Far below the largest a class counts as just above nothing, so that its loss is finite.
    exps[k] = Math.exp(Math.max(-700, scores[k]![row]! - most))
    sum += exps[k]!
  }
  return sum
}

function squaredError(values: Float64Array, weights: Float64Array | null): Objective {
  return {
    told: [values],
    base(rows) {
      const [sum, weight] = sums(values, weights, rows)
      return [Math.fround(sum / weight)]
    },
    gradients([scores], rows, [pairs]) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!
        pairs![2 * row] = scores![row]! - values[row]!
        pairs![2 * row + 1] = 1
      }
    },
    loss: ([scores]) => meanLoss(values.length, weights, row => (scores![row]! - values[row]!) ** 2 / 2),
  }
}
