import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitIsotonic } from './isotonic.ts'
import { logLoss } from './measures.ts'
import { sigmoid } from './models.ts'
import { riseOf } from './predict-model.ts'
import { createRandom } from './random.ts'

test('I1 knots rise, values never fall · I2 none is 0 or 1', () => {
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
      const line = fitIsotonic(
        all.map(({ logit }) => logit),
        all.map(({ code }) => code),
      )
      expect(line.value.length).toBe(line.threshold.length)
      for (const [i, threshold] of line.threshold.entries()) {
        expect(threshold).toBe(Math.fround(threshold))
        if (i === 0) continue
        expect(threshold).toBeGreaterThan(line.threshold[i - 1]! + 0.009)
        expect(line.value[i]).toBeGreaterThanOrEqual(line.value[i - 1]!)
      }
      for (const value of line.value) {
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
  const line = fitIsotonic(known.logits, known.codes)
  const said = fresh.logits.map(logit => riseOf(line, logit))
  const truth = fresh.logits.map(logit => sigmoid(Math.min(0, logit)))
  expect(logLoss(said, fresh.codes)).toBeLessThan(logLoss(truth, fresh.codes) + 0.003)
  expect(line.value.length).toBeLessThan(100)
})

test('rows that contradict each other end up in one knot', () => {
  const line = fitIsotonic(
    Array.from({ length: 200 }, (_, row) => row),
    Array.from({ length: 200 }, (_, row) => (row < 100 ? 1 : 0)),
  )
  expect(line).toEqual({
    kind: 'isotonic',
    threshold: [12, expect.any(Number)],
    value: [expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)],
  })
})

test('between knots it is a line, beyond them level', () => {
  const line = { kind: 'isotonic', threshold: [-1, 0, 2], value: [0.1, 0.3, 0.9] } as const
  expect([-9, -1, -0.5, 0, 1, 2, 9].map(logit => riseOf(line, logit))).toEqual(
    [0.1, 0.1, 0.2, 0.3, 0.6, 0.9, 0.9].map(p => expect.closeTo(p, 12)),
  )
})
