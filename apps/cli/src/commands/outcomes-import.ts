/**
 * murram outcomes import: verified outcomes from a file, in pieces, as one batch.
 *
 *   murram outcomes import march.csv --data ./centre
 *   murram outcomes import panel.json --name "Panel, wave 3" --by Grace
 *
 * The batch is named by the file's bytes: after a broken line the same command goes on where it
 * was, and the same file twice is one batch. A large file is read and sent piece by piece; that it is
 * UTF-8 is known before the first piece goes. What murram outcomes export wrote is harmless.
 *
 * Exit: 0 every row was taken or known · 1 some rows were refused, each named · 2 the file
 * cannot be read, the collector does not answer, or wrong use.
 */
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { parse } from 'csv-parse'
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { showProgress } from '../progress.ts'
import { delimiterOf } from '../table.ts'

export interface OutcomesImportOptions extends Central {
  readonly name?: string
  readonly by: string
  readonly restore?: boolean
  readonly json?: boolean
}

interface Reply {
  readonly importId: string
  readonly imported: number
  readonly known: number
  readonly withdrawn: number
  readonly refused: readonly Refused[]
  /** Absent of a collector of before they were told. */
  readonly notes?: readonly RowNote[]
}
interface RowNote {
  readonly rows: readonly number[]
  readonly note: string
}
interface Refused {
  readonly row: number
  readonly fault: { readonly fault: string; readonly what: string; readonly detail?: string }
}

/** A piece of the file as the collector reads it, and what its first row is in the file. */
interface Piece {
  readonly type: 'text/csv' | 'application/json'
  readonly body: string
  readonly rows: number
  /** To be added to the row numbers of the reply. */
  readonly offset: number
}

const ROWS = 5_000
/** A row is far shorter; a quote that never ends would take the rest of the file for one cell. */
const MAX_RECORD = 1_000_000

export async function outcomesImport(file: string, options: OutcomesImportOptions): Promise<ExitCode> {
  const path = pathOf(file)
  const digest = await digestOf(path)
  if (!digest.ok) return sayFault(digest.error, options, file)
  const importId = digest.value.slice(0, 32)
  const name = options.name ?? basename(path)
  const progress = showProgress('rows', null)
  const total = { imported: 0, known: 0, withdrawn: 0, refused: [] as Refused[], notes: [] as RowNote[] }
  const send = async (piece: Piece, more: boolean): Promise<Result<void, Fault>> => {
    const query = new URLSearchParams({ importId, name, by: options.by, more: String(more) })
    if (options.restore === true) query.set('restore', 'true')
    const done = await askAdmin<Reply>(options, `/outcomes?${query}`, {
      body: piece.body,
      headers: { 'Content-Type': piece.type },
    })
    if (!done.ok) return done
    const { imported, known, withdrawn, refused, notes = [] } = done.value
    total.imported += imported
    total.known += known
    total.withdrawn += withdrawn
    for (const { row, fault: why } of refused) total.refused.push(moved(row, row + piece.offset, why))
    for (const { rows, note } of notes) total.notes.push({ rows: rows.map(row => row + piece.offset), note })
    progress.step(piece.rows)
    return ok(undefined)
  }

  let waiting: Piece | undefined
  try {
    for await (const piece of path.toLowerCase().endsWith('.json') ? piecesOfJson(path) : piecesOfCsv(path)) {
      const sent = waiting === undefined ? ok(undefined) : await send(waiting, true)
      if (!sent.ok) return stop(sent.error)
      waiting = piece
    }
  } catch (cause) {
    return stop(fault('table.unreadable', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
  if (waiting === undefined) return stop(fault('table.unreadable', `${file}: no row below the header`))
  const sent = await send(waiting, false)
  if (!sent.ok) return stop(sent.error)
  progress.clear()

  const { imported, known, withdrawn, refused, notes } = total
  if (options.json === true) print.json({ ok: refused.length === 0, importId, ...total })
  else {
    for (const { row, fault: why } of refused) print.note(`${file}: ${why.detail ?? `row ${row}: ${why.what}`}`)
    for (const { rows, note } of notes) print.note(`${file}: row ${rows.join(', ')}: ${note}`)
    print.line(
      [
        `${counted(imported, 'outcome')} imported`,
        ...(known === 0 ? [] : [`${known} known before`]),
        ...(refused.length === 0 ? [] : [`${counted(refused.length, 'row')} refused`]),
        `batch ${importId}`,
      ].join(', '),
    )
    if (withdrawn > 0)
      print.note(`${withdrawn} of those known stay withdrawn, as their batch was; --restore makes them count again`)
  }
  return refused.length === 0 ? 0 : 1

  function stop(error: Fault): ExitCode {
    progress.clear()
    if (total.imported + total.known > 0)
      print.note(`${total.imported} imported before that; the same command goes on from there`)
    return sayFault(error, options, file)
  }
}

/** The row as it is numbered in the file, in words too. */
const moved = (before: number, row: number, why: Refused['fault']): Refused => ({
  row,
  fault: {
    ...why,
    ...(why.detail === undefined ? {} : { detail: why.detail.replace(`row ${before}:`, `row ${row}:`) }),
  },
})

/** Of a file of text: half of another one would else be sent before its first strange letter is met. */
async function digestOf(path: string): Promise<Result<string, Fault>> {
  const hash = createHash('sha256')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      if (chunk.includes(0)) return notText('it holds zero bytes, as UTF-16 does')
      if (!decodes(decoder, chunk)) return notText(`line ${line + strangeLine(chunk)} is not UTF-8`)
      line += countLines(chunk)
    }
    if (!decodes(decoder)) return notText(`line ${line} is not UTF-8`)
  } catch (cause) {
    return err(fault('cli.file-unreadable', cause instanceof Error ? cause.message : path))
  }
  return ok(hash.digest('hex'))
}

const notText = (why: string) => err(fault('table.unreadable', `${why}; save it as “CSV UTF-8”`))

function decodes(decoder: TextDecoder, chunk?: Buffer): boolean {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined })
    return true
  } catch {
    return false
  }
}

