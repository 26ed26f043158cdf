/**
 * CSV to records by column name, by the rules of RFC 4180; semicolons and tabs as spreadsheets of
 * other countries write them. The first line says which.
 *
 * The row number is the one a spreadsheet shows: the header is row 1, and a record that spans
 * lines counts once. A record of another width is handed on with `surplus`, so that whoever
 * reads it refuses that row and no other.
 *
 * Not here: what the columns mean (outcome-row.ts).
 */
import { isUtf8 } from 'node:buffer'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { parse } from 'csv-parse/sync'

export interface CsvRecord {
  readonly row: number
  readonly fields: Readonly<Record<string, string>>
  /** How many cells the record has beyond (or, below 0, short of) the header. */
  readonly surplus: number
}

/** @returns The records, or `table.unreadable` where there is no header or a quote never ends. */
export function readCsv(text: string): Result<readonly CsvRecord[], FaultOf<'table.unreadable'>> {
  let rows: readonly (readonly string[])[]
  try {
    // Empty lines are kept, or the numbers of the rows after them would be wrong.
    rows = parse(text, { bom: true, relax_column_count: true, delimiter: delimiterOf(text) })
  } catch (cause) {
    return err(fault('table.unreadable', cause instanceof Error ? cause.message : String(cause)))
  }
  const [header, ...records] = rows
  if (header === undefined) return err(fault('table.unreadable', 'row 1: there is no header'))
  const names = header.map(name => name.trim())
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return err(fault('table.unreadable', `row 1: the column '${twice}' stands there twice`))
  return ok(
    records.flatMap((cells, index) =>
      cells.length === 1 && cells[0] === ''
        ? []
        : [
            {
              row: index + 2,
              fields: Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])),
              surplus: cells.length - names.length,
            },
          ],
    ),
  )
}

function delimiterOf(text: string): string {
  const [first = ''] = text.split(/\r?\n/, 1)
  const count = (sign: string): number => first.split(sign).length
  return ['\t', ';'].reduce((best, sign) => (count(sign) > count(best) ? sign : best), ',')
}

/** @returns The text, or `table.unreadable` with the line where the bytes are no UTF-8: no letter is guessed. */
export function textOfTable(bytes: Uint8Array): Result<string, FaultOf<'table.unreadable'>> {
  if (bytes.includes(0))
    return err(fault('table.unreadable', 'it holds zero bytes, as UTF-16 does; save it as “CSV UTF-8”'))
  if (isUtf8(bytes)) return ok(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  let line = 1
  for (let at = 0; ; line += 1) {
    const end = bytes.indexOf(10, at)
    if (!isUtf8(bytes.subarray(at, end === -1 ? bytes.length : end)) || end === -1) break
    at = end + 1
  }
  return err(fault('table.unreadable', `line ${line} is not UTF-8; save it as “CSV UTF-8”`))
}
