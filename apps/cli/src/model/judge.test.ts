import { expect, test } from 'vitest'
import { confusion, curvesOf, judge, labelsSaid } from './judge.ts'

const three = { task: 'multiclass', classes: ['a', 'b', 'c'], codes: Uint8Array.of(0, 0, 1, 2) } as const
// prettier-ignore
const said = Float64Array.of(
  0.7, 0.2, 0.1,
  0.4, 0.5, 0.1,
  0.2, 0.6, 0.2,
  0.1, 0.1, 0.8,
)

test('several classes: the AUC is the mean of each against the rest, the log-loss that of the true class', () => {
  const { auc, logLoss, accuracy, macroF1 } = judge(three, said)
  // a: rows 0 and 1 above the others; b: row 2 above all; c: row 3 above all.
  expect(auc).toBeCloseTo((1 + 1 + 1) / 3, 12)
  expect(logLoss).toBeCloseTo(-(Math.log(0.7) + Math.log(0.4) + Math.log(0.6) + Math.log(0.8)) / 4, 12)
  expect(accuracy).toBe(0.75)
  expect(macroF1).toBeCloseTo((2 / 3 + 2 / 3 + 1) / 3, 12)
  expect(confusion(three, labelsSaid(three, said, 4))).toEqual([
    [1, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ])
})

test('a class that does not occur among the rows that judge is no part of the mean', () => {
  const two = { ...three, codes: Uint8Array.of(0, 0, 1, 1) }
  expect(judge(two, said).auc).toBeCloseTo((1 + 0.5) / 2, 12)
  expect(judge({ ...three, codes: Uint8Array.of(1, 1, 1, 1) }, said).auc).toBeNull()
})

test('two classes: as everybody reckons them', () => {
  const target = { task: 'binary', classes: ['no', 'yes'], codes: Uint8Array.of(0, 1, 0, 1) } as const
  const metrics = judge(target, Float64Array.of(0.1, 0.9, 0.4, 0.3))
  expect(metrics.auc).toBe(0.75)
  expect(metrics.accuracy).toBe(0.75)
  expect(metrics.macroF1).toBeCloseTo((0.8 + 2 / 3) / 2, 12)
  const [curve] = curvesOf(target, Float64Array.of(0.1, 0.9, 0.4, 0.3))
  expect(curve).toMatchObject({ name: 'yes' })
  expect(curve?.roc.at(-1)).toEqual({ falsePositives: 1, truePositives: 1 })
})

test('amounts: the error in their own unit', () => {
  const target = { task: 'regression', values: Float64Array.of(1, 2, 3) } as const
  expect(judge(target, Float64Array.of(1, 2, 6))).toMatchObject({ rmse: Math.sqrt(3), mae: 1, r2: 1 - 9 / 2 })
})
