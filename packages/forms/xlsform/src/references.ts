/**
 * `${name}` → path. Inside a repeat the path is relative, so that a question means the row it
 * stands in; from outside it is absolute and means every row.
 *
 *     same repeat                     ../age, ../../group/age
 *     inside a predicate              current()/../age       (`.` is the candidate there)
 *     indexed-repeat(what, repeat, …) absolute               (it names other rows)
 *     ${last-saved#age}               instance('__last-saved')/data/age
 *
 * What expressions read besides questions (files by `pulldata`, the last saved answers) is
 * noted here, for those are lists that the form has to declare.
 */
import { ambiguousReference, unknownReference } from './check-references.ts'
import { compileCheck } from './expression-check.ts'
import { insideInstancePredicate, instanceExpressions, namesOtherRow } from './expression-text.ts'
import { madeNode } from './made-node.ts'
import { pathBetween, pathOf, pathToRows } from './node-paths.ts'
import type { Report, SheetRow } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'

const REFERENCE = /\$\{\s*(last-saved#)?\s*([^}]*?)\s*\}/g

export const LAST_SAVED = '__last-saved'

export interface References {
  /** Absolute path of a node, with the root. */
  readonly pathOf: (node: SurveyNode) => string
  /** Relative in the same row, else absolute. */
  readonly pathBetween: (from: SurveyNode, to: SurveyNode) => string
  /** An expression in a cell: references replaced, syntax checked. `''` stays `''`. */
  readonly expression: (row: SheetRow, column: string, from: SurveyNode | null, options?: ExpressionOptions) => string
  /** A text in parts: literal text, or the path of an output. */
  readonly textParts: (text: string, row: SheetRow, column: string, from: SurveyNode | null) => readonly TextPart[]
  /** An attribute's value: references replaced, nothing checked, for not all of them are expressions. */
  readonly attribute: (text: string, row: SheetRow, column: string, from: SurveyNode | null) => string
  readonly find: (name: string) => SurveyNode | undefined
  /** The one question that `${name}` in a cell means; what it cannot be is reported. */
  readonly question: (name: string, row: SheetRow, column: string) => SurveyNode | undefined
  readonly external: {
    readonly lastSaved: () => boolean
    /** Files that `pulldata` reads, without their ending. */
    readonly pulled: () => ReadonlySet<string>
  }
}

export type TextPart = string | { readonly output: string }

export interface ExpressionOptions {
  /** Inside a predicate of a list, where `.` is the item: relative paths begin at `current()`. */
  readonly inFilter?: boolean
  /** The filter of a list that is a repeat's rows: what stands in the row is the candidate's. */
  readonly candidate?: SurveyNode
  /** The cell's text, where it is not simply the column's. */
  readonly text?: string
}

/** @param meta Names in the form's meta, which expressions may read too, e.g. `instanceID`. */
export function createReferences(
  root: string,
  children: readonly SurveyNode[],
  meta: readonly string[],
  report: Report,
): References {
  const byName = Map.groupBy(everyNode(children), node => node.name)
  const [first] = children
  for (const name of first === undefined ? [] : meta)
    if (!byName.has(name))
      byName.set(name, [madeNode('question', name, first!.row, madeNode('group', 'meta', first!.row, null))])
  const pulled = new Set<string>()
  let lastSaved = false

  const refuse = (row: SheetRow, code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: row.sheet, row: row.row, column: row.header(column) })

  function question(name: string, row: SheetRow, column: string): SurveyNode | undefined {
    const found = byName.get(name) ?? []
    if (found.length === 0) refuse(row, 'unknown-reference', column, unknownReference(name, byName.keys()))
    else if (found.length > 1) {
      const rows = found.map(node => node.row)
      refuse(row, 'ambiguous-reference', column, ambiguousReference(name, rows))
    }
    return found.length === 1 ? found[0] : undefined
  }

  function replace(
    text: string,
    row: SheetRow,
    column: string,
    from: SurveyNode | null,
    { inFilter = false, candidate }: ExpressionOptions = {},
  ): string {
    notePulled(text)
    return text.replace(REFERENCE, (_, saved: string | undefined, name: string, at: number) => {
      const node = question(name, row, column)
      if (node === undefined) return " '' "
      if (saved !== undefined) {
        lastSaved = true
        return ` instance('${LAST_SAVED}')${pathOf(root, node)} `
      }
      if (candidate !== undefined) {
        const inRow = pathInRow(candidate, node)
        if (inRow !== undefined) return ` ${inRow} `
      }
      if (namesOtherRow(text, at)) return ` ${pathOf(root, node)} `
      const path = pathBetween(root, from, node)
      const isRelative = !path.startsWith('/')
      return isRelative && (inFilter || insideInstancePredicate(text, at)) ? ` current()/${path} ` : ` ${path} `
    })
  }

  /** Where a candidate row holds the node, its path from the candidate. */
  function pathInRow(candidate: SurveyNode, node: SurveyNode): string | undefined {
    for (let above: SurveyNode | null = node; above !== null; above = above.parent)
      if (above === candidate) return pathToRows(candidate, node)
    return undefined
  }

  function notePulled(text: string): void {
    for (const [, , file = ''] of text.matchAll(/\bpulldata\s*\(\s*(['"])(.*?)\1/g)) pulled.add(file.trim())
  }

  function expression(row: SheetRow, column: string, from: SurveyNode | null, options: ExpressionOptions = {}): string {
    const written = options.text ?? row.cell(column)
    if (written === '') return ''
    const replaced = replace(plainQuotes(written), row, column, from, options)
    const problem = compileCheck(replaced)
    if (problem !== undefined)
      refuse(row, problem.code, column, `The expression “${written}” cannot be used: ${problem.message}. Correct it.`)
    return replaced
  }

  function textParts(text: string, row: SheetRow, column: string, from: SurveyNode | null): readonly TextPart[] {
    const outputs = [
      ...instanceExpressions(text).filter(
        ({ start, end }) => compileCheck(plain(text.slice(start, end))) === undefined,
      ),
      ...[...text.matchAll(REFERENCE)].map(found => ({ start: found.index, end: found.index + found[0].length })),
    ].sort((a, b) => a.start - b.start)
    const parts: TextPart[] = []
    let end = 0
    for (const span of outputs) {
      if (span.start < end) continue
      if (span.start > end) parts.push(text.slice(end, span.start))
      parts.push({ output: replace(text.slice(span.start, span.end), row, column, from) })
      end = span.end
    }
    if (end < text.length) parts.push(text.slice(end))
    return parts
  }

  return {
    pathOf: node => pathOf(root, node),
    pathBetween: (from, to) => pathBetween(root, from, to),
    expression,
    textParts,
    attribute: (text, row, column, from) => replace(text, row, column, from),
    find: name => byName.get(name)?.[0],
    question,
    external: { lastSaved: () => lastSaved, pulled: () => pulled },
  }
}

/** With a path in the place of each reference, to see whether the rest can be read. */
const plain = (text: string): string => text.replace(REFERENCE, ' . ')

/** Names of the questions that a text refers to. */
export const namesIn = (text: string): readonly string[] => [...text.matchAll(REFERENCE)].map(found => found[2]!)

/** Word processors turn quotes into curly ones; no expression means those. */
const plainQuotes = (text: string): string => text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"')
