/** A CSV file line by line: comma, semicolon or tab, whichever its first line shows. */
import { fault } from '@murram/ground'
import { parse } from 'csv-parse'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { pathOf } from '../print.ts'
import { unreadable, UnreadableRecords } from './record-source.ts'

export interface CsvLine {
  readonly cells: readonly string[]
  /** As an editor counts. */
  readonly line: number
}

export interface CsvFile {
  readonly header: readonly string[]
  readonly lines: AsyncGenerator<CsvLine, void, undefined>
}

export async function openCsv(file: string): Promise<CsvFile> {
  const lines = linesOf(file)
  const first = await lines.next()
  if (first.done === true) throw new UnreadableRecords(fault('table.unreadable', `${file}: it has no header line`))
  return { header: first.value.cells.map(cell => cell.trim()), lines }
}

export async function headerOf(file: string): Promise<readonly string[]> {
  const { header, lines } = await openCsv(file)
  await lines.return(undefined)
  return header
}

async function* linesOf(file: string): AsyncGenerator<CsvLine, void, undefined> {
  const delimiter = delimiterOf(file)
  const stream = createReadStream(pathOf(file))
  const parser = stream.pipe(
    parse({ bom: true, skip_empty_lines: true, relax_column_count: true, info: true, delimiter }),
  )
  stream.on('error', error => parser.destroy(error))
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>)
      yield { cells: record, line: info.lines }
  } catch (cause) {
    throw unreadable(file, cause)
  } finally {
    stream.destroy()
  }
}

function delimiterOf(file: string): string {
  const bytes = Buffer.alloc(64 * 1024)
  let read: number
  try {
    const open = openSync(pathOf(file), 'r')
    read = readSync(open, bytes, 0, bytes.length, 0)
    closeSync(open)
  } catch (cause) {
    throw unreadable(file, cause)
  }
  const [first = ''] = bytes.toString('utf8', 0, read).split(/\r?\n/, 1)
  const count = (sign: string): number => first.split(sign).length
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0]!
}
