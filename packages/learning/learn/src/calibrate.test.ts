import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { calibrate, toFormat2 } from './calibrate.ts'
import { fitLogistic } from './logistic.ts'
import { measureAnswers } from './measure-answers.ts'
import { calibrationSlope, logLoss } from './measures.ts'
import { sigmoid } from './models.ts'
import type { LinearModel2 } from './models-format-2.ts'
import { plantHouseholds } from './planted-households.ts'
import { predictModel, softmaxRows } from './predict-model.ts'
import { createRandom } from './random.ts'
import type { Table } from './table.ts'
import type { ClassTarget } from './target.ts'

/** A model whose logit is the number it is given. */
const echo: LinearModel2 = {
  format: 2,
  kind: 'linear',
  task: 'binary',
  classes: ['no', 'yes'],
  inputs: [
    { name: 'x', kind: 'number', mean: 0, scale: 1, weight: [1], low: -100, high: 100 },
    { name: 'region', kind: 'category', values: [], weights: [], missing: [0] },
  ],
  intercepts: [0],
}

/** The outcome has `slope · x + offset` of its region as its logit. */
function plant(rows: number, seed: number, slope: number, offsets: Readonly<Record<string, number>>) {
  const random = createRandom(seed)
  const names = Object.keys(offsets)
  const regions = Array.from({ length: rows }, (_, row) => names[row % names.length]!)
  const x = Float32Array.from({ length: rows }, () => (random() - 0.5) * 6)
  const codes = Uint8Array.from(x, (value, row) =>
    random() < sigmoid(slope * value + offsets[regions[row]!]!) ? 1 : 0,
  )
  const table: Table = {
    rows,
    columns: [
      { name: 'x', kind: 'number', values: x },
      { name: 'region', kind: 'category', values: regions },
    ],
  }
  const target: ClassTarget = { task: 'binary', classes: ['no', 'yes'], codes }
  return { table, target, unseen: [Float64Array.from(x)], groups: regions.map((_, row) => `h${row}`), regions }
}

test('C1 slope and intercept are in the model: it says what outOfFold holds', () => {
  const { table, target, unseen, groups } = plant(4_000, 1, 0.4, { north: 0.5 })
  const { model, outOfFold } = calibrate(echo, unseen, table, target, { seed: 1, groups, calibration: 'platt' })
  const said = predictModel(model, table)
  for (const [row, p] of said.entries()) expect(p).toBeCloseTo(outOfFold[row]!, 5)
  expect(calibrationSlope(said, target.codes)).toBeCloseTo(1, 1)
})

test('`none` leaves the model as it is', () => {
  const { table, target, unseen, groups } = plant(500, 1, 0.4, { north: 0.5 })
  const { model } = calibrate(echo, unseen, table, target, { seed: 1, groups, calibration: 'none' })
  expect(predictModel(model, table)).toEqual(predictModel(echo, table))
})

test('a region that the model is wrong about is corrected; a region of few rows is not', () => {
  const known = plant(6_000, 2, 1, { north: 0, south: -1.2, west: 0.6 })
  const few = known.regions.map((region, row) => (row < 20 ? 'islet' : region))
  const table: Table = {
    ...known.table,
    columns: [known.table.columns[0]!, { name: 'region', kind: 'category', values: few }],
  }
  const { model, notes } = calibrate(echo, known.unseen, table, known.target, {
    seed: 1,
    groups: known.groups,
    calibration: 'platt',
    regionColumn: 'region',
  })
  if (model.format !== 2 || model.regions === undefined) throw new Error('no region was corrected')
  expect(model.regions.values).toEqual(['north', 'south', 'west'])
  expect(notes).toEqual(['3 values of region have an intercept of their own'])
  const fresh = plant(6_000, 3, 1, { north: 0, south: -1.2, west: 0.6 })
  const said = predictModel(model, fresh.table)
  for (const region of ['north', 'south', 'west']) {
    const own = [...said.keys()].filter(row => fresh.regions[row] === region)
    const mean = own.reduce((sum, row) => sum + said[row]!, 0) / own.length
    const rate = own.reduce((sum, row) => sum + fresh.target.codes[row]!, 0) / own.length
    expect(Math.abs(mean - rate)).toBeLessThan(0.035)
  }
})

