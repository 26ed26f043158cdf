/** One sheet as rows of named cells, with the address of each for whoever has to correct it. */
import type { Diagnostic } from './diagnostic.ts'
import { isKnown, readColumn, type Column, type SheetName } from './columns.ts'
import type { Sheet } from './workbook.ts'

export interface SheetRow {
  readonly sheet: SheetName
  /** As the spreadsheet numbers it. */
  readonly row: number
  /** Text of a column in no language, or in its first one. */
  readonly cell: (key: string) => string
  /** Text by language; `''` names the column without one. */
  readonly byLanguage: (key: string) => ReadonlyMap<string, string>
  readonly header: (key: string) => string
  readonly keys: () => readonly string[]
}

export interface SheetRows {
  readonly columns: readonly Column[]
  readonly rows: readonly SheetRow[]
}

export type Report = (found: Diagnostic) => void

export function readSheet(sheets: readonly Sheet[], name: SheetName, report: Report): SheetRows | undefined {
  const sheet = sheets.find(one => one.name.trim().toLowerCase() === name)
  if (sheet === undefined) return undefined
  const headerAt = sheet.rows.findIndex(row => row.some(cell => cell !== ''))
  const header = sheet.rows[headerAt] ?? []
  const columns = header.flatMap((text, at) => (text === '' ? [] : [readColumn(text, at, name)]))
  checkColumns(columns, name, headerAt + 1, report)
  const rows = sheet.rows.flatMap((cells, i) =>
    i <= headerAt || cells.every(cell => cell === '') ? [] : [rowOf(name, i + 1, cells, columns)],
  )
  return { columns, rows }
}

function rowOf(sheet: SheetName, row: number, cells: readonly string[], columns: readonly Column[]): SheetRow {
  const own = (key: string): readonly Column[] => columns.filter(column => column.key === key)
  return {
    sheet,
    row,
    cell: key => {
      const written = own(key).map(column => cells[column.at] ?? '')
      return written.find(cell => cell !== '') ?? ''
    },
    byLanguage: key => {
      const found = new Map<string, string>()
      for (const { language, at } of own(key)) if ((cells[at] ?? '') !== '') found.set(language ?? '', cells[at]!)
      return found
    },
    header: key => own(key)[0]?.header ?? key,
    keys: () => columns.map(column => column.key),
  }
}

function checkColumns(columns: readonly Column[], sheet: SheetName, row: number, report: Report): void {
  const seen = new Map<string, Column>()
  for (const column of columns) {
    const name = `${column.key}\n${column.language ?? ''}`
    const before = seen.get(name)
    if (before !== undefined)
      report({
        severity: 'error',
        code: 'duplicate-column',
        message: `The column “${column.header}” is there twice. Remove one of them, or name its language (${column.key}::English).`,
        sheet,
        row,
        column: column.header,
      })
    else if (!isKnown(column, sheet))
      report({
        severity: 'warning',
        code: 'unknown-column',
        message: `The column “${column.header}” is not known and is left out. Correct its name if it was meant to do something.`,
        sheet,
        row,
        column: column.header,
      })
    seen.set(name, column)
  }
}
