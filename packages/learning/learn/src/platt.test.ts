import { expect, test } from 'vitest'
import { sigmoid } from './models.ts'
import { fitPlatt } from './platt.ts'
import { createRandom } from './random.ts'

const draw = (slope: number, intercept: number, seed: number) => {
  const random = createRandom(seed)
  const logits = Array.from({ length: 20_000 }, () => (random() - 0.5) * 8)
  return { logits, codes: logits.map(logit => (random() < sigmoid(slope * logit + intercept) ? 1 : 0)) }
}

test.each([
  [0.4, -1],
  [1, 0],
  [2.5, 0.7],
])('slope %d and intercept %d are found again', (slope, intercept) => {
  const { logits, codes } = draw(slope, intercept, 3)
  const found = fitPlatt(logits, codes)
  expect(Math.abs(found.slope / slope - 1)).toBeLessThan(0.06)
  expect(Math.abs(found.intercept - intercept)).toBeLessThan(0.1)
})

test('scores that say the opposite do not turn the order round', () => {
  const { logits, codes } = draw(-1, 0, 5)
  const { slope, intercept } = fitPlatt(logits, codes)
  expect(slope).toBe(0.05)
  const rate = codes.filter(code => code === 1).length / codes.length
  const said = logits.reduce((sum, logit) => sum + sigmoid(slope * logit + intercept), 0) / codes.length
  expect(said).toBeCloseTo(rate, 3)
})

test('a perfect order does not give infinite certainty', () => {
  const logits = [-2, -1, 1, 2]
  const { slope, intercept } = fitPlatt(logits, [0, 0, 1, 1])
  expect(sigmoid(slope * 2 + intercept)).toBeLessThan(0.99)
})