/** In which line of the piece, from 0. The first one may begin in the middle of a letter. */
function strangeLine(chunk: Buffer): number {
  let at = 0
  while (at < 3 && (chunk[at] ?? 0) >> 6 === 0b10) at += 1
  for (let line = 0; ; line += 1) {
    const end = chunk.indexOf(10, at)
    if (end === -1 || !isUtf8(chunk.subarray(at, end))) return line
    at = end + 1
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1
  return lines
}

async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const chunk of createReadStream(path)) yield decoder.decode(chunk as Buffer, { stream: true })
}

async function* piecesOfCsv(path: string): AsyncGenerator<Piece> {
  let delimiter = ','
  for await (const text of textOf(path)) {
    delimiter = delimiterOf(text)
    break
  }
  // Empty lines are kept, or the numbers of the rows after them would be wrong.
  const records = Readable.from(textOf(path)).compose(
    parse({ bom: true, relax_column_count: true, delimiter, max_record_size: MAX_RECORD }),
  )
  let header: string | undefined
  let lines: string[] = []
  let offset = 0
  const piece = (): Piece => ({
    type: 'text/csv',
    body: [header, ...lines].join('\n'),
    rows: lines.length,
    offset,
  })
  for await (const record of records as AsyncIterable<readonly string[]>) {
    const line = record.map(quoted).join(',')
    if (header === undefined) {
      header = line
      continue
    }
    lines.push(line)
    if (lines.length < ROWS) continue
    yield piece()
    offset += lines.length
    lines = []
  }
  if (lines.length > 0) yield piece()
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

async function* piecesOfJson(path: string): AsyncGenerator<Piece> {
  let text = ''
  for await (const chunk of textOf(path)) text += chunk
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw new Error('it is no list of rows')
  for (let offset = 0; offset < rows.length; offset += ROWS) {
    const some = rows.slice(offset, offset + ROWS)
    yield { type: 'application/json', body: JSON.stringify(some), rows: some.length, offset }
  }
}