test('a region that is no category is told, not guessed', () => {
  const { table, target, unseen, groups } = plant(500, 1, 1, { north: 0 })
  const { model, notes } = calibrate(echo, unseen, table, target, {
    seed: 1,
    groups,
    calibration: 'platt',
    regionColumn: 'x',
  })
  expect(notes).toEqual(['x is no category: no region was corrected'])
  expect(model).not.toHaveProperty('regions')
})

test('C2 a rising line is fitted on other households than those it speaks of', () => {
  // Outcomes that nothing foretells: a line that had seen them would seem to help.
  const random = createRandom(9)
  const { table, unseen, groups } = plant(300, 4, 1, { north: 0 })
  const target: ClassTarget = {
    task: 'binary',
    classes: ['no', 'yes'],
    codes: Uint8Array.from({ length: 300 }, () => (random() < 0.5 ? 1 : 0)),
  }
  const { model, outOfFold } = calibrate(echo, unseen, table, target, { seed: 1, groups, calibration: 'isotonic' })
  expect(logLoss(outOfFold, target.codes)).toBeGreaterThan(logLoss(predictModel(model, table), target.codes))
  expect(logLoss(outOfFold, target.codes)).toBeGreaterThan(Math.log(2) - 0.005)
})

test('a rising line is taken where it is clearly better, and only there', () => {
  const straight = plant(6_000, 5, 1, { north: 0 })
  const auto = { seed: 1, groups: straight.groups, calibration: 'auto' as const }
  expect(calibrate(echo, straight.unseen, straight.table, straight.target, auto).model).not.toHaveProperty('isotonic')
  const random = createRandom(6)
  const bent: ClassTarget = {
    ...straight.target,
    codes: Uint8Array.from(straight.unseen[0]!, x => (random() < (x > 0 ? 0.5 : 0.02) ? 1 : 0)),
  }
  const { model } = calibrate(echo, straight.unseen, straight.table, bent, auto)
  expect(model).toHaveProperty('isotonic')
  expect(logLoss(predictModel(model, straight.table), bent.codes)).toBeLessThan(0.41)
})

test('several classes: one slope and an intercept each make the scores true', () => {
  const random = createRandom(7)
  const truth = [0, 1, 2].map(k => Float64Array.from({ length: 6_000 }, () => (random() - 0.5) * 4 + k * 0.5))
  const p = softmaxRows(truth)
  const codes = Uint8Array.from({ length: 6_000 }, (_, row) => {
    const draw = random()
    return draw < p[3 * row]! ? 0 : draw < p[3 * row]! + p[3 * row + 1]! ? 1 : 2
  })
  const target: ClassTarget = { task: 'multiclass', classes: ['a', 'b', 'c'], codes }
  const model: LinearModel2 = {
    format: 2,
    kind: 'linear',
    task: 'multiclass',
    classes: target.classes,
    inputs: [0, 1, 2].map(k => ({
      name: `s${k}`,
      kind: 'number',
      mean: 0,
      scale: 1,
      low: -100,
      high: 100,
      weight: [0, 1, 2].map(output => (output === k ? 3 : 0)),
    })),
    intercepts: [1, 0, 0],
  }
  const table: Table = {
    rows: 6_000,
    columns: truth.map((scores, k) => ({ name: `s${k}`, kind: 'number', values: Float32Array.from(scores) })),
  }
  // Three times too sure, and the first class too likely.
  const unseen = truth.map((scores, k) => scores.map(score => 3 * score + (k === 0 ? 1 : 0)))
  const groups = Array.from({ length: 6_000 }, (_, row) => `h${row}`)
  const calibrated = calibrate(model, unseen, table, target, { seed: 1, groups, calibration: 'platt' })
  const figures = measureAnswers(target, predictModel(calibrated.model, table))
  expect(figures['logLoss']).toBeLessThan(measureAnswers(target, p)['logLoss']! + 0.005)
  expect(figures['calibrationSlope']).toBeCloseTo(1, 1)
})

test('a model of format 1 says the same in format 2', () => {
  const { table, labels, groups } = plantHouseholds(400, 8)
  const { model } = unwrap(fitLogistic(table, labels, { seed: 1, groups }))
  expect(predictModel(toFormat2(model), table)).toEqual(predictModel(model, table))
})
