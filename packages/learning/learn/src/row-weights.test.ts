/** A row of weight 2 counts as two rows, wherever rows are learned from or counted. */
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { pairedBootstrap } from './bootstrap.ts'
import { conformalCutoffs } from './conformal.ts'
import { climbLadder } from './ladder.ts'
import { fitLogistic } from './logistic.ts'
import { accuracy, auc, brier, calibrationSlope, logLoss, rowLosses } from './measures.ts'
import { plantHouseholds } from './planted-households.ts'
import { predict } from './predict.ts'
import { priorModel } from './prior.ts'
import { takeLabels, takeRows, type Table } from './table.ts'
import { fitTrees } from './trees.ts'

const planted = plantHouseholds(400, 5)
const everyRow = [...planted.groups.keys()]
/** Two interviews a household, the second of which counts twice: so folds fall alike on both sides. */
const groups = everyRow.map(row => `h${row >> 1}`)
const weights = Float64Array.from(everyRow, row => 1 + (row % 2))
const repeated = everyRow.flatMap(row => (row % 2 === 0 ? [row] : [row, row]))
const twice = <T>(values: readonly T[]): T[] => repeated.map(row => values[row]!)
const codes = takeLabels(planted.labels, repeated)
const firstOf = everyRow.map(row => repeated.indexOf(row))

test('a logistic of weighted rows is that of the rows repeated', () => {
  const weighted = unwrap(fitLogistic(planted.table, planted.labels, { seed: 3, groups, weights }))
  const longer = unwrap(fitLogistic(takeRows(planted.table, repeated), codes, { seed: 3, groups: twice(groups) }))
  const fresh = plantHouseholds(50, 6).table
  const [said, other] = [predict(weighted.model, fresh), predict(longer.model, fresh)]
  for (const [row, p] of said.entries()) expect(p).toBeCloseTo(other[row]!, 4)
  for (const row of everyRow) expect(weighted.outOfFold[row]).toBeCloseTo(longer.outOfFold[firstOf[row]!]!, 4)
})

test('trees of weighted rows are those of the rows repeated, calibration included', () => {
  // Roof and size: of few values, so that the bins are the same whatever the rows weigh.
  const table: Table = { rows: planted.table.rows, columns: planted.table.columns.slice(0, 2) }
  const options = { seed: 3, maxLeaves: 8, featureShare: 1, minRows: 1, rounds: 5 }
  const weighted = unwrap(fitTrees(table, planted.labels, { ...options, groups, weights }))
  const longer = unwrap(fitTrees(takeRows(table, repeated), codes, { ...options, groups: twice(groups) }))
  for (const row of everyRow) expect(weighted.outOfFold[row]).toBeCloseTo(longer.outOfFold[firstOf[row]!]!, 3)
})

test('the ladder weighs its rows, and weights of one change no byte', () => {
  const prior = priorModel({
    classes: planted.labels.classes,
    baseRate: 0.5,
    points: {},
    columns: [{ name: 'roof', kind: 'category' }],
  })
  const climb = (more: { readonly weights?: Float64Array }) =>
    unwrap(
      climbLadder(planted.table, planted.labels, {
        seed: 3,
        groups,
        prior,
        logisticFrom: 0,
        treesFrom: 1_000,
        ...more,
      }),
    )
  const plain = climb({})
  expect(JSON.stringify(climb({ weights: new Float64Array(weights.length).fill(1) }))).toBe(JSON.stringify(plain))
  expect(climb({ weights }).crossValidated.logistic).not.toBe(plain.crossValidated.logistic)
})

test('measures, cut-offs and the paired comparison count a weighted row as often', () => {
  const said = planted.truth
  const [p, y] = [twice([...said]), codes.codes]
  const own = planted.labels.codes
  expect(auc(said, own, weights)).toBeCloseTo(auc(p, y), 10)
  expect(logLoss(said, own, weights)).toBeCloseTo(logLoss(p, y), 10)
  expect(brier(said, own, weights)).toBeCloseTo(brier(p, y), 10)
  expect(accuracy(said, own, 0.4, weights)).toBeCloseTo(accuracy(p, y, 0.4), 10)
  expect(calibrationSlope(said, own, weights)).toBeCloseTo(calibrationSlope(p, y), 6)
  expect(conformalCutoffs(said, planted.labels, 0.9, weights)).toEqual(conformalCutoffs(p, codes, 0.9))

  const half = said.map(one => one / 2)
  const compare = (rows: readonly number[], more: { readonly weights?: Float64Array }) =>
    pairedBootstrap({
      groups: rows.map(row => groups[row]!),
      lossA: rows.map(row => rowLosses(half, own)[row]!),
      lossB: rows.map(row => rowLosses(said, own)[row]!),
      draws: 50,
      seed: 1,
      ...more,
    })
  const [weighted, longer] = [compare(everyRow, { weights }), compare(repeated, {})]
  for (const figure of ['mean', 'lower', 'upper'] as const) expect(weighted[figure]).toBeCloseTo(longer[figure], 10)
})
