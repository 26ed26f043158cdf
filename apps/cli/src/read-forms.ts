/**
 * Forms that a person named, of any kind: `.xlsx`, `.xls`, `.csv`, `.md` (XLSForm), `.xml`
 * (XForm), `.json` (a program). The one place where the command reads a form: in a thread with
 * bounded time and memory, for a workbook comes from anywhere.
 */
import { describeFault, err, fault, ok, type Fault, type Result } from '@murram/ground'
import { loadProgram, type Form, type Program } from '@murram/xform'
import { createFormReader, type Diagnostic } from '@murram/xlsform'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathOf } from './print.ts'
import { readGiven } from './read-given.ts'

export const FORM_FILE = /\.(?:xlsx|xlsm|xls|csv|md|markdown|xml)$/i

/** A cell, a line, or the file as a whole; `null` where that is not known. */
export interface Finding {
  readonly code: string
  readonly message: string
  readonly sheet: string | null
  readonly row: number | null
  readonly column: string | null
}

export interface FormFile {
  readonly program: Program
  readonly xml: string
  readonly questions: number
  readonly languages: readonly string[]
  readonly warnings: readonly Finding[]
  /** Lists that the workbook itself holds, by file name: `itemsets.csv`. */
  readonly lists: Readonly<Record<string, string>>
}

export type ReadFormFile = (file: string) => Promise<Result<FormFile, Fault>>

export interface FormFiles extends AsyncDisposable {
  readonly read: ReadFormFile
}

export function createFormFiles(): FormFiles {
  const reader = createFormReader()
  return {
    read: async file => {
      const given = readGiven(file)
      if (!given.ok) return given
      if (/\.json$/i.test(file)) return readProgram(given.value, file)
      const read = await reader.read(given.value, { fileName: basename(file) })
      if (!read.ok) return read
      const { program, xml, questions, languages, warnings, lists = {} } = read.value
      return ok({ program, xml, questions, languages, lists, warnings: warnings.map(toFinding) })
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  }
}

/** What the collector publishes and a device holds. */
function readProgram(bytes: Uint8Array, file: string): Result<FormFile, Fault> {
  let given: unknown
  try {
    given = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    return err(fault('form.invalid', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
  const form = loadProgram(given)
  if (!form.ok) return form
  const { program, questions, languages } = form.value
  return ok({ program, xml: '', questions: questions.length, languages, lists: {}, warnings: [] })
}

/** One form, opened, with the lists that lie beside it. */
export async function openFormFile(file: string, files?: FormFiles): Promise<Result<Form, Fault>> {
  if (files === undefined) {
    await using own = createFormFiles()
    return await openFormFile(file, own)
  }
  const read = await files.read(file)
  if (!read.ok) return read
  const { program, lists } = read.value
  return loadProgram(program, { attachments: listsOf(file, lists) })
}

/** Attached lists are looked for where the form is, and in Briefcase's `<form>-media`. */
function textBeside(file: string): (fileName: string) => string | undefined {
  const folder = dirname(pathOf(file))
  const media = join(folder, `${basename(file).replace(/\.[^.]+$/, '')}-media`)
  return fileName => {
    if (fileName !== basename(fileName)) return undefined
    const found = [folder, media].map(place => join(place, fileName)).find(path => existsSync(path))
    return found === undefined ? undefined : readFileSync(found, 'utf8')
  }
}

/** What lies beside the form stands in place of what its workbook holds. */
export function listsOf(file: string, own: FormFile['lists']): (fileName: string) => string | undefined {
  const beside = textBeside(file)
  return name => beside(name) ?? own[name]
}

/** What lies beside the form as a table, for threads. */
export function attachedText(file: string, names: readonly string[]): Readonly<Record<string, string>> {
  const find = textBeside(file)
  const lists = names.filter(name => /\.(?:csv|xml|geojson)$/i.test(name))
  return Object.fromEntries(
    lists.flatMap(name => [[name, find(name)] as const]).filter(([, text]) => text !== undefined),
  ) as Record<string, string>
}

export function findingsOf(error: Fault): readonly Finding[] {
  const inside = error.data?.['diagnostics']
  if (Array.isArray(inside) && inside.length > 0)
    return (inside as readonly Diagnostic[]).filter(({ severity }) => severity === 'error').map(toFinding)
  const line = error.data?.['line']
  const row = typeof line === 'number' ? line : null
  return [{ code: error.fault, message: describeFault(error), sheet: null, row, column: null }]
}

const toFinding = ({ code, message, sheet, row, column }: Diagnostic): Finding => ({
  code,
  message,
  sheet: sheet ?? null,
  row: row ?? null,
  column: column ?? null,
})
