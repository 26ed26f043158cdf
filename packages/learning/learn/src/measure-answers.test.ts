import fc from 'fast-check'
import { expect, test } from 'vitest'
import { confusionOf, measureAnswers, measureIntervals, measureSubgroups } from './measure-answers.ts'
import { auc, brier, calibrationSlope, logLoss } from './measures.ts'
import type { ClassTarget } from './target.ts'

const three: ClassTarget = { task: 'multiclass', classes: ['a', 'b', 'c'], codes: Uint8Array.of(0, 0, 1, 2) }
// prettier-ignore
const said = Float64Array.of(
  0.7, 0.2, 0.1,
  0.4, 0.5, 0.1,
  0.2, 0.6, 0.2,
  0.1, 0.1, 0.8,
)

const rows = fc.array(
  fc.record({
    p: fc.integer({ min: 1, max: 19 }).map(n => n / 20),
    code: fc.integer({ min: 0, max: 1 }),
    weight: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 4, maxLength: 40 },
)

test('a worked example of three classes', () => {
  expect(measureAnswers(three, said)).toMatchObject({
    auc: 1,
    accuracy: 0.75,
    macroF1: expect.closeTo((2 / 3 + 2 / 3 + 1) / 3, 12),
    logLoss: expect.closeTo(-(Math.log(0.7) + Math.log(0.4) + Math.log(0.6) + Math.log(0.8)) / 4, 12),
  })
  expect(confusionOf(three, said)).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ])
})

test('A1 a row of weight 2 counts as two rows', () => {
  fc.assert(
    fc.property(rows, all => {
      fc.pre(new Set(all.map(({ code }) => code)).size === 2)
      const repeated = all.flatMap(row => Array.from({ length: row.weight }, () => row))
      const targetOf = (some: typeof all): ClassTarget => ({
        task: 'binary',
        classes: ['no', 'yes'],
        codes: Uint8Array.from(some, ({ code }) => code),
      })
      const weighted = measureAnswers(
        targetOf(all),
        Float64Array.from(all, ({ p }) => p),
        Float64Array.from(all, ({ weight }) => weight),
      )
      const twice = measureAnswers(
        targetOf(repeated),
        Float64Array.from(repeated, ({ p }) => p),
      )
      for (const name of ['auc', 'logLoss', 'accuracy', 'macroF1', 'brier'])
        expect(weighted[name]).toBeCloseTo(twice[name]!, 9)
    }),
    { seed: 5 },
  )
})

test('A2 two classes told as several have the same figures', () => {
  fc.assert(
    fc.property(rows, all => {
      const codes = Uint8Array.from(all, ({ code }) => code)
      fc.pre(new Set(codes).size === 2)
      const p = Float64Array.from(all, row => row.p)
      const two = measureAnswers({ task: 'binary', classes: ['no', 'yes'], codes }, p)
      expect(two['auc']).toBeCloseTo(auc(p, codes), 12)
      expect(two['logLoss']).toBeCloseTo(logLoss(p, codes), 12)
      expect(two['brier']).toBeCloseTo(brier(p, codes), 12)
      expect(two['calibrationSlope']).toBeCloseTo(calibrationSlope(p, codes), 6)
      // A third class that never occurs and is never expected.
      const several = measureAnswers(
        { task: 'multiclass', classes: ['no', 'yes', 'never'], codes },
        Float64Array.from(all.flatMap(row => [1 - row.p, row.p, 0])),
      )
      for (const name of ['auc', 'logLoss']) expect(several[name]).toBeCloseTo(two[name]!, 9)
    }),
    { seed: 6 },
  )
})

test('A3 the interval holds the figure, and is wider where the rows are of few households', () => {
  const codes = Uint8Array.from({ length: 400 }, (_, row) => (row * 7) % 2)
  const p = Float64Array.from(codes, (code, row) => (code === 1 ? 0.3 : 0.1) + ((row * 13) % 50) / 100)
  const target: ClassTarget = { task: 'binary', classes: ['no', 'yes'], codes }
  const widthOf = (groups: readonly string[]) => {
    const { auc: area } = measureIntervals(target, p, { groups, seed: 1 })
    expect(area!.lower).toBeLessThanOrEqual(area!.mean)
    expect(area!.upper).toBeGreaterThanOrEqual(area!.mean)
    return area!.upper - area!.lower
  }
  const alone = widthOf([...codes.keys()].map(String))
  expect(alone).toBeGreaterThan(0.05)
  expect(widthOf([...codes.keys()].map(row => String(Math.floor(row / 20))))).not.toBe(alone)
})

test('what cannot be had is null: one class alone, no rows, a subgroup too small', () => {
  const alone = { ...three, codes: Uint8Array.of(1, 1, 1, 1) }
  expect(measureAnswers(alone, said)).toMatchObject({ auc: null, calibrationSlope: null, accuracy: 0.5 })
  expect(measureAnswers({ ...three, codes: new Uint8Array(0) }, new Float64Array(0))).toMatchObject({
    auc: null,
    accuracy: null,
  })
  const subgroups = measureSubgroups(three, said, ['north', 'north', 'north', null], 3)
  expect(subgroups).toMatchObject([
    { value: 'north', rows: 3, figures: { accuracy: expect.closeTo(2 / 3, 12) } },
    { value: '', rows: 1, figures: null },
  ])
})

test('amounts: the error in their own unit', () => {
  const target = { task: 'regression', values: Float64Array.of(1, 2, 3) } as const
  expect(measureAnswers(target, Float64Array.of(1, 2, 6))).toEqual({ rmse: Math.sqrt(3), mae: 1, r2: 1 - 9 / 2 })
})
