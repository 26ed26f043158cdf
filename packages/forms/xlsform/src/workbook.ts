/**
 * Workbook files → sheets of text. The only file that knows hucre: .xlsx, .xlsb, .xls and .ods
 * by their content, whatever the name says; .csv with the sheet's name in the first column;
 * .md with tables (`read-markdown.ts`).
 *
 * Bounded: a workbook is somebody else's file.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { parseCsv, read, readOds } from 'hucre'
import { sheetsOfMarkdown } from './read-markdown.ts'
import type { Sheet } from './sheet.ts'
import { unpackedSize } from './unpacked-size.ts'

const MAX_BYTES = 50_000_000
const MAX_UNPACKED_BYTES = 250_000_000
const MAX_ROWS = 200_000

type Unreadable = FaultOf<'form.workbook-unreadable'>

export async function readWorkbook(bytes: Uint8Array, fileName: string): Promise<Result<readonly Sheet[], Unreadable>> {
  if (bytes.length > MAX_BYTES) return err(fault('form.workbook-unreadable', `${fileName} is larger than 50 MB`))
  if (/\.(?:md|markdown)$/i.test(fileName)) return ok(sheetsOfMarkdown(new TextDecoder().decode(bytes)))
  if (/\.csv$/i.test(fileName)) return ok(sheetsOfCsv(new TextDecoder().decode(bytes)))
  if ((unpackedSize(bytes) ?? 0) > MAX_UNPACKED_BYTES)
    return err(fault('form.workbook-unreadable', `${fileName} would unpack to more than 250 MB`))
  try {
    const { sheets } = await (/\.ods$/i.test(fileName) ? readOds : read)(bytes, { maxRows: MAX_ROWS + 1 })
    const long = sheets.find(({ rows }) => rows.length > MAX_ROWS)
    if (long !== undefined)
      return err(
        fault('form.workbook-unreadable', `${fileName}: the sheet “${long.name}” has more than ${MAX_ROWS} rows`),
      )
    return ok(named(sheets.map(({ name, rows }) => ({ name, rows: rows.map(row => row.map(cellText)) }))))
  } catch (problem) {
    const reason = problem instanceof Error ? problem.message : String(problem)
    return err(fault('form.workbook-unreadable', `${fileName}: ${reason}`))
  }
}

/** The only sheet of a workbook is the survey, whatever it is called. */
const named = (sheets: readonly Sheet[]): readonly Sheet[] =>
  sheets.length === 1 ? [{ ...sheets[0]!, name: 'survey' }] : sheets

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  if (cell instanceof Date) return dateText(cell)
  if (typeof cell === 'boolean') return cell ? 'TRUE' : 'FALSE'
  if (typeof cell === 'number') return String(cell)
  if (typeof cell !== 'string') return ''
  return cell.replaceAll('\r\n', '\n').replaceAll('\u00a0', ' ').trim()
}

const dateText = (date: Date): string => {
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString()
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso
}

/** A row whose first cell is filled begins a sheet of that name. */
function sheetsOfCsv(text: string): readonly Sheet[] {
  const sheets: { name: string; rows: string[][] }[] = []
  for (const [first, ...cells] of parseCsv(text)) {
    const name = cellText(first)
    if (name !== '') sheets.push({ name, rows: [] })
    const row = cells.map(cellText)
    if (row.some(cell => cell !== '')) sheets.at(-1)?.rows.push(row)
  }
  return sheets
}
