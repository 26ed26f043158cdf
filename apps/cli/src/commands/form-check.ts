/**
 * murram form check: does a form convert and compile, and if not, which cell is at fault?
 *
 *   murram form check household.xlsx
 *   murram form check forms/*.xlsx forms/*.xml --json | jq -c 'select(.ok|not)'
 *   murram form check household.xlsx --xform household.xml
 *
 * Exit: 0 all good · 1 some form has errors · 2 a file cannot be read, or wrong use.
 */
import { describeFault, type Fault } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { convertXlsform, type Diagnostic } from '@murram/xlsform'
import { writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { pathOf, print, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'

export interface FormCheckOptions {
  readonly json?: boolean
  readonly xform?: string
}

interface Finding {
  readonly file: string
  readonly ok: boolean
  readonly errors: readonly Partial<Diagnostic>[]
  readonly warnings: readonly Partial<Diagnostic>[]
  readonly questions: number
  readonly languages: readonly string[]
}

export async function formCheck(files: readonly string[], options: FormCheckOptions): Promise<ExitCode> {
  let code: ExitCode = 0
  for (const file of files) {
    const { finding, xml } = await checkOne(file)
    if (!finding.ok && code === 0) code = 1
    if (finding.errors.some(({ code: what }) => what === 'cli.file-unreadable')) code = 2
    if (options.json === true) print.json(finding)
    else describe(finding)
    if (options.xform !== undefined && xml !== undefined) {
      writeFileSync(pathOf(options.xform), xml)
      if (options.json !== true) print.line(`  XForm written to ${options.xform}`)
    }
  }
  return code
}

async function checkOne(file: string): Promise<{ finding: Finding; xml?: string }> {
  const bad = (errors: readonly Partial<Diagnostic>[], warnings: readonly Diagnostic[] = []) => ({
    finding: { file, ok: false, errors, warnings, questions: 0, languages: [] },
  })
  const given = readGiven(file)
  if (!given.ok) return bad([{ code: given.error.fault, message: describeFault(given.error) }])
  const bytes = given.value
  const isXml = /\.xml$/i.test(file)
  const converted = isXml
    ? { ok: true as const, value: { xml: new TextDecoder().decode(bytes), warnings: [] as readonly Diagnostic[] } }
    : await convertXlsform(bytes, { fileName: basename(file) })
  if (!converted.ok) return bad(diagnosticsOf(converted.error))
  const { xml, warnings } = converted.value
  const form = compileXform(xml)
  if (!form.ok) return { ...bad(diagnosticsOf(form.error), warnings), xml }
  const { questions, languages } = form.value
  return { finding: { file, ok: true, errors: [], warnings, questions: questions.length, languages }, xml }
}

function diagnosticsOf(error: Fault): readonly Partial<Diagnostic>[] {
  const inside = error.data?.diagnostics
  if (Array.isArray(inside)) return (inside as readonly Diagnostic[]).filter(({ severity }) => severity === 'error')
  return [{ code: error.fault, message: describeFault(error) }]
}

function describe({ file, ok, errors, warnings, questions, languages }: Finding): void {
  print.line(ok ? `✓ ${file}: ${questions} questions, ${languages.join(', ') || 'one language'}` : `✗ ${file}`)
  for (const error of errors) print.line(`  error   ${where(error)}${error.message ?? ''}`)
  for (const warning of warnings) print.line(`  warning ${where(warning)}${warning.message ?? ''}`)
}

const where = ({ sheet, row, column }: Partial<Diagnostic>): string =>
  sheet === undefined
    ? ''
    : `${sheet}${row === undefined ? '' : ` row ${row}`}${column === undefined ? '' : `, ${column}`}: `
