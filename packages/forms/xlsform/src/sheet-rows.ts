/**
 * One sheet as rows of named cells, with the address of each for whoever has to correct it.
 * Typographic quotes are made plain everywhere, and runs of spaces single in the survey:
 * word processors put both in, and no expression means them.
 */
import type { Diagnostic } from './diagnostic.ts'
import { isKnown, readColumn, type Column, type SheetName } from './columns.ts'
import { similarSheets } from './sheet-names.ts'
import type { Sheet } from './sheet.ts'

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
  /** The cells that hold something, with their columns. */
  readonly written: () => readonly (readonly [column: Column, text: string])[]
}

export interface SheetRows {
  readonly columns: readonly Column[]
  readonly rows: readonly SheetRow[]
  /** As the spreadsheet numbers the row of the headers. */
  readonly headerRow: number
}

export type Report = (found: Diagnostic) => void

interface ReadSheetOptions {
  /** Runs of spaces become one (the survey sheet, unless the settings say no). */
  readonly singleSpaces?: boolean
}

export function readSheet(
  sheets: readonly Sheet[],
  name: SheetName,
  report: Report,
  { singleSpaces = false }: ReadSheetOptions = {},
): SheetRows | undefined {
  const sheet = findSheet(sheets, name)
  if (sheet === undefined) return undefined
  const headerAt = sheet.rows.findIndex(row => row.some(cell => cell !== ''))
  const header = (sheet.rows[headerAt] ?? []).map(text => text.replace(/\s+/g, ' '))
  const usesDoubleColon = header.some(text => text.includes('::'))
  const columns = header.flatMap((text, at) => (text === '' ? [] : [readColumn(text, at, name, usesDoubleColon)]))
  checkColumns(columns, name, headerAt + 1, report)
  const clean = (text: string): string => plainText(text, singleSpaces)
  const byKey = Map.groupBy(columns, column => column.key)
  const rows = sheet.rows.flatMap((cells, i) =>
    i <= headerAt || cells.every(cell => cell === '') ? [] : [rowOf(name, i + 1, cells.map(clean), columns, byKey)],
  )
  return { columns, rows, headerRow: headerAt + 1 }
}

const findSheet = (sheets: readonly Sheet[], name: SheetName): Sheet | undefined =>
  sheets.find(one => one.name === name) ?? sheets.find(one => one.name.trim().toLowerCase() === name)

/** A sheet that is not there, but whose name was nearly written. */
export function warnOfSimilarSheets(sheets: readonly Sheet[], name: SheetName, report: Report): void {
  if (findSheet(sheets, name) !== undefined) return
  const similar = similarSheets(sheets, name)
  if (similar.length > 0)
    report({
      severity: 'warning',
      code: 'misspelt-sheet',
      message: `There is no sheet “${name}”, but one with a similar name: ${similar.map(one => `“${one}”`).join(', ')}. Call it “${name}” if it is meant, or begin its name with _ if it is not.`,
      sheet: similar[0]!,
    })
}

const NEEDS_CLEANING = /[‘’“”]| {2}/

function plainText(text: string, singleSpaces: boolean): string {
  if (!NEEDS_CLEANING.test(text)) return text
  const quoted = text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"')
  return singleSpaces ? quoted.replace(/ {2,}/g, ' ') : quoted
}

function rowOf(
  sheet: SheetName,
  row: number,
  cells: readonly string[],
  columns: readonly Column[],
  byKey: ReadonlyMap<string, readonly Column[]>,
): SheetRow {
  const own = (key: string): readonly Column[] => byKey.get(key) ?? []
  return {
    sheet,
    row,
    cell: key => {
      for (const { at } of own(key)) if ((cells[at] ?? '') !== '') return cells[at]!
      return ''
    },
    byLanguage: key => {
      const found = new Map<string, string>()
      for (const { language, at } of own(key)) if ((cells[at] ?? '') !== '') found.set(language ?? '', cells[at]!)
      return found
    },
    header: key => own(key)[0]?.header ?? key,
    keys: () => columns.map(column => column.key),
    written: () =>
      columns.flatMap(column => ((cells[column.at] ?? '') === '' ? [] : [[column, cells[column.at]!] as const])),
  }
}

/** A row that nobody wrote, at the address of the one that asked for it. */
export const madeRow = (at: SheetRow, cells: Readonly<Record<string, string>>): SheetRow => ({
  ...at,
  keys: () => Object.keys(cells),
  cell: key => cells[key] ?? '',
  byLanguage: key => new Map(cells[key] === undefined ? [] : [['', cells[key]]]),
  written: () => [],
})

/** The same row with other texts: `change` sees every cell, and the language of its column. */
export const changedRow = (
  row: SheetRow,
  change: (text: string, language: string | null, key: string) => string,
): SheetRow => ({
  ...row,
  cell: key => {
    const [first] = row.byLanguage(key)
    return first === undefined ? change('', null, key) : change(first[1], first[0] || null, key)
  },
  byLanguage: key => {
    const changed = [...row.byLanguage(key)].map(
      ([language, text]) => [language, change(text, language || null, key)] as const,
    )
    return new Map(changed.length > 0 || change('', null, key) === '' ? changed : [['', change('', null, key)]])
  },
})

function checkColumns(columns: readonly Column[], sheet: SheetName, row: number, report: Report): void {
  const seen = new Map<string, Column>()
  for (const column of columns) {
    const name = `${column.key}\n${column.language ?? ''}`
    const before = seen.get(name)
    const place = { sheet, row, column: column.header }
    if (before !== undefined) {
      const isSame = before.header === column.header
      const message = isSame
        ? `The column “${column.header}” is there twice. Remove one of them, or name its language (${column.key}::English).`
        : `The columns “${before.header}” and “${column.header}” are two names of one column. Keep one of them.`
      report({ severity: 'error', code: 'duplicate-column', message, ...place })
    } else if (!isKnown(column, sheet))
      report({
        // What an entity list is told to do is not left out in silence.
        severity: sheet === 'entities' ? 'error' : 'warning',
        code: 'unknown-column',
        message: `The column “${column.header}” is not known${sheet === 'entities' ? '. Correct its name, or remove it.' : ' and is left out. Correct its name if it was meant to do something.'}`,
        ...place,
      })
    seen.set(name, column)
  }
}
