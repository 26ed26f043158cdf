import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import type { CsvTable } from '../table.ts'
import { splitByFile, splitByHash, splitByTime } from './split-rows.ts'

const tableOf = (columns: Readonly<Record<string, readonly string[]>>): CsvTable => ({
  header: Object.keys(columns),
  rows: Object.values(columns)[0]?.length ?? 0,
  columns: new Map(Object.entries(columns)),
})
const groupsOf = (rows: readonly number[], groups: readonly string[]) => new Set(rows.map(row => groups[row]!))

test('P1 P2 without a file no row and no household is on both sides, and every row is on one', () => {
  for (const rows of [1, 2, 10, 57, 200]) {
    for (const households of [1, 3, 30, 1_000]) {
      const groups = Array.from({ length: rows }, (_, row) => `h${(row * 7919) % households}`)
      const { train, test: judged } = splitByHash(groups)
      expect([...train, ...judged].sort((a, b) => a - b)).toEqual(groups.map((_, row) => row))
      expect([...groupsOf(train, groups)].filter(group => groupsOf(judged, groups).has(group))).toEqual([])
    }
  }
})

test('P1 P2 by time the latest rows judge, and no household is on both sides', () => {
  const days = Array.from(
    { length: 100 },
    (_, at) => `2026-0${1 + Math.floor(at / 28)}-${String((at % 28) + 1).padStart(2, '0')}`,
  )
  const groups = days.map((_, at) => `h${at % 40}`)
  const { train, test: judged, notes } = unwrap(splitByTime(tableOf({ day: days }), 'day', groups))
  expect(judged.length).toBeGreaterThanOrEqual(20)
  expect(days[train.at(-1)!]! < days[judged[0]!]!).toBe(true)
  expect([...groupsOf(train, groups)].filter(group => groupsOf(judged, groups).has(group))).toEqual([])
  expect(notes.join(' ')).toContain('households that come again')
})

test('a time that is none is refused with its row', () => {
  const found = splitByTime(tableOf({ day: ['2026-01-01', 'later', '2026-01-03'] }), 'day', ['a', 'b', 'c'])
  expect(found).toMatchObject({
    ok: false,
    error: { detail: expect.stringContaining('row 2 holds “later”') as string },
  })
})

test('a split file is matched by row, counted from 0; what it does not name is left out and said', () => {
  const split = tableOf({ row: ['3', '0', '1', '5'], fold: ['test', 'train', 'train', 'dev'] })
  expect(unwrap(splitByFile(8, split, 'split.csv'))).toMatchObject({
    train: [0, 1],
    test: [3],
    notes: ['1 rows of the fold dev were left out', '4 rows that the split file does not name were left out'],
  })
})

test.each([
  ['a row that is not in the table', { row: ['0', '9'], fold: ['train', 'test'] }, 'row 9 is not in the table'],
  ['a row named twice', { row: ['0', '0'], fold: ['train', 'test'] }, 'row 0 stands there twice'],
  ['no row to judge by', { row: ['0', '1'], fold: ['train', 'train'] }, '0 to test'],
  ['other columns', { id: ['0'], part: ['train'] }, 'has id, part'],
])('P3 a split file with %s is refused', (_, columns, said) => {
  expect(splitByFile(4, tableOf(columns), 'split.csv')).toMatchObject({
    error: { detail: expect.stringContaining(said) as string },
  })
})
