/**
 * A real table, read strictly: RFC 4180 in UTF-8, a header line, every row as wide as it.
 *
 * T1 what a quoted writer wrote is read back    T2 a damaged file is refused, with row and column
 */
import { CsvError, parse } from 'csv-parse/sync'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export interface ReadTable {
  readonly header: readonly string[]
  readonly rows: readonly TableRow[]
}

export interface TableRow {
  /** Counted from 1, the header line not counted. */
  readonly number: number
  readonly cells: readonly string[]
}

type Unreadable = FaultOf<'table.unreadable'>

export function readTable(bytes: Uint8Array): Result<ReadTable, Unreadable> {
  const text = decodeUtf8(bytes)
  if (text === null) return unreadable('the file is not UTF-8 text')
  const records = splitRecords(text)
  if (!records.ok) return records
  const [header, ...lines] = records.value
  if (header === undefined) return unreadable('the file is empty')
  const lastRow = lines.findLastIndex(cells => cells.length > 1 || cells[0] !== '' || header.length === 1)
  const rows = lines.slice(0, lastRow + 1)

  const names = header.map(name => name.trim())
  for (const [i, name] of names.entries()) {
    if (name === '') return unreadable(`header, column ${i + 1}: it has no name`)
    if (names.indexOf(name) < i) return unreadable(`header, column ${i + 1}: the name ${name} stands there twice`)
  }
  for (const [i, cells] of rows.entries()) {
    if (cells.length === names.length) continue
    const place = names[cells.length] ?? String(names.length + 1)
    return unreadable(
      `row ${i + 1}, column ${place}: the row has ${cells.length} cells, the header has ${names.length}`,
      { row: i + 1, column: place },
    )
  }
  return ok({ header: names, rows: rows.map((cells, i) => ({ number: i + 1, cells })) })
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Quotes are read strictly; the widths of rows are checked above, where the column has its name. */
function splitRecords(text: string): Result<readonly (readonly string[])[], Unreadable> {
  try {
    return ok(parse(text, { relax_column_count: true }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const row = Number(error['records'])
    const at = Number(error['column'])
    const [header] = row === 0 ? [] : parse(text, { to: 1 })
    const column = header?.[at] ?? String(at + 1)
    return unreadable(`${row === 0 ? 'header' : `row ${row}`}, column ${column}: ${error.message}`, { row, column })
  }
}

const unreadable = (
  detail: string,
  data?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly error: Unreadable } => err(fault('table.unreadable', detail, data))
