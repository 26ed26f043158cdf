/**
 * Every `${name}` of the workbook, wherever it stands: written as a reference is, and meaning
 * exactly one row of the survey. Cells that no expression is read from count too, because the
 * author means something by them.
 *
 * Not here: what a reference becomes (`references.ts`).
 */
import { TRANSLATED } from './columns.ts'
import type { Report, SheetRow, SheetRows } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import { everyNode } from './survey-node.ts'
import { isXmlName } from './xml-name.ts'

/** A reference, or one that is never closed. */
const CANDIDATE = /\$\{([^}]+)\}|\$\{[^}]*$/g

interface ReferringSheets {
  readonly survey: SheetRows
  readonly choices: SheetRows | undefined
  readonly settings: SheetRows | undefined
  readonly entities: SheetRows | undefined
}

/** @param noted Names of nodes that no row of the survey asks for, e.g. `instanceID`. */
export function checkReferences(
  sheets: ReferringSheets,
  children: readonly SurveyNode[],
  noted: readonly string[],
  report: Report,
): void {
  const nodes = Map.groupBy(everyNode(children), node => node.name)
  const known = new Map<string, ReadonlySet<SheetRow>>(
    [...nodes].map(([name, found]) => [name, new Set(found.map(node => node.row))]),
  )
  for (const name of noted) if (!known.has(name)) known.set(name, new Set())
  const scan = (sheet: SheetRows | undefined, reads: (key: string) => boolean): void => {
    for (const row of sheet?.rows ?? []) {
      if (/^(?:yes|true)$/i.test(row.cell('disabled'))) continue
      for (const [{ key, header }, text] of row.written())
        if (text.includes('${') && reads(key)) checkText(text, header, row, known, report)
    }
  }
  scan(sheets.settings, () => true)
  scan(sheets.entities, key => key !== 'dataset' && key !== 'repeat')
  scan(sheets.survey, key => !['type', 'name', 'trigger'].includes(key))
  scan(sheets.choices, key => TRANSLATED.has(key))
}

function checkText(
  text: string,
  column: string,
  row: SheetRow,
  known: ReadonlyMap<string, ReadonlySet<SheetRow>>,
  report: Report,
): void {
  const refuse = (code: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: row.sheet, row: row.row, column })
  for (const [whole, inner] of text.matchAll(CANDIDATE)) {
    const name = inner?.replace(/^last-saved#/, '')
    if (name === undefined || !isXmlName(name) || name.includes(':')) {
      refuse(
        'bad-reference',
        `“${whole.slice(0, 40)}” is no reference. Write \${ and the name of a question and } without spaces, e.g. \${age}.`,
      )
      continue
    }
    const rows = known.get(name)
    if (rows === undefined) refuse('unknown-reference', unknownReference(name, known.keys()))
    else if (rows.size > 1) refuse('ambiguous-reference', ambiguousReference(name, [...rows]))
  }
}

export function unknownReference(name: string, known: Iterable<string>): string {
  const near = [...known].find(one => one.toLowerCase() === name.toLowerCase())
  const hint = near === undefined ? 'Correct the name, or add the question.' : `Did you mean \${${near}}?`
  return `There is no question called “${name}”. ${hint}`
}

export function ambiguousReference(name: string, rows: readonly SheetRow[]): string {
  const places = [...new Set(rows.map(({ row }) => row))]
  return places.length === 1
    ? `“${name}” of row ${places[0]!} stands in a loop, so there is one for each choice, and a reference cannot mean them all. Ask it outside of the loop.`
    : `${rows.length} questions are called “${name}” (rows ${places.join(', ')}). Give them different names.`
}
