import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MOST_BINS, orderCategories, ownMemory, readColumns } from './bins.ts'
import { clear, grainOf, histogramOffsets, subtractFrom, sumInto } from './histogram.ts'
import { allRows, type Column, type Table } from './table.ts'

const cell = fc.oneof(
  { weight: 6, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY) },
)
const numbers = fc.array(cell, { minLength: 2, maxLength: 700 })

const tableOf = (column: Column): Table => ({ rows: column.values.length, columns: [column] })
const alternate = (rows: number) => Uint8Array.from({ length: rows }, (_, i) => i % 2)
const binOne = (column: Column, told: Uint8Array, rows: Int32Array = allRows(column.values.length)) =>
  orderCategories(readColumns(tableOf(column), ownMemory), { values: told, weights: null, rows }, 10, ownMemory)[0]!

test('a bin is left of a threshold exactly where its float32 value is not above it', () => {
  fc.assert(
    fc.property(numbers, cells => {
      const values = Float32Array.from(cells)
      const { codes, thresholds, missing } = binOne({ name: 'x', kind: 'number', values }, alternate(values.length))
      expect(thresholds.length).toBeLessThan(MOST_BINS)
      const agrees = (value: number, code: number) =>
        Number.isFinite(value)
          ? thresholds.every((threshold, bin) => code <= bin === value <= threshold)
          : code === missing
      expect(values.every((value, row) => agrees(value, codes[row]!))).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('where few values differ, each has its own bin', () => {
  const values = Float32Array.from({ length: 1_000 }, (_, i) => (i % 255) - 100)
  const { codes } = binOne({ name: 'x', kind: 'number', values }, alternate(1_000))
  expect(new Set(codes).size).toBe(255)
})

test('categories stand in the order of their smoothed outcome; blanks and strangers are missing', () => {
  const values = ['rich', 'poor', 'poor', 'middle', 'rich', 'middle', 'poor', null, '', 'stranger']
  const codes = Uint8Array.of(0, 1, 1, 0, 0, 1, 1, 1, 0, 1)
  const feature = binOne({ name: 'group', kind: 'category', values }, codes, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8))
  expect(feature).toMatchObject({ order: ['rich', 'middle', 'poor'], missing: 3 })
  expect([...feature.codes]).toEqual([0, 2, 2, 1, 0, 1, 2, 3, 3, 3])
})

test('outcomes of rows outside training do not touch the order of categories', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 8, maxLength: 60 }),
      fc.infiniteStream(fc.nat(1)),
      (values, dice) => {
        const rows = allRows(values.length).filter(row => row % 3 !== 0)
        const column: Column = { name: 'g', kind: 'category', values }
        const codes = Uint8Array.from(values, () => dice.next().value as number)
        const flipped = codes.map((code, row) => (row % 3 === 0 ? 1 - code : code))
        expect(binOne(column, codes, rows).order).toEqual(binOne(column, flipped, rows).order)
      },
    ),
  )
})

test('a histogram less one child is the other child, to the last bit and in any order of rows', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 100 }), (cells, share) => {
      const rows = allRows(cells.length)
      const column: Column = { name: 'x', kind: 'number', values: Float32Array.from(cells) }
      const features = [binOne(column, alternate(rows.length))]
      const grain = grainOf(rows.length, 1, 2)
      const pairs = new Float64Array(2 * rows.length)
      for (const row of rows) {
        pairs[2 * row] = Math.sin(row) + grain.gradientMagic - grain.gradientMagic
        pairs[2 * row + 1] = grain.unit + (1 + Math.cos(row) + grain.hessianMagic - grain.hessianMagic)
      }
      const offsets = histogramOffsets(features)
      const named = Int32Array.of(0)
      const sum = (of: Int32Array, start: number, end: number) => {
        const histogram = new Float64Array(offsets.at(-1)!).fill(7)
        clear(histogram, offsets, named)
        sumInto(histogram, features, offsets, named, { rows: of, pairs, start, end })
        return histogram
      }
      const middle = Math.floor((rows.length * share) / 100)
      const whole = sum(rows.toReversed(), 0, rows.length)
      subtractFrom(whole, sum(rows, 0, middle), offsets, named)
      expect(whole).toEqual(sum(rows, middle, rows.length))
    }),
    { numRuns: 20 },
  )
})

test('what is rounded to the grain is rounded harmlessly, up to a million rows', () => {
  const { unit, gradientMagic, hessianMagic } = grainOf(1_000_000, 1, 0.25)
  for (const value of [1, 0.123_456_789, -0.9, 1e-4]) {
    expect(Math.abs(value + gradientMagic - gradientMagic - value)).toBeLessThan(1e-9)
    expect(Math.abs(value + hessianMagic - hessianMagic - value)).toBeLessThan(1e-4)
  }
  expect(unit).toBeGreaterThan(250_000)
})
