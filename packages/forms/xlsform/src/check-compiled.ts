/**
 * What only the whole form shows: that it opens in the engine. Above all circles, which no
 * single cell is wrong for; the one that closes the circle is named.
 */
import { compileXform } from '@murram/xform'
import type { Report } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'

/** What the engine calls a place, and the column that it was written in. */
const COLUMNS: Readonly<Record<string, string>> = {
  calculate: 'calculation',
  relevant: 'relevant',
  constraint: 'constraint',
  required: 'required',
  readonly: 'read_only',
  label: 'label',
  hint: 'hint',
  count: 'repeat_count',
  choices: 'choice_filter',
}

export function checkCompiled(xml: string, children: readonly SurveyNode[], report: Report): void {
  const compiled = compileXform(xml)
  if (compiled.ok) return
  const { fault: code, detail = code, data } = compiled.error
  const named = (path: string): SurveyNode | undefined =>
    [...everyNode(children)].find(node => node.name === path.split('/').at(-1))
  const tell = (what: string, message: string, node?: SurveyNode, column?: string): void =>
    report({
      severity: 'error',
      code: what,
      message,
      sheet: 'survey',
      ...(node === undefined ? {} : { row: node.row.row }),
      ...(node === undefined || column === undefined ? {} : { column: node.row.header(column) }),
    })
  if (code === 'xform.cycle') {
    const [first = '', second = first] = (data?.['questions'] as readonly string[] | undefined) ?? []
    const node = named(first)
    const needle = `\${${second.split('/').at(-1) ?? ''}}`
    const column = Object.values(COLUMNS).find(key => node?.row.cell(key).includes(needle))
    return tell(
      'cycle',
      `These questions depend on one another in a circle: ${detail}. Remove one of the references.`,
      node,
      column,
    )
  }
  const [, place = '', path = ''] = /^(\w+) of (\/\S+):/.exec(detail) ?? []
  tell('not-compiled', `${detail}. Correct it.`, named(path), COLUMNS[place])
}
