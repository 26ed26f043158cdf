/**
 * SheetJS as the oracle of the reader: the same cells from the same files. Needs
 * `../shared/forms` for real workbooks; our own is compared in any case.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, utils } from '@e965/xlsx'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { household } from './fixtures/household.ts'
import { makeWorkbook } from './fixtures/make-workbook.ts'
import { readWorkbook } from './workbook.ts'

const folder = join(import.meta.dirname, '../../../../../shared/forms')
const files = existsSync(folder) ? readdirSync(folder).filter(file => file.endsWith('.xlsx')) : []
const books: readonly (readonly [name: string, bytes: () => Uint8Array])[] = [
  ['our own household.xlsx', () => makeWorkbook(household)],
  ['our own household.xls', () => makeWorkbook(household, 'xls')],
  ...files.map(file => [file, () => new Uint8Array(readFileSync(join(folder, file)))] as const),
]

/** Cells that hold something, by sheet and place. */
function theirCells(bytes: Uint8Array): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const book = read(bytes, { cellDates: false })
  for (const name of book.SheetNames)
    for (const [place, cell] of Object.entries(book.Sheets[name]!)) {
      if (place.startsWith('!')) continue
      const { t, v } = cell as { readonly t: string; readonly v?: string | number | boolean }
      const text =
        t === 'b'
          ? v === true
            ? 'TRUE'
            : 'FALSE'
          : String(v ?? '')
              .replaceAll('\r\n', '\n')
              .replaceAll('\u00a0', ' ')
              .trim()
      if (text !== '') found[`${name}!${place}`] = text
    }
  return found
}

async function ourCells(bytes: Uint8Array, name: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for (const sheet of unwrap(await readWorkbook(bytes, name)))
    for (const [r, row] of sheet.rows.entries())
      for (const [c, text] of row.entries())
        if (text !== '') found[`${sheet.name}!${utils.encode_cell({ r, c })}`] = text
  return found
}

for (const [name, bytes] of books)
  test(`the cells of ${name} are those that SheetJS reads`, async () => {
    const [ours, theirs] = [await ourCells(bytes(), name), theirCells(bytes())]
    expect(Object.keys(theirs).length).toBeGreaterThan(10)
    expect(ours).toEqual(theirs)
  })
