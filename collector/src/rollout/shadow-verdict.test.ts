import { expect, test } from 'vitest'
import { seededRandom } from '../retrain/seeded-random.ts'
import { judgeShadow, type JudgedPair } from './shadow-verdict.ts'

/** @param noise How far the shadow's logit is off, beside the truth that the champion knows. */
function draw(count: number, noise: number, seed = 1): readonly JudgedPair[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const logit = (random() - 0.5) * 6
    const p = (x: number) => 1 / (1 + Math.exp(-x))
    return { isPositive: random() < p(logit), champion: p(logit), shadow: p(logit + (random() - 0.5) * noise) }
  })
}

test('SV1 below fifty pairs nothing is said', () => {
  expect(judgeShadow([])).toMatchObject({ verdict: 'too few', gain: null, words: expect.stringContaining('Too few') })
  expect(judgeShadow(draw(49, 12))).toMatchObject({ verdict: 'too few', pairs: 49 })
})

test('SV2 a shadow that is far off is worse, one that is nearly the same is not, and seldom called so', () => {
  expect(judgeShadow(draw(400, 12))).toMatchObject({ verdict: 'worse', words: expect.stringMatching(/^Worse/) })
  expect(judgeShadow(draw(400, 0))).toMatchObject({ verdict: 'not worse', gain: { mean: 0 } })
  const wrongly = Array.from({ length: 200 }, (_, seed) => judgeShadow(draw(200, 0.3, seed)).verdict)
  expect(wrongly.filter(verdict => verdict === 'worse').length).toBeLessThan(20)
})

test('a probability of nought that came true costs much, not everything', () => {
  const sure = judgeShadow([{ isPositive: true, champion: 0.5, shadow: 0 }])
  expect(sure.shadowLogLoss).toBeLessThan(14)
})
