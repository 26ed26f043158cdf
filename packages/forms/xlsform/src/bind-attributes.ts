/** Cells that become attributes: yes and no as the field writes them, and columns that are passed through. */
import type { References } from './references.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import { isXmlName } from './xml-name.ts'

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

export type PassedThrough = (node: SurveyNode, group: 'bind' | 'body' | 'instance') => Readonly<Record<string, string>>

/**
 * `bind::odk:length` → `odk:length`. Columns that have a name of their own were read already.
 *
 * @param prefixes What the form declares: an attribute of another namespace is left out.
 */
export function createPassedThrough(
  prefixes: ReadonlySet<string>,
  references: References,
  report: Report,
): PassedThrough {
  return (node, group) => {
    const { row } = node
    const found: Record<string, string> = {}
    for (const key of row.keys()) {
      const name = key.startsWith(`${group}::`) ? key.slice(group.length + 2).replaceAll('::', ':') : ''
      const text = name === '' ? '' : row.cell(key)
      if (text === '') continue
      if (!isDeclared(name, prefixes)) {
        report({
          severity: 'warning',
          code: 'unknown-namespace',
          message: `“${name}” cannot be an attribute, or nothing says what its prefix means, so the column is left out. Add prefix="http://…" to namespaces in the settings.`,
          sheet: row.sheet,
          row: row.row,
          column: row.header(key),
        })
        continue
      }
      const isCondition = group === 'bind' && CONDITIONS.has(name.toLowerCase())
      const value = isCondition && YES.test(text) ? 'true()' : isCondition && NO.test(text) ? 'false()' : text
      found[name] = references.attribute(value, row, key, node)
    }
    return found
  }
}

function isDeclared(name: string, prefixes: ReadonlySet<string>): boolean {
  const [prefix, local] = name.split(':')
  return isXmlName(name) && (local === undefined || prefixes.has(prefix!))
}

const CONDITIONS: ReadonlySet<string> = new Set(['readonly', 'required', 'relevant', 'constraint', 'calculate'])
