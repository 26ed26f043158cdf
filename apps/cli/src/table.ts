/**
 * A CSV table as the model verbs read it: RFC 4180, UTF-8, a header line. A damaged file is
 * `table.unreadable` with row and column.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Column } from '@murram/learn'
import { parse } from 'csv-parse/sync'
import { readGiven } from './read-given.ts'

export type Row = Readonly<Record<string, string>>

export interface CsvTable {
  readonly header: readonly string[]
  readonly rows: readonly Row[]
}

export function readCsv(file: string): Result<CsvTable, FaultOf<'table.unreadable'> | FaultOf<'cli.file-unreadable'>> {
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  try {
    const rows: Row[] = parse(Buffer.from(bytes.value), {
      columns: true,
      bom: true,
      skip_empty_lines: true,
      trim: true,
    })
    const header = Object.keys(rows[0] ?? {})
    return header.length === 0
      ? err(fault('table.unreadable', `${file}: no row below the header`))
      : ok({ header, rows })
  } catch (cause) {
    return err(fault('table.unreadable', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
}

/** A column is a number where every answer of it is one; a blank is missing either way. */
export function toColumns({ header, rows }: CsvTable, leftOut: ReadonlySet<string>): readonly Column[] {
  return header
    .filter(name => !leftOut.has(name))
    .map((name): Column => {
      const cells = rows.map(row => row[name] ?? '')
      const isNumber =
        cells.some(cell => cell !== '') && cells.every(cell => cell === '' || Number.isFinite(Number(cell)))
      return isNumber
        ? { name, kind: 'number', values: Float32Array.from(cells, cell => (cell === '' ? Number.NaN : Number(cell))) }
        : { name, kind: 'category', values: cells.map(cell => (cell === '' ? null : cell)) }
    })
}
