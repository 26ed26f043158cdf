/**
 * The text of ODK's audit.csv as rows, where it is written the way our forms write it.
 *
 * X1 rows that were read print to the very text they were read from, or none are read
 */
import { LARGEST } from './byte-stream.ts'

export interface AuditRow {
  readonly event: string
  readonly node: string
  readonly startMs: number
  readonly endMs: number | null
  readonly oldValue: string
  readonly newValue: string
}

const HEADER = 'event,node,start,end,old-value,new-value'
const CELLS = 6
/** A cell is quoted, with its quotes doubled, or it holds none of `"`, `,` and line ends. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\n|$)/y
const TIME = /^(?:0|[1-9]\d{0,14})$/

/** `null` where the text is another CSV, or none: it then travels as it is. */
export function readAuditText(text: string): readonly AuditRow[] | null {
  if (!text.startsWith(`${HEADER}\n`)) return null
  const rows: AuditRow[] = []
  let cells: string[] = []
  CELL.lastIndex = HEADER.length + 1
  while (CELL.lastIndex < text.length) {
    const match = CELL.exec(text)
    if (match === null) return null
    const [, quoted, plain = '', end] = match
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    const row = toRow(cells)
    if (row === null) return null
    rows.push(row)
    cells = []
  }
  return printAuditText(rows) === text ? rows : null
}

export const printAuditText = (rows: readonly AuditRow[]): string => `${[HEADER, ...rows.map(printRow)].join('\n')}\n`

function toRow(cells: readonly string[]): AuditRow | null {
  const [event, node, start, end, oldValue, newValue] = cells
  if (cells.length !== CELLS || newValue === undefined) return null
  const [startMs, endMs] = [toMs(start), end === '' ? null : toMs(end)]
  if (event === undefined || node === undefined || oldValue === undefined) return null
  return startMs === undefined || endMs === undefined ? null : { event, node, startMs, endMs, oldValue, newValue }
}

function toMs(text: string | undefined): number | undefined {
  return text !== undefined && TIME.test(text) && Number(text) < LARGEST ? Number(text) : undefined
}

const quote = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

const printRow = ({ event, node, startMs, endMs, oldValue, newValue }: AuditRow): string =>
  [quote(event), quote(node), startMs, endMs ?? '', quote(oldValue), quote(newValue)].join(',')
