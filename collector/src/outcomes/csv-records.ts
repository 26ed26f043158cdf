/**
 * CSV text to records by column name (RFC 4180: quotes, doubled quotes, line breaks inside
 * quotes; CRLF or LF; a byte order mark is skipped).
 *
 * The row number is the one a spreadsheet shows: the header is row 1, and a record that
 * spans lines counts once. A record of another width is handed on with `width`, so that
 * whoever reads it refuses that row and no other.
 *
 * Not here: what the columns mean (outcome-row.ts).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export interface CsvRecord {
  readonly row: number
  readonly fields: Readonly<Record<string, string>>
  /** How many cells the record has beyond (or short of) the header; 0 is right. */
  readonly surplus: number
}

/** @returns The records, or `table.unreadable` where there is no header or a quote never ends. */
export function readCsv(text: string): Result<readonly CsvRecord[], FaultOf<'table.unreadable'>> {
  const cells = readCells(text.startsWith('\uFEFF') ? text.slice(1) : text)
  if (cells === null) return err(fault('table.unreadable', 'a quoted cell never ends'))
  const [header, ...rows] = cells
  if (header === undefined) return err(fault('table.unreadable', 'row 1: there is no header'))
  const names = header.map(name => name.trim())
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return err(fault('table.unreadable', `row 1: the column '${twice}' stands there twice`))
  return ok(
    rows.flatMap((row, index) =>
      row.length === 1 && row[0] === ''
        ? [] // an empty line is no record
        : [
            {
              row: index + 2,
              fields: Object.fromEntries(names.map((name, at) => [name, row[at] ?? ''])),
              surplus: row.length - names.length,
            },
          ],
    ),
  )
}

/** All rows of cells, or `null` where a quote is left open. */
function readCells(text: string): string[][] | null {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = false
    } else if (char === '"' && cell === '') quoted = true
    else if (char === ',') {
      row.push(cell)
      cell = ''
    } else if (char === '\n' || (char === '\r' && text[at + 1] !== '\n')) {
      rows.push([...row, cell])
      row = []
      cell = ''
    } else if (char !== '\r') cell += char
  }
  if (quoted) return null
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows
}
