/**
 * A mean over rows whose households are the ones that chance drew, and how far it may be from
 * the mean of all households: the analytic twin of drawing the households again and again.
 *
 * Laws, in `clustered-mean.test.ts`:
 *   K1 its error is the spread of the household bootstrap, weighted or not
 *   K2 a bound is where the bootstrap puts it, as far out as a thousandth
 *
 * Why not the bootstrap itself: a bound at two in ten thousand wants a hundred thousand draws.
 */
import { rowsByGroup } from './groups.ts'

export interface ClusteredMean {
  readonly mean: number
  /** One standard error; `NaN` where fewer than two households say anything. */
  readonly error: number
}

export interface ClusteredValues {
  readonly values: ArrayLike<number>
  /** The household of each row. */
  readonly groups: readonly string[]
  /** How many households of the population a row stands for; 1 where it is left out. */
  readonly weights?: ArrayLike<number> | undefined
}

/** A ratio of sums over households, its error by the spread of their residuals. */
export function clusteredMean({ values, groups, weights }: ClusteredValues): ClusteredMean {
  let [sum, size] = [0, 0]
  for (let row = 0; row < values.length; row++) {
    const weight = weights?.[row] ?? 1
    sum += weight * values[row]!
    size += weight
  }
  const mean = sum / size
  const households = rowsByGroup(groups)
  let squares = 0
  for (const rows of households.values()) {
    let residual = 0
    for (const row of rows) residual += (weights?.[row] ?? 1) * (values[row]! - mean)
    squares += residual * residual
  }
  const count = households.size
  return { mean, error: count < 2 ? Number.NaN : Math.sqrt((squares * count) / (count - 1)) / size }
}

/**
 * What the mean of all households lies above, but for a share of surveys.
 *
 * No correction for skewness: the one that Johnson 1978 proposes was tried, and a skewness that
 * is estimated on 200 households follows their mean, so that bounds were broken more often.
 */
export const lowerBound = ({ mean, error }: ClusteredMean, share: number): number =>
  mean + normalQuantile(share) * error

/**
 * The standard normal value below which a share of draws lies; −∞ at 0 and ∞ at 1.
 *
 * @see Wichura 1988, "Algorithm AS 241", PPND7: right to seven digits.
 */
export function normalQuantile(share: number): number {
  if (!(share > 0)) return Number.NEGATIVE_INFINITY
  if (!(share < 1)) return Number.POSITIVE_INFINITY
  const q = share - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (
      (q * (((59.109374 * r + 159.29113) * r + 50.434271) * r + 3.3871327)) /
      (((67.1875636 * r + 78.7757664) * r + 17.8951695) * r + 1)
    )
  }
  const r = Math.sqrt(-Math.log(Math.min(share, 1 - share)))
  const value =
    r <= 5
      ? (((0.17023821 * (r - 1.6) + 1.3067284) * (r - 1.6) + 2.75681539) * (r - 1.6) + 1.42343777) /
        ((0.12021132 * (r - 1.6) + 0.7370016) * (r - 1.6) + 1)
      : (((0.017337468 * (r - 5) + 0.42868294) * (r - 5) + 3.081226386) * (r - 5) + 6.65790511) /
        ((0.012258202 * (r - 5) + 0.241978949) * (r - 5) + 1)
  return q < 0 ? -value : value
}
