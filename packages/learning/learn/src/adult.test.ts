/**
 * Against scikit-learn on the same split of a real survey (shared data, where present):
 * logistic .3204/.9048, gradient boosting .2780/.9272 (log-loss/AUC). The whole comparison
 * with timings is `bench/learn.ts`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { trainLogistic } from './logistic.ts'
import { auc, calibrationSlope, logLoss } from './measures.ts'
import type { Model } from './models.ts'
import { plantHouseholds } from './planted-households.ts'
import { predict } from './predict.ts'
import { takeLabels, takeRows, type Labels, type Table } from './table.ts'
import { trainTrees } from './trees.ts'

const folder = new URL('../../../../../shared/data/adult/', import.meta.url)
const NUMBERS = new Set(['age', 'fnlwgt', 'education_num', 'capital_gain', 'capital_loss', 'hours_per_week'])

interface Split {
  readonly train: { readonly table: Table; readonly labels: Labels; readonly groups: readonly string[] }
  readonly test: { readonly table: Table; readonly labels: Labels }
}

function readAdult(): Split {
  const read = (name: string) =>
    readFileSync(new URL(name, folder), 'utf8')
      .trim()
      .split(/\r?\n/)
      .map(line => line.split(','))
  const [head = [], ...cells] = read('adult.csv')
  const isTrain = read('split.csv')
    .slice(1)
    .map(([, fold]) => fold === 'train')
  const table: Table = {
    rows: cells.length,
    columns: head
      .map((name, at) => ({ name, at }))
      .filter(({ name }) => name !== 'income' && name !== 'official')
      .map(({ name, at }) =>
        NUMBERS.has(name)
          ? {
              name,
              kind: 'number',
              values: Float32Array.from(cells, row => (row[at] === '' ? Number.NaN : Number(row[at]))),
            }
          : { name, kind: 'category', values: cells.map(row => row[at] ?? null) },
      ),
  }
  const income = head.indexOf('income')
  const labels: Labels = {
    classes: ['<=50K', '>50K'],
    codes: Uint8Array.from(cells, row => (row[income] === '>50K' ? 1 : 0)),
  }
  const rowsOf = (train: boolean) => [...cells.keys()].filter(row => isTrain[row] === train)
  const part = (rows: readonly number[]) => ({
    table: takeRows(table, rows),
    labels: takeLabels(labels, rows),
    groups: rows.map(String),
  })
  return { train: part(rowsOf(true)), test: part(rowsOf(false)) }
}

const isHere = existsSync(folder)
if (!isHere) console.info('shared data not found: planted households take the place of the census')
const { train, test: held }: Split = isHere
  ? readAdult()
  : { train: plantHouseholds(6_000, 1), test: plantHouseholds(6_000, 2) }
const bar = isHere
  ? { logisticAuc: 0.9018, logisticLoss: 0.3236, treesAuc: 0.925, treesLoss: 0.2835 }
  : { logisticAuc: 0.8, logisticLoss: 0.54, treesAuc: 0.8, treesLoss: 0.54 }

const measure = (model: Model) => {
  const said = predict(model, held.table)
  const { codes } = held.labels
  return { auc: auc(said, codes), logLoss: logLoss(said, codes), slope: calibrationSlope(said, codes) }
}

test('logistic regression is within .003 AUC and 1 % log-loss of the baseline', () => {
  const got = measure(unwrap(trainLogistic(train.table, train.labels, { seed: 1, groups: train.groups, folds: 2 })))
  expect(got.auc).toBeGreaterThan(bar.logisticAuc)
  expect(got.logLoss).toBeLessThan(bar.logisticLoss)
  expect(Math.abs(got.slope - 1)).toBeLessThan(0.1)
})

test('boosted trees reach .925 AUC with few rounds', () => {
  const options = { seed: 1, groups: train.groups, folds: 2, rounds: 60, learningRate: 0.15 }
  const got = measure(unwrap(trainTrees(train.table, train.labels, options)))
  expect(got.auc).toBeGreaterThan(bar.treesAuc)
  expect(got.logLoss).toBeLessThan(bar.treesLoss)
  expect(Math.abs(got.slope - 1)).toBeLessThan(0.1)
})
