import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { crossValidate } from './cross-validate.ts'
import { climbLadder } from './ladder.ts'
import { plantHouseholds } from './planted-households.ts'
import { predict } from './predict.ts'
import { priorModel } from './prior.ts'
import { takeLabels, takeRows, type Labels } from './table.ts'

const classes = ['not poor', 'poor']
const columns = [
  { name: 'roof', kind: 'category' },
  { name: 'size', kind: 'number' },
] as const
const prior = priorModel({
  classes,
  baseRate: 0.4,
  points: { roof: { thatch: 0.9, '': 0.2 }, size: { perUnit: 0.05 } },
  columns,
})

const all = plantHouseholds(1_200, 1)
const climb = (rows: number, labels: Labels = all.labels) => {
  const first = Array.from({ length: rows }, (_, row) => row)
  return unwrap(
    climbLadder(takeRows(all.table, first), takeLabels(labels, first), {
      seed: 3,
      groups: all.groups.slice(0, rows),
      logisticFrom: 200,
      treesFrom: 1_000,
      prior,
      trees: { rounds: 60 },
    }),
  )
}

test('199 outcomes: the prior; 200: the logistic; trees are not even tried', () => {
  expect(climb(199)).toEqual({
    rung: 'prior',
    model: prior,
    outOfFold: null,
    crossValidated: { logistic: null, trees: null },
  })
  const logistic = climb(200)
  expect(logistic.rung).toBe('logistic')
  expect(logistic.crossValidated.trees).toBeNull()
})

test('enough outcomes: the lower log-loss on unseen households wins', () => {
  const found = climb(1_200)
  const { logistic, trees } = found.crossValidated
  expect(found.rung).toBe(trees! < logistic! - 1e-4 ? 'trees' : 'logistic')

  // Small or large households, not those between: no line finds that.
  const size = all.table.columns.find(({ name }) => name === 'size')!.values as Float32Array
  const codes = Uint8Array.from(size, n => (n < 3 || n > 9 ? 1 : 0))
  expect(climb(1_200, { classes, codes }).rung).toBe('trees')
})

test('a prior is a linear model: base rate where no point applies, points where they do', () => {
  const said = predict(prior, {
    rows: 4,
    columns: [
      { name: 'roof', kind: 'category', values: ['iron', 'thatch', null, 'iron'] },
      { name: 'size', kind: 'number', values: Float32Array.of(Number.NaN, Number.NaN, Number.NaN, 10) },
    ],
  })
  const logits = [...said].map(p => Math.log(p / (1 - p)) - Math.log(0.4 / 0.6))
  expect(logits[0]).toBeCloseTo(0, 6)
  expect(logits[1]).toBeCloseTo(0.9, 6)
  expect(logits[2]).toBeCloseTo(0.2, 6)
  expect(logits[3]).toBeCloseTo(0.5, 6)
})

test('points for a question that is no input are refused', () => {
  expect(() => priorModel({ classes, baseRate: 0.4, points: { floor: { earth: 1 } }, columns })).toThrow('floor')
})

test('cross-validation scores every row by a model of other households', () => {
  const { groups, labels, table } = plantHouseholds(400, 6)
  for (const kind of ['logistic', 'trees'] as const) {
    const { probabilities, auc, logLoss } = unwrap(
      crossValidate(table, labels, {
        kind,
        k: 3,
        seed: 1,
        groups,
        folds: 3,
        ...(kind === 'trees' ? { rounds: 40 } : {}),
      }),
    )
    expect(probabilities.every(p => p > 0 && p < 1)).toBe(true)
    expect(auc).toBeGreaterThan(0.7)
    expect(logLoss).toBeLessThan(0.65)
  }
})
