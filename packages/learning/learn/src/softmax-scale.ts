/**
 * Platt's calibration for several classes: one slope for all scores and an intercept a class,
 * on scores of rows the model had not seen. Baked into weights and leaves like the other.
 *
 * The slope and the intercepts are drawn to 1 and 0 as if four rows had said so: with few rows
 * of a class the correction must not be a guess.
 */
import { minimise } from './minimise.ts'

export interface SoftmaxScale {
  readonly slope: number
  readonly intercepts: readonly number[]
}

export interface SoftmaxScaleOptions {
  readonly weights?: Float64Array | undefined
  /** Only the slope: what a reliability figure is about. */
  readonly slopeOnly?: boolean
}

const LEAST_SLOPE = 0.05
const MOST_SLOPE = 20
const DRAW = 4

export function fitSoftmaxScale(
  scores: readonly Float64Array[],
  codes: ArrayLike<number>,
  { weights, slopeOnly = false }: SoftmaxScaleOptions = {},
): SoftmaxScale {
  const outputs = scores.length
  const at = minimise(
    (parameters, gradient) => {
      gradient.fill(0)
      const slope = parameters[0]!
      const draw = slopeOnly ? 0 : DRAW
      let loss = (draw / 2) * (slope - 1) ** 2
      gradient[0] = draw * (slope - 1)
      const exps = new Float64Array(outputs)
      for (let row = 0; row < codes.length; row++) {
        const weight = weights?.[row] ?? 1
        let most = Number.NEGATIVE_INFINITY
        for (let k = 0; k < outputs; k++) {
          exps[k] = slope * scores[k]![row]! + (slopeOnly ? 0 : parameters[k + 1]!)
          most = Math.max(most, exps[k]!)
        }
        let sum = 0
        const own = exps[codes[row]!]!
        for (let k = 0; k < outputs; k++) sum += exps[k] = Math.exp(exps[k]! - most)
        loss += weight * (Math.log(sum) + most - own)
        for (let k = 0; k < outputs; k++) {
          const residual = weight * (exps[k]! / sum - (codes[row] === k ? 1 : 0))
          gradient[0] += residual * scores[k]![row]!
          if (!slopeOnly) gradient[k + 1]! += residual
        }
      }
      if (!slopeOnly)
        for (let k = 0; k < outputs; k++) {
          loss += (draw / 2) * parameters[k + 1]! ** 2
          gradient[k + 1]! += draw * parameters[k + 1]!
        }
      return loss
    },
    Float64Array.of(1, ...scores.map(() => 0)),
    { maxSteps: 200, tolerance: 1e-4 * Math.max(1, codes.length) },
  )
  return {
    slope: Math.min(MOST_SLOPE, Math.max(LEAST_SLOPE, at[0]!)),
    intercepts: scores.map((_, k) => (slopeOnly ? 0 : at[k + 1]!)),
  }
}
