/**
 * How far the calibration slope of these households may be from the slope of all: its
 * standard error, by drawing the households again and again.
 *
 * On 250 rows it is about .13, so a well calibrated model shows a slope below .8 one time in
 * fifteen. The gate allows for one standard error.
 */
import { calibrationSlope } from '@murram/learn'
import { seededRandom } from './seeded-random.ts'

const DRAWS = 200

export function slopeError(
  probabilities: ArrayLike<number>,
  codes: ArrayLike<number>,
  groups: readonly string[],
  seed: number,
): number {
  const random = seededRandom(seed)
  const households = [...Map.groupBy(groups.keys(), row => groups[row]!).values()]
  const slopes = Array.from({ length: DRAWS }, () => {
    const rows = households.flatMap(() => households[Math.floor(random() * households.length)]!)
    return calibrationSlope(
      rows.map(row => probabilities[row]!),
      rows.map(row => codes[row]!),
    )
  }).filter(Number.isFinite)
  const mean = slopes.reduce((sum, slope) => sum + slope, 0) / slopes.length
  return Math.sqrt(slopes.reduce((sum, slope) => sum + (slope - mean) ** 2, 0) / (slopes.length - 1))
}
