import { expect, test } from 'vitest'
import { pairedBootstrap } from './bootstrap.ts'
import { createRandom } from './random.ts'

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

test('equal models differ by nothing', () => {
  const loss = [0.3, 0.9, 0.1]
  expect(pairedBootstrap({ groups: ['a', 'b', 'c'], lossA: loss, lossB: loss, draws: 200, seed: 1 })).toEqual({
    mean: 0,
    lower: 0,
    upper: 0,
  })
})

test('the same seed gives the same interval', () => {
  const random = createRandom(9)
  const lossA = Array.from({ length: 50 }, random)
  const lossB = Array.from({ length: 50 }, random)
  const groups = lossA.map((_, i) => `h${i % 20}`)
  const once = pairedBootstrap({ groups, lossA, lossB, draws: 300, seed: 5 })
  expect(pairedBootstrap({ groups, lossA, lossB, draws: 300, seed: 5 })).toEqual(once)
  expect(once.lower).toBeLessThan(once.mean)
  expect(once.upper).toBeGreaterThan(once.mean)
})

test('95 of 100 intervals hold the true difference', () => {
  const random = createRandom(31)
  let held = 0
  for (let trial = 0; trial < 200; trial++) {
    const lossB = Array.from({ length: 120 }, () => 0)
    const lossA = lossB.map(() => 0.1 + normal(random))
    const groups = lossA.map((_, i) => `h${i}`)
    const { lower, upper } = pairedBootstrap({ groups, lossA, lossB, draws: 200, seed: trial })
    if (lower <= 0.1 && 0.1 <= upper) held++
  }
  expect(held).toBeGreaterThanOrEqual(178)
  expect(held).toBeLessThanOrEqual(199)
})

test('ten members of one household are one proof, not ten', () => {
  const random = createRandom(2)
  const households = Array.from({ length: 40 }, () => normal(random))
  const lossA = households.flatMap(loss => Array.from({ length: 10 }, () => loss))
  const lossB = lossA.map(() => 0)
  const grouped = pairedBootstrap({
    groups: lossA.map((_, i) => `h${Math.floor(i / 10)}`),
    lossA,
    lossB,
    draws: 500,
    seed: 1,
  })
  const rowWise = pairedBootstrap({ groups: lossA.map((_, i) => `r${i}`), lossA, lossB, draws: 500, seed: 1 })
  expect(grouped.upper - grouped.lower).toBeGreaterThan(2 * (rowWise.upper - rowWise.lower))
})
