import { expect, test } from 'vitest'
import { pairedBootstrap } from './bootstrap.ts'
import { clusteredMean, lowerBound, normalQuantile } from './clustered-mean.ts'
import { fitPlatt } from './platt.ts'
import { createRandom, type Random } from './random.ts'
import { slopeWithError } from './slope-with-error.ts'

const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Households of one to three rows, with losses as two models of one survey have them. */
function drawLosses(households: number, seed: number) {
  const random = createRandom(seed)
  const [values, groups, logits, codes]: [number[], string[], number[], number[]] = [[], [], [], []]
  for (let household = 0; household < households; household++) {
    const own = normal(random)
    for (let visit = 0; visit <= Math.floor(random() * 3); visit++) {
      const logit = 1.2 * own + 0.4 * normal(random)
      const other = logit + 0.4 * normal(random)
      const code = random() < 1 / (1 + Math.exp(-logit)) ? 1 : 0
      const loss = (z: number) => Math.log1p(Math.exp(code === 1 ? -z : z))
      values.push(loss(other) - loss(logit))
      groups.push(`household ${household}`)
      logits.push(other)
      codes.push(code)
    }
  }
  return { values, groups, logits, codes }
}

test('K1 K2 the error and the bounds are those of the household bootstrap', () => {
  for (const households of [300]) {
    const { values, groups } = drawLosses(households, households)
    const { mean, error } = clusteredMean({ values, groups })
    for (const [tail, off] of [
      [0.05, 0.1],
      [0.01, 0.15],
      [0.001, 0.3],
    ] as const) {
      const drawn = pairedBootstrap({
        groups,
        lossA: Float64Array.from(values),
        lossB: new Float64Array(values.length),
        draws: 10_000,
        seed: 3,
        level: 1 - 2 * tail,
      })
      expect(drawn.mean).toBeCloseTo(mean, 12)
      expect(Math.abs(drawn.lower - lowerBound({ mean, error }, tail)) / error).toBeLessThan(off)
    }
  }
})

test('K1 a row that stands for three counts as three rows of its household', () => {
  const { values, groups } = drawLosses(100, 9)
  const weights = values.map((_, row) => 1 + (row % 3))
  const copies = values.flatMap((_, row) => Array<number>(weights[row]!).fill(row))
  expect(clusteredMean({ values, groups, weights }).error).toBeCloseTo(
    clusteredMean({ values: copies.map(row => values[row]!), groups: copies.map(row => groups[row]!) }).error,
    12,
  )
})

test('normal quantiles are those of the tables', () => {
  expect([0.5, 0.95, 0.975, 0.999, 0.0005, 1e-12].map(normalQuantile)).toEqual(
    [0, 1.6448536, 1.959964, 3.0902323, -3.2905267, -7.0344838].map(value => expect.closeTo(value, 5) as number),
  )
  expect([0, 1].map(normalQuantile)).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})

test('the error of a calibration slope is the spread of the household bootstrap', () => {
  const { groups, logits, codes } = drawLosses(300, 4)
  const { slope, error } = slopeWithError(
    logits.map(z => 1 / (1 + Math.exp(-z))),
    codes,
    groups,
  )
  const random = createRandom(1)
  const rows = [...Map.groupBy(groups.keys(), row => groups[row]!).values()]
  const slopes = Array.from({ length: 400 }, () => {
    const drawn = rows.flatMap(() => rows[Math.floor(random() * rows.length)]!)
    return fitPlatt(
      drawn.map(row => logits[row]!),
      drawn.map(row => codes[row]!),
      { smoothed: false },
    ).slope
  })
  const mean = slopes.reduce((sum, one) => sum + one, 0) / slopes.length
  const spread = Math.sqrt(slopes.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (slopes.length - 1))
  expect(slope).toBeCloseTo(fitPlatt(logits, codes, { smoothed: false }).slope, 9)
  expect(error / spread).toBeGreaterThan(0.85)
  expect(error / spread).toBeLessThan(1.15)
})
