/**
 * Is model B better than model A on the same rows? Households are drawn with replacement,
 * each with all its rows, so that ten members of one family do not count as ten proofs.
 */
import { rowsByGroup } from './groups.ts'
import { createRandom } from './random.ts'

export interface PairedBootstrap {
  readonly groups: readonly string[]
  /** Losses by row (`rowLosses`): A is the model in force, B the candidate. */
  readonly lossA: ArrayLike<number>
  readonly lossB: ArrayLike<number>
  /** What each row counts, above 0; all 1 where absent. */
  readonly weights?: ArrayLike<number>
  readonly draws: number
  readonly seed: number
  /** Share of the draws between `lower` and `upper`. */
  readonly level?: number
}

/** The mean of `lossA - lossB`: above 0, B is better. */
export interface Interval {
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

export function pairedBootstrap({
  groups,
  lossA,
  lossB,
  weights,
  draws,
  seed,
  level = 0.95,
}: PairedBootstrap): Interval {
  const households = [...rowsByGroup(groups).values()]
  if (households.length === 0) throw new Error('a bootstrap of no rows')
  const weightOf = (row: number) => weights?.[row] ?? 1
  const sums = households.map(rows => rows.reduce((sum, row) => sum + weightOf(row) * (lossA[row]! - lossB[row]!), 0))
  const sizes = households.map(rows => rows.reduce((sum, row) => sum + weightOf(row), 0))

  const random = createRandom(seed)
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let size = 0
    for (let i = 0; i < households.length; i++) {
      const pick = Math.floor(random() * households.length)
      sum += sums[pick]!
      size += sizes[pick]!
    }
    means[draw] = sum / size
  }
  means.sort()
  return {
    mean: sums.reduce((a, b) => a + b, 0) / sizes.reduce((a, b) => a + b, 0),
    lower: quantile(means, (1 - level) / 2),
    upper: quantile(means, (1 + level) / 2),
  }
}

/** Linear interpolation between the neighbours in a sorted list. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (place - below)
}

/** Of each draw: how often each row is in it, households being drawn with replacement. */
export function groupDraws(groups: readonly string[], draws: number, seed: number): Float64Array[] {
  const households = [...rowsByGroup(groups).values()]
  const random = createRandom(seed)
  return Array.from({ length: draws }, () => {
    const times = new Float64Array(groups.length)
    for (let i = 0; i < households.length; i++)
      for (const row of households[Math.floor(random() * households.length)]!) times[row]! += 1
    return times
  })
}
