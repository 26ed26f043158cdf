/**
 * murram form check: does a form convert and compile, and if not, which cell is at fault?
 *
 *   murram form check household.xlsx
 *   murram form check forms/ --json | jq -c 'select(.ok|not)'
 *   murram form check household.xlsx --xform household.xml
 *
 * One bad file never stops the others; verdicts come in the order of the files.
 *
 * Exit: 0 all good · 1 some form has errors · 2 a file cannot be read, or wrong use.
 */
import { fault, type Fault, type Result } from '@murram/ground'
import { closeSync, openSync, readdirSync, readSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { showProgress } from '../progress.ts'
import { createFormFiles, FORM_FILE, findingsOf, type Finding, type FormFile } from '../read-forms.ts'

export interface FormCheckOptions {
  readonly json?: boolean
  readonly xform?: string
}

interface Checked {
  readonly file: string
  readonly ok: boolean
  readonly errors: readonly Finding[]
  readonly warnings: readonly Finding[]
  readonly questions: number
  readonly languages: readonly string[]
}

export async function formCheck(given: readonly string[], options: FormCheckOptions): Promise<ExitCode> {
  const files = given.flatMap(formsIn)
  if (files.length === 0)
    return sayFault(fault('cli.usage', `${given.join(', ')}: no form in it (.xlsx, .xls, .csv, .md, .xml)`), options)
  if (options.xform !== undefined && files.length > 1 && !isFolder(options.xform))
    return sayFault(fault('cli.usage', '--xform with several forms names a folder that is there'), options)

  await using reader = createFormFiles()
  const progress = showProgress('forms', files.length)
  let code: ExitCode = 0
  let bad = 0
  for await (const [file, read] of inOrder(files, reader.read)) {
    const checked = verdict(file, read)
    if (!checked.ok) bad++
    if (!checked.ok && code === 0) code = 1
    if (!read.ok && read.error.fault === 'cli.file-unreadable') code = 2
    progress.clear()
    if (options.json === true) print.json(checked)
    else describe(checked)
    if (options.xform !== undefined && read.ok) {
      const path = writeXform(options.xform, file, read.value.xml)
      if (options.json !== true) print.line(`  XForm written to ${path}`)
    }
    progress.step()
  }
  progress.clear()
  if (options.json !== true && files.length > 1)
    print.line(`${files.length} forms: ${files.length - bad} good, ${bad} with errors`)
  return code
}

/** A folder stands for the forms in it, however deep; anything else stands for itself. */
function formsIn(given: string): readonly string[] {
  if (!isFolder(given)) return [given]
  return readdirSync(pathOf(given), { recursive: true, encoding: 'utf8' })
    .filter(name => FORM_FILE.test(name) && !basename(name).startsWith('~$'))
    .sort()
    .map(name => join(given, name))
    .filter(looksLikeForm)
}

/** Lists, notes and instances lie beside forms; who names such a file gets its error. */
function looksLikeForm(file: string): boolean {
  if (/\.xls[xm]?$/i.test(file)) return true
  const head = headOf(file)
  return /\.xml$/i.test(file) ? /www\.w3\.org\/(?:2002\/xforms|1999\/xhtml)/.test(head) : /^\W*survey\b/im.test(head)
}

function headOf(file: string): string {
  const bytes = Buffer.alloc(64 * 1024)
  try {
    const open = openSync(pathOf(file), 'r')
    const read = readSync(open, bytes, 0, bytes.length, 0)
    closeSync(open)
    return bytes.toString('utf8', 0, read)
  } catch {
    // It is told when it is read.
    return ''
  }
}

const isFolder = (given: string): boolean => statSync(pathOf(given), { throwIfNoEntry: false })?.isDirectory() === true

type Read = Result<FormFile, Fault>

/** Several are read at once; each is told in its turn. */
async function* inOrder(
  files: readonly string[],
  read: (file: string) => Promise<Read>,
): AsyncGenerator<readonly [string, Read]> {
  const ahead = availableParallelism() + 2
  const started: Promise<Read>[] = []
  let next = 0
  for (const file of files) {
    while (next < files.length && started.length < ahead) started.push(read(files[next++]!))
    yield [file, await started.shift()!]
  }
}

function verdict(file: string, read: Read): Checked {
  if (!read.ok) return { file, ok: false, errors: findingsOf(read.error), warnings: [], questions: 0, languages: [] }
  const { warnings, questions, languages } = read.value
  return { file, ok: true, errors: [], warnings, questions, languages }
}

function writeXform(to: string, file: string, xml: string): string {
  const path = isFolder(to) ? join(to, `${basename(file).replace(/\.[^.]+$/, '')}.xml`) : to
  writeFileSync(pathOf(path), xml)
  return path
}

function describe({ file, ok, errors, warnings, questions, languages }: Checked): void {
  print.line(ok ? `✓ ${file}: ${questions} questions, ${languages.join(', ') || 'one language'}` : `✗ ${file}`)
  for (const error of errors) print.line(`  error   ${where(error)}${error.message}`)
  for (const warning of warnings) print.line(`  warning ${where(warning)}${warning.message}`)
}

const where = ({ sheet, row, column }: Finding): string =>
  sheet === null ? '' : `${sheet}${row === null ? '' : ` row ${row}`}${column === null ? '' : `, ${column}`}: `
