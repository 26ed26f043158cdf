import { expect, test } from 'vitest'
import type { CsvTable } from '../table.ts'
import { bothSides, leakingColumns, sharedRows } from './warn-leaks.ts'

const ROWS = 600
const codes = Uint8Array.from({ length: ROWS }, (_, row) => (row % 5 < 2 ? 1 : 0))
const target = { task: 'binary', classes: ['no', 'yes'], codes } as const
const numbers = (name: string, value: (row: number) => number) =>
  ({ name, kind: 'number', values: Float32Array.from({ length: ROWS }, (_, row) => value(row)) }) as const
const words = (name: string, value: (row: number) => string | null) =>
  ({ name, kind: 'category', values: Array.from({ length: ROWS }, (_, row) => value(row)) }) as const

test('a column that tells the outcome alone is named, whether amounts or words', () => {
  const columns = [
    numbers('score', row => (codes[row] === 1 ? 5 : 1) + (row % 97) / 97),
    words('verdict', row => (codes[row] === 1 ? 'refer' : 'keep')),
    words('told_later', row => (codes[row] === 1 ? 'visited' : null)),
    numbers('age', row => (row * 7) % 61),
    words('region', row => ['north', 'south', 'east'][row % 3]!),
    // Another name in each row tells nothing about the next one.
    words('name', row => `p${row}`),
  ]
  expect(leakingColumns({ rows: ROWS, columns }, target)).toEqual(['score', 'verdict', 'told_later'])
})

test('where nearly all rows are of one class, being right about it is no leak', () => {
  const rare = { ...target, codes: Uint8Array.from({ length: ROWS }, (_, row) => (row < 6 ? 1 : 0)) }
  expect(leakingColumns({ rows: ROWS, columns: [words('roof', () => 'iron')] }, rare)).toEqual([])
})

const tableOf = (rows: readonly (readonly string[])[]): CsvTable => ({
  header: ['a', 'b'],
  rows: rows.length,
  columns: new Map(['a', 'b'].map((name, at) => [name, rows.map(row => row[at]!)])),
})

test('rows that stand on both sides are counted, cell for cell', () => {
  const training = tableOf([
    ['1', '2'],
    ['12', ''],
  ])
  const judged = tableOf([
    ['1', '2'],
    ['1', '2'],
    ['', '12'],
    ['3', '4'],
  ])
  expect(sharedRows(training, judged, ['a', 'b'])).toBe(2)
})

test('households on both sides are counted once; rows of none are no household', () => {
  expect(bothSides(['h1', 'h2', '#3'], ['h2', 'h2', '#3', 'h9'])).toBe(1)
})
