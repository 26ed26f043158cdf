import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accuracy, auc, brier, calibrationSlope, logLoss, rowLosses } from './measures.ts'
import { sigmoid } from './models.ts'
import { createRandom } from './random.ts'

const scored = fc.array(
  fc.record({ p: fc.integer({ min: 0, max: 10 }).map(n => n / 10), code: fc.integer({ min: 0, max: 1 }) }),
  {
    minLength: 2,
    maxLength: 40,
  },
)

test('auc is the share of pairs in the right order, ties half', () => {
  fc.assert(
    fc.property(scored, rows => {
      const positives = rows.filter(({ code }) => code === 1)
      const negatives = rows.filter(({ code }) => code === 0)
      fc.pre(positives.length > 0 && negatives.length > 0)
      let right = 0
      for (const a of positives) for (const b of negatives) right += a.p > b.p ? 1 : a.p === b.p ? 0.5 : 0
      expect(
        auc(
          rows.map(({ p }) => p),
          rows.map(({ code }) => code),
        ),
      ).toBeCloseTo(right / (positives.length * negatives.length), 12)
    }),
  )
})

test('auc of one class alone is not a number', () => {
  expect(auc([0.1, 0.9], [1, 1])).toBeNaN()
})

test('log-loss, Brier and accuracy of a worked example', () => {
  const [p, codes] = [
    [0.9, 0.2, 0.6, 0.5],
    [1, 0, 0, 1],
  ]
  expect(logLoss(p, codes)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.8) + Math.log(0.4) + Math.log(0.5)) / 4, 12)
  expect(brier(p, codes)).toBeCloseTo((0.01 + 0.04 + 0.36 + 0.25) / 4, 12)
  expect(accuracy(p, codes)).toBe(0.75)
  expect(accuracy(p, codes, 0.65)).toBe(0.75)
})

test('a probability of 0 that came true costs much, not everything', () => {
  expect([...rowLosses([0, 1], [1, 0])].every(Number.isFinite)).toBe(true)
})

test('the calibration slope finds who is too sure and who is too timid', () => {
  const random = createRandom(4)
  const logits = Array.from({ length: 20_000 }, () => (random() - 0.5) * 6)
  const codes = logits.map(logit => (random() < sigmoid(logit) ? 1 : 0))
  const slopeOf = (factor: number) =>
    calibrationSlope(
      logits.map(logit => sigmoid(factor * logit)),
      codes,
    )
  expect(slopeOf(1)).toBeCloseTo(1, 1)
  expect(slopeOf(2)).toBeCloseTo(0.5, 1)
  expect(slopeOf(0.5)).toBeCloseTo(2, 0)
})
