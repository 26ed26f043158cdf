import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stakeOf } from './error-budget.ts'

const look = { yearly: 0.05, spent: 0, holdout: 200, fresh: 200 }

test('the first look may stake most of it, one with nothing fresh stakes nothing', () => {
  expect(stakeOf(look).stake).toBeCloseTo(0.85 * 0.85 * 0.05, 12)
  expect(stakeOf({ ...look, fresh: 0 }).stake).toBe(0)
  // Five fresh ones of two hundred are worth a thousandth while all is left, and nothing once most is spent.
  expect(stakeOf({ ...look, fresh: 5 }).stake).toBeCloseTo(0.0010625, 12)
  expect(stakeOf({ ...look, fresh: 5, spent: 0.036 }).stake).toBe(0)
  expect(stakeOf({ ...look, spent: 0.0424 })).toMatchObject({ stake: 0, freshFrom: Number.POSITIVE_INFINITY })
})

test('E1 refused looks never stake more than the year has, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat(900))), looks => {
      let spent = 0
      for (const [holdout, fresh] of looks)
        spent += stakeOf({ ...look, spent, holdout, fresh: Math.min(fresh, holdout) }).stake
      expect(spent).toBeLessThanOrEqual(0.05)
    }),
  )
})

test('so many fresh households as the report asks for renew a look, and one fewer does not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 5_000 }),
      fc.double({ min: 0, max: 0.04, noNaN: true }),
      (holdout, spent) => {
        const { freshFrom } = stakeOf({ ...look, holdout, spent, fresh: 0 })
        const fresh = Math.ceil(freshFrom * holdout)
        expect(stakeOf({ ...look, holdout, spent, fresh }).stake).toBeGreaterThan(0)
        expect(stakeOf({ ...look, holdout, spent, fresh: fresh - 1 }).stake).toBe(0)
      },
    ),
  )
})
