/**
 * The best question to ask of one leaf: feature, bin, and the side on which "missing" goes.
 *
 * Both sides are tried for the missing rows. A split of answered from missing alone is the
 * last bin with missing on the right. Ties go to the first feature and the lowest bin, so
 * the order of the loops is part of the result.
 */
import { MISSING, type BinnedFeature } from './bins.ts'
import { STRIDE, type Histogram } from './histogram.ts'

export interface Totals {
  readonly gradient: number
  readonly hessian: number
  readonly rows: number
}
export interface Split {
  readonly feature: number
  /** Bins 0 … bin go left. */
  readonly bin: number
  readonly missingLeft: boolean
  readonly gain: number
  readonly left: Totals
  readonly right: Totals
}
export interface SplitLimits {
  readonly lambda: number
  readonly minRows: number
  readonly minGain: number
}

const MIN_HESSIAN = 1e-3

export function findSplit(
  histogram: Histogram,
  features: readonly BinnedFeature[],
  used: readonly number[],
  total: Totals,
  { lambda, minRows, minGain }: SplitLimits,
): Split | null {
  const parentScore = total.gradient ** 2 / (total.hessian + lambda)
  let best: Split | null = null
  let bestGain = minGain

  for (const feature of used) {
    const offset = feature * STRIDE
    const lastBin = features[feature]!.thresholds.length
    const missingAt = offset + MISSING * 3
    // What subtraction leaves behind is not exactly 0; the row count is.
    const missingRows = histogram[missingAt + 2]!
    const missingGradient = missingRows === 0 ? 0 : histogram[missingAt]!
    const missingHessian = missingRows === 0 ? 0 : histogram[missingAt + 1]!
    const sides = missingRows === 0 ? 1 : 2

    let [gradient, hessian, rows] = [0, 0, 0]
    for (let bin = 0; bin <= lastBin; bin++) {
      const at = offset + bin * 3
      const inBin = histogram[at + 2]!
      gradient += histogram[at]!
      hessian += histogram[at + 1]!
      rows += inBin
      if (inBin === 0 && bin < lastBin) continue
      for (let side = 0; side < sides; side++) {
        const missingLeft = side === 1
        const leftRows = missingLeft ? rows + missingRows : rows
        const rightRows = total.rows - leftRows
        if (leftRows < minRows || rightRows < minRows) continue
        const leftGradient = missingLeft ? gradient + missingGradient : gradient
        const leftHessian = missingLeft ? hessian + missingHessian : hessian
        const rightGradient = total.gradient - leftGradient
        const rightHessian = total.hessian - leftHessian
        if (leftHessian < MIN_HESSIAN || rightHessian < MIN_HESSIAN) continue
        const gain =
          leftGradient ** 2 / (leftHessian + lambda) + rightGradient ** 2 / (rightHessian + lambda) - parentScore
        if (gain <= bestGain) continue
        bestGain = gain
        best = {
          feature,
          bin,
          // Nobody left it out here: later blanks follow the larger side.
          missingLeft: missingRows === 0 ? leftRows >= rightRows : missingLeft,
          gain,
          left: { gradient: leftGradient, hessian: leftHessian, rows: leftRows },
          right: { gradient: rightGradient, hessian: rightHessian, rows: rightRows },
        }
      }
    }
  }
  return best
}
