/**
 * Records that a person named: a table (.csv), JSON (.json, .jsonl), one instance (.xml), or a
 * folder: of instances (as Briefcase and Collect keep them, however deep), of JSON, or of an
 * export's tables.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Form } from '@murram/xform'
import type { NamedRecord } from '@murram/xform/workers'
import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathOf } from '../print.ts'
import { csvRecords } from './csv-records.ts'
import { headerOf } from './csv-table.ts'
import { jsonLines, jsonRecords } from './json-records.ts'
import { unreadable, UnreadableRecords, type RecordSource } from './record-source.ts'

const KINDS = '.csv, .json, .jsonl, .xml, or a folder of them'

export async function openRecords(form: Form, given: string): Promise<Result<RecordSource, Fault>> {
  const there = statSync(pathOf(given), { throwIfNoEntry: false })
  if (there === undefined) return err(fault('cli.file-unreadable', `${given}: it is not there`))
  try {
    return there.isDirectory() ? await inFolder(form, given) : await oneFile(form, given)
  } catch (problem) {
    if (problem instanceof UnreadableRecords) return err(problem.fault)
    throw problem
  }
}

async function oneFile(form: Form, file: string): Promise<Result<RecordSource, Fault>> {
  switch (/\.([^.]+)$/.exec(file)?.[1]?.toLowerCase()) {
    case 'csv':
      return ok(await csvRecords(form, file, tablesBeside(file)))
    case 'json':
      return ok(jsonRecords(file))
    case 'jsonl':
    case 'ndjson':
      return ok(jsonLines(file))
    case 'xml':
      return ok({ records: instances([file]), notes: [] })
    default:
      return err(fault('cli.usage', `${file}: records are ${KINDS}`))
  }
}

/** `household-roster.csv` beside `household.csv`. */
function tablesBeside(file: string): readonly string[] {
  const stem = basename(file).replace(/\.csv$/i, '')
  return readdirSync(pathOf(dirname(file)))
    .filter(name => name.startsWith(`${stem}-`) && /\.csv$/i.test(name))
    .map(name => join(dirname(file), name))
}

async function inFolder(form: Form, folder: string): Promise<Result<RecordSource, Fault>> {
  const names = readdirSync(pathOf(folder), { recursive: true, encoding: 'utf8' }).sort()
  const ending = (pattern: RegExp): readonly string[] =>
    names.filter(name => pattern.test(name)).map(name => join(folder, name))
  const tables = ending(/\.csv$/i)
  const sources: RecordSource[] = []
  const records: string[] = []
  for (const table of tables) if (!(await headerOf(table)).includes('PARENT_KEY')) records.push(table)
  for (const table of records)
    sources.push(
      await csvRecords(
        form,
        table,
        tables.filter(other => !records.includes(other) && dirname(other) === dirname(table)),
      ),
    )
  for (const file of ending(/\.json$/i)) sources.push(jsonRecords(file))
  for (const file of ending(/\.(?:jsonl|ndjson)$/i)) sources.push(jsonLines(file))
  const xml = ending(/\.xml$/i)
  if (xml.length > 0) sources.push({ records: instances(xml), notes: [] })
  if (sources.length === 0) return err(fault('cli.usage', `${folder}: no records in it (${KINDS})`))
  return ok({ records: oneAfterAnother(sources), notes: sources.flatMap(({ notes }) => notes) })
}

async function* oneAfterAnother(sources: readonly RecordSource[]): AsyncGenerator<NamedRecord> {
  for (const { records } of sources) yield* records
}

async function* instances(files: readonly string[]): AsyncGenerator<NamedRecord> {
  for (const file of files) {
    let record: string
    try {
      record = await readFile(pathOf(file), 'utf8')
    } catch (cause) {
      throw unreadable(file, cause)
    }
    yield { name: file, record }
  }
}
