/**
 * murram form diff: what a new version of a form breaks for drafts, exports, models and entities.
 *
 *   murram form diff household-1.xlsx household-2.xlsx
 *   murram form diff old.xml new.xml --json | jq '.changes[] | select(.severity == "breaks")'
 *
 * Exit: 0 nothing breaks · 1 something breaks · 2 a form cannot be read, or wrong use.
 */
import { diffForms, type FormChange } from '@murram/xform'
import { print, sayFault, type ExitCode } from '../print.ts'
import { createFormFiles, openFormFile } from '../read-forms.ts'

export async function formDiff(older: string, newer: string, options: { readonly json?: boolean }): Promise<ExitCode> {
  await using files = createFormFiles()
  const [before, after] = await Promise.all([openFormFile(older, files), openFormFile(newer, files)])
  if (!before.ok) return sayFault(before.error, options)
  if (!after.ok) return sayFault(after.error, options)
  const diff = diffForms(before.value, after.value)
  if (options.json === true) print.json({ ok: diff.severity !== 'breaks', ...diff })
  else describe(diff.changes)
  return diff.severity === 'breaks' ? 1 : 0
}

const HEADINGS = { breaks: 'breaks', 'asks-again': 'asks again', fine: 'fine' } as const

function describe(changes: readonly FormChange[]): void {
  if (changes.length === 0) print.line('no difference that drafts, exports, models or entities would notice')
  for (const [severity, heading] of Object.entries(HEADINGS)) {
    const all = changes.filter(one => one.severity === severity)
    if (all.length > 0) print.line(`${heading}:`)
    for (const { concern, message } of all) print.line(`  ${concern.padEnd(8)} ${message}`)
  }
}
