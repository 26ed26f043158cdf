/**
 * murram outcomes export: every outcome with what stands of it, as a table or as JSON.
 *
 *   murram outcomes export --state verified -o outcomes.csv
 *   murram outcomes export --format json | jq '.[] | select(.selection == "audit")'
 *
 * Exit: 0 exported · 2 the collector does not answer, the file cannot be written, or wrong use.
 */
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { fault } from '@murram/ground'
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { showProgress } from '../progress.ts'

export interface OutcomesExportOptions extends Central {
  readonly state?: string
  readonly format: 'csv' | 'json'
  readonly out?: string
}

interface Row {
  readonly [field: string]: unknown
  readonly observedAtMs: number
  readonly importedAtMs: number
}

const COLUMNS = [
  'outcomeId',
  'instanceId',
  'formId',
  'value',
  'method',
  'verifier',
  'observedAt',
  'state',
  'why',
  'stands',
  'selection',
  'probability',
  'source',
  'sourceInstanceId',
  'importId',
  'importedAt',
] as const

const PAGE = 1_000

export async function outcomesExport(options: OutcomesExportOptions): Promise<ExitCode> {
  const out = options.out === undefined ? process.stdout : createWriteStream(pathOf(options.out))
  let trouble: Error | undefined
  if (options.out !== undefined) out.on('error', (cause: Error) => (trouble = cause))
  const write = async (text: string) => {
    if (!out.write(text)) await Promise.race([once(out, 'drain'), once(out, 'close')])
  }
  const isCsv = options.format === 'csv'
  const progress = showProgress('outcomes', null)
  await write(isCsv ? `${COLUMNS.join(',')}\n` : '[')
  let written = 0
  for (let after: number | null = 0; after !== null && trouble === undefined;) {
    const page = await askPage(options, after)
    if (!page.ok) return sayFault(page.error, {})
    const rows = page.value.outcomes.map(told)
    await write(
      isCsv
        ? rows.map(row => `${COLUMNS.map(name => cellOf(row[name])).join(',')}\n`).join('')
        : rows.map((row, i) => `${written + i === 0 ? '\n' : ',\n'}${JSON.stringify(row)}`).join(''),
    )
    written += rows.length
    progress.step(rows.length)
    after = page.value.next
  }
  if (!isCsv) await write('\n]\n')
  progress.clear()
  if (out !== process.stdout && trouble === undefined) {
    out.end()
    await Promise.race([once(out, 'finish'), once(out, 'error')]).catch((cause: Error) => (trouble = cause))
  }
  if (trouble !== undefined) return sayFault(fault('cli.file-unreadable', trouble.message), {})
  if (options.out !== undefined) print.note(`${counted(written, 'outcome')} in ${options.out}`)
  return 0
}

function askPage(options: OutcomesExportOptions, after: number) {
  const query = new URLSearchParams({ limit: String(PAGE), after: String(after) })
  if (options.state !== undefined) query.set('state', options.state)
  return askAdmin<{ readonly outcomes: readonly Row[]; readonly next: number | null }>(options, `/outcomes?${query}`, {
    method: 'GET',
  })
}

function told({ observedAtMs, importedAtMs, ...row }: Row): Readonly<Record<string, unknown>> {
  const whole: Readonly<Record<string, unknown>> = {
    ...row,
    observedAt: new Date(observedAtMs).toISOString(),
    importedAt: new Date(importedAtMs).toISOString(),
  }
  return Object.fromEntries(COLUMNS.map(name => [name, whole[name] ?? null]))
}

function cellOf(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)
  // A spreadsheet must not take what somebody typed for a formula.
  const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
