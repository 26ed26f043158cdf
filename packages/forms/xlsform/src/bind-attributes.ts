/** Cells that become attributes: yes and no as the field writes them, and columns that are passed through. */
import type { References } from './references.ts'
import type { SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

const YES = /^(?:yes|true(?:\(\))?)$/i
const NO = /^(?:no|false(?:\(\))?)$/i

/** `yes` → `true()`, `no` → `false()`, and any expression as it is. `''` stays `''`. */
export function condition(
  references: References,
  row: SheetRow,
  column: string,
  from: SurveyNode | null,
): string | undefined {
  const text = row.cell(column)
  if (YES.test(text)) return 'true()'
  if (NO.test(text)) return 'false()'
  return references.expression(row, column, from) || undefined
}

/** `bind::odk:length` → `odk:length`. Columns that have a name of their own were read already. */
export function passedThrough(
  node: SurveyNode,
  group: 'bind' | 'body' | 'instance',
  references: References,
): Readonly<Record<string, string>> {
  const { row } = node
  const found: Record<string, string> = {}
  for (const key of row.keys()) {
    const name = key.startsWith(`${group}::`) ? key.slice(group.length + 2) : ''
    const text = name === '' ? '' : row.cell(key)
    if (text === '') continue
    const isCondition = group === 'bind' && CONDITIONS.has(name.toLowerCase())
    const value = isCondition && YES.test(text) ? 'true()' : isCondition && NO.test(text) ? 'false()' : text
    found[name] = references.attribute(value, row, key, node)
  }
  return found
}

const CONDITIONS: ReadonlySet<string> = new Set(['readonly', 'required', 'relevant', 'constraint', 'calculate'])
