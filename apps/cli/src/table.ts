/**
 * A CSV table as the model verbs read it: RFC 4180, UTF-8, a header line; comma, semicolon or
 * tab, whichever the header shows. Held by column, for that is how a trainer reads it.
 *
 * A damaged file is `table.unreadable` with the row; nothing of it is used.
 *
 * Not here: what a column is to a model (model/column-type.ts), records of a form (records/).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { parse, type Options } from 'csv-parse/sync'
import { readGiven } from './read-given.ts'

export interface CsvTable {
  readonly header: readonly string[]
  readonly rows: number
  /** Cells by column, in the order of the rows; a blank cell is `''`. */
  readonly columns: ReadonlyMap<string, readonly string[]>
}

type Unreadable = FaultOf<'table.unreadable'> | FaultOf<'cli.file-unreadable'>

export function readCsv(file: string): Result<CsvTable, Unreadable> {
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  const unreadable = (why: string) => err(fault('table.unreadable', `${file}: ${why}`))
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.value)
  } catch {
    return unreadable('it is not UTF-8 text; save it as “CSV UTF-8”')
  }
  const lines = parseLines(text)
  if (typeof lines === 'string') return unreadable(lines)
  const [names = [], ...rows] = lines
  // A table written with its row numbers has a first column without a name.
  const header = names.map((name, at) => (name === '' ? `column_${at + 1}` : name))
  if (header.length === 0 || rows.length === 0) return unreadable('no row below the header')
  const twice = header.find((name, at) => header.indexOf(name) !== at)
  if (twice !== undefined) return unreadable(`two columns are called ${twice}`)
  return ok({
    header,
    rows: rows.length,
    columns: new Map(header.map((name, at) => [name, rows.map(row => row[at] ?? '')])),
  })
}

/** The lines, header first; or what is wrong with them. */
function parseLines(text: string): string[][] | string {
  const delimiter = delimiterOf(text)
  const options: Options = { bom: true, skip_empty_lines: true, trim: true, delimiter }
  try {
    return parse(text, options)
  } catch (cause) {
    // Tables with tabs are often written without any quoting: a quotation mark is then only a letter.
    if (delimiter === '\t') {
      try {
        return parse(text, { ...options, quote: null })
      } catch {
        // what was wrong at first is the better word
      }
    }
    return cause instanceof Error ? cause.message : String(cause)
  }
}

/** The sign between two cells, as the header shows. */
export function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r?\n/, 1)
  const count = (sign: string): number => first.split(sign).length
  return ['\t', ';', ','].reduce((best, sign) => (count(sign) > count(best) ? sign : best), ',')
}

export const cellsOf = ({ columns }: CsvTable, name: string): readonly string[] => columns.get(name) ?? []

/** The rows that are named, in that order. */
export const takeCells = ({ header, columns }: CsvTable, rows: readonly number[]): CsvTable => ({
  header,
  rows: rows.length,
  columns: new Map([...columns].map(([name, cells]) => [name, rows.map(row => cells[row] ?? '')])),
})
