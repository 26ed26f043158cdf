import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitIsotonic } from './isotonic.ts'
import { logLoss } from './measures.ts'
import { sigmoid } from './models.ts'
import { stepOf } from './predict-model.ts'
import { createRandom } from './random.ts'

test('I1 thresholds rise strictly, values never fall · I2 none is 0 or 1', () => {
  const rows = fc.array(
    fc.record({
      logit: fc.oneof(
        fc.integer({ min: -3, max: 3 }),
        fc.double({ min: -40, max: 40, noNaN: true }),
        // Neighbours that float32 cannot tell from each other.
        fc.integer({ min: 0, max: 5 }).map(n => 7 + n * 1e-12),
      ),
      code: fc.integer({ min: 0, max: 1 }),
    }),
    { minLength: 60, maxLength: 400 },
  )
  fc.assert(
    fc.property(rows, all => {
      fc.pre(new Set(all.map(({ code }) => code)).size === 2)
      const steps = fitIsotonic(
        all.map(({ logit }) => logit),
        all.map(({ code }) => code),
      )
      expect(steps.value.length).toBe(steps.threshold.length + 1)
      for (const [i, threshold] of steps.threshold.entries()) {
        expect(threshold).toBe(Math.fround(threshold))
        if (i > 0) expect(threshold).toBeGreaterThan(steps.threshold[i - 1]!)
        expect(steps.value[i + 1]).toBeGreaterThanOrEqual(steps.value[i]!)
      }
      for (const value of steps.value) {
        expect(value).toBeGreaterThan(0)
        expect(value).toBeLessThan(1)
      }
    }),
    { seed: 3 },
  )
})

test('a bend that no slope can follow is found', () => {
  const random = createRandom(1)
  const plant = () => {
    const logits = Float64Array.from({ length: 20_000 }, () => (random() - 0.5) * 8)
    // Right below 0, and never surer than that above it.
    const codes = Uint8Array.from(logits, logit => (random() < sigmoid(Math.min(0, logit)) ? 1 : 0))
    return { logits, codes }
  }
  const known = plant()
  const fresh = plant()
  const steps = fitIsotonic(known.logits, known.codes)
  const said = fresh.logits.map(logit => stepOf(steps, logit))
  const truth = fresh.logits.map(logit => sigmoid(Math.min(0, logit)))
  expect(logLoss(said, fresh.codes)).toBeLessThan(logLoss(truth, fresh.codes) + 0.003)
  expect(steps.value.length).toBeLessThan(100)
})

test('a value that is no better than another ends up in one step', () => {
  const steps = fitIsotonic(
    Array.from({ length: 200 }, (_, row) => row),
    Array.from({ length: 200 }, (_, row) => (row < 100 ? 1 : 0)),
  )
  expect(steps).toEqual({ kind: 'isotonic', threshold: [], value: [expect.closeTo(0.5, 6)] })
})
