import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unwrap } from '@murram/ground'
import { readTable } from './read-table.ts'

const read = (text: string) => readTable(new TextEncoder().encode(text))

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' ', '1'), maxLength: 6 })
const quoted = (cells: readonly string[]): string =>
  cells.map(value => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')

test('T1 what a quoted writer wrote is read back, with either line break and with or without the last one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (rows, lineBreak, lastBreak) => {
        const text = [['x', 'y', 'z'], ...rows].map(quoted).join(lineBreak) + (lastBreak ? lineBreak : '')
        expect(unwrap(read(text)).rows.map(row => row.cells)).toEqual(rows)
      },
    ),
  )
})

test('T1 a byte order mark and blank lines at the end are no part of the table', () => {
  expect(unwrap(read('\uFEFFage,sex\n39,Male\n\n\n'))).toEqual({
    header: ['age', 'sex'],
    rows: [{ number: 1, cells: ['39', 'Male'] }],
  })
})

test.each([
  ['a quote that is never closed', 'age,sex\n39,Male\n40,"Fem', 'row 2, column sex'],
  ['text after a closing quote', 'age,sex\n"39"x,Male', 'row 1, column age'],
  ['a quote inside a plain cell', 'age,sex\n39,M"ale', 'row 1, column sex'],
  ['a row that is too short', 'age,sex\n39\n', 'row 1, column sex'],
  ['a row that is too long', 'age,sex\n39,Male,x\n', 'row 1, column 3'],
  ['a blank line between rows', 'age,sex\n39,Male\n\n40,Male\n', 'row 2, column sex'],
  ['a column name that stands twice', 'age,age\n', 'header, column 2'],
  ['a column without a name', 'age,,sex\n', 'header, column 2'],
  ['an empty file', '', 'empty'],
])('T2 %s is refused, and its place named', (_, text, place) => {
  const table = read(text)
  expect(table).toMatchObject({
    ok: false,
    error: { fault: 'table.unreadable', detail: expect.stringContaining(place) },
  })
})

test('T2 bytes that are not UTF-8 are refused', () => {
  expect(readTable(Uint8Array.of(0x61, 0xff, 0x0a))).toMatchObject({ ok: false, error: { fault: 'table.unreadable' } })
})
