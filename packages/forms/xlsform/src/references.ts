/**
 * `${name}` → path. Inside a repeat the path is relative, so that a question means the row it
 * stands in; from outside it is absolute and means every row.
 */
import { compileCheck } from './expression-check.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-tree.ts'

const REFERENCE = /\$\{\s*([^}]*?)\s*\}/g

export interface References {
  /** Absolute path of a node, with the root. */
  readonly pathOf: (node: SurveyNode) => string
  /** An expression in a cell: references replaced, syntax checked. `''` stays `''`. */
  readonly expression: (row: SheetRow, column: string, from: SurveyNode | null, options?: ExpressionOptions) => string
  /** A text in parts: literal text, or the path of an output. */
  readonly textParts: (text: string, row: SheetRow, column: string, from: SurveyNode | null) => readonly TextPart[]
  readonly find: (name: string) => SurveyNode | undefined
}

export type TextPart = string | { readonly output: string }

export interface ExpressionOptions {
  /** Inside a predicate of a list, where `.` is the item: relative paths begin at `current()`. */
  readonly inFilter?: boolean
  /** The cell's text, where it is not simply the column's. */
  readonly text?: string
}

export function createReferences(root: string, children: readonly SurveyNode[], report: Report): References {
  const byName = Map.groupBy(everyNode(children), node => node.name)

  const chain = (node: SurveyNode): readonly SurveyNode[] =>
    node.parent === null ? [node] : [...chain(node.parent), node]
  const pathOf = (node: SurveyNode): string => `/${[root, ...chain(node).map(one => one.name)].join('/')}`

  /** Relative where a repeat holds both. */
  function pathBetween(from: SurveyNode | null, to: SurveyNode, inFilter: boolean): string {
    if (from === null) return pathOf(to)
    const [a, b] = [chain(from), chain(to)]
    let shared = 0
    while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++
    const inRow = a.slice(0, shared).some(node => node.is === 'repeat' && node !== to)
    if (!inRow) return pathOf(to)
    if (from === to) return inFilter ? 'current()/.' : '.'
    const above = Math.min(shared, b.length - 1)
    const steps = [...a.slice(above).map(() => '..'), ...b.slice(above).map(node => node.name)]
    return `${inFilter ? 'current()/' : ''}${steps.join('/')}`
  }

  const refuse = (row: SheetRow, code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: row.sheet, row: row.row, column: row.header(column) })

  function replace(text: string, row: SheetRow, column: string, from: SurveyNode | null, inFilter: boolean): string {
    return text.replace(REFERENCE, (_, name: string, at: number) => {
      const found = byName.get(name) ?? []
      if (found.length === 1)
        return ` ${namesOtherRow(text, at) ? pathOf(found[0]!) : pathBetween(from, found[0]!, inFilter)} `
      if (found.length === 0) {
        const near = [...byName.keys()].find(known => known.toLowerCase() === name.toLowerCase())
        const hint = near === undefined ? 'Correct the name, or add the question.' : `Did you mean \${${near}}?`
        refuse(row, 'unknown-reference', column, `There is no question called “${name}”. ${hint}`)
      } else
        refuse(
          row,
          'ambiguous-reference',
          column,
          `${found.length} questions are called “${name}” (rows ${found.map(one => one.row.row).join(', ')}). Give them different names.`,
        )
      return " '' "
    })
  }

  function expression(row: SheetRow, column: string, from: SurveyNode | null, options: ExpressionOptions = {}): string {
    const written = options.text ?? row.cell(column)
    if (written === '') return ''
    const replaced = replace(plainQuotes(written), row, column, from, options.inFilter ?? false)
    const problem = compileCheck(replaced)
    if (problem !== undefined)
      refuse(row, problem.code, column, `The expression “${written}” cannot be used: ${problem.message}. Correct it.`)
    return replaced
  }

  function textParts(text: string, row: SheetRow, column: string, from: SurveyNode | null): readonly TextPart[] {
    const parts: TextPart[] = []
    let end = 0
    for (const found of text.matchAll(REFERENCE)) {
      if (found.index > end) parts.push(text.slice(end, found.index))
      parts.push({ output: replace(found[0], row, column, from, false) })
      end = found.index + found[0].length
    }
    if (end < text.length) parts.push(text.slice(end))
    return parts
  }

  return { pathOf, expression, textParts, find: name => byName.get(name)?.[0] }
}

/** In `indexed-repeat(what, repeat, index, …)` all but the indexes name other rows than one's own. */
function namesOtherRow(text: string, at: number): boolean {
  const call = text.lastIndexOf('indexed-repeat(', at)
  if (call < 0) return false
  let depth = 0
  let place = 0
  for (const letter of text.slice(call + 'indexed-repeat('.length, at)) {
    if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (letter === ',' && depth === 0) place++
    if (depth < 0) return false
  }
  return place === 0 || place % 2 === 1
}

/** Word processors turn quotes into curly ones; no expression means those. */
const plainQuotes = (text: string): string => text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"')
