import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binTable, MISSING, MOST_BINS } from './bins.ts'
import { createHistogramPool, STRIDE } from './histogram.ts'
import { allRows, type Column, type Labels, type Table } from './table.ts'

const cell = fc.oneof(
  { weight: 6, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY) },
)
const numbers = fc.array(cell, { minLength: 2, maxLength: 700 })

const tableOf = (column: Column): Table => ({ rows: column.values.length, columns: [column] })
const alternate = (rows: number): Labels => ({
  classes: ['no', 'yes'],
  codes: Uint8Array.from({ length: rows }, (_, i) => i % 2),
})

test('a bin is left of a threshold exactly where its float32 value is not above it', () => {
  fc.assert(
    fc.property(numbers, cells => {
      const values = Float32Array.from(cells)
      const table = tableOf({ name: 'x', kind: 'number', values })
      const { codes, thresholds } = binTable(table, alternate(table.rows), allRows(table.rows))[0]!
      expect(thresholds.length).toBeLessThan(MOST_BINS)
      const agrees = (value: number, code: number) =>
        Number.isFinite(value)
          ? thresholds.every((threshold, bin) => code <= bin === value <= threshold)
          : code === MISSING
      expect(values.every((value, row) => agrees(value, codes[row]!))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('where few values differ, each has its own bin', () => {
  const values = Float32Array.from({ length: 1_000 }, (_, i) => (i % 255) - 100)
  const table = tableOf({ name: 'x', kind: 'number', values })
  const [feature] = binTable(table, alternate(1_000), allRows(1_000))
  expect(new Set(feature!.codes).size).toBe(255)
})

test('categories stand in the order of their smoothed outcome; blanks and strangers are missing', () => {
  const values = ['rich', 'poor', 'poor', 'middle', 'rich', 'middle', 'poor', null, '', 'stranger']
  const codes = Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 1, 0, 1)
  const table = tableOf({ name: 'group', kind: 'category', values })
  const [feature] = binTable(table, { classes: ['no', 'yes'], codes }, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8))
  expect(feature!.input).toMatchObject({ order: ['rich', 'middle', 'poor'] })
  expect([...feature!.codes]).toEqual([0, 2, 2, 1, 0, 1, 2, MISSING, MISSING, MISSING])
})

test('outcomes of rows outside training do not touch the order of categories', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 8, maxLength: 60 }),
      fc.infiniteStream(fc.nat(1)),
      (values, dice) => {
        const rows = allRows(values.length).filter(row => row % 3 !== 0)
        const table = tableOf({ name: 'g', kind: 'category', values })
        const codes = Uint8Array.from(values, () => dice.next().value as number)
        const flipped = codes.map((code, row) => (row % 3 === 0 ? 1 - code : code))
        const [one] = binTable(table, { classes: ['n', 'y'], codes }, rows)
        const [other] = binTable(table, { classes: ['n', 'y'], codes: flipped }, rows)
        expect(one!.input).toEqual(other!.input)
      },
    ),
  )
})

test('a histogram less one child is the other child', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 100 }), (cells, share) => {
      const table = tableOf({ name: 'x', kind: 'number', values: Float32Array.from(cells) })
      const rows = allRows(table.rows)
      const features = binTable(table, alternate(table.rows), rows)
      const gradients = Float64Array.from(rows, row => Math.sin(row))
      const hessians = Float64Array.from(rows, row => 1 + Math.cos(row))
      const pool = createHistogramPool(features, [0], gradients, hessians, [])
      const middle = Math.floor((rows.length * share) / 100)
      const rest = pool.subtract(pool.sum(rows, 0, rows.length), pool.sum(rows, 0, middle))
      const other = pool.sum(rows, middle, rows.length)
      for (let at = 0; at < STRIDE; at++) expect(rest[at]).toBeCloseTo(other[at]!, 9)
    }),
    { numRuns: 20 },
  )
})
