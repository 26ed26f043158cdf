/**
 * Expressions of one form, each text once. Parsed and compiled on the way in, so that a form
 * with a bad expression is refused when it is published and not when it is asked.
 */
import { fault } from '@murram/ground'
import { compile, parse, type Expression, type Tree } from '@murram/xpath'
import type { ExpressionSpec } from '../program.ts'
import { FormProblem } from './xml.ts'

export interface ExpressionPool {
  /** `place` names the question and the property, for the fault. */
  readonly add: (source: string, place: string) => number
  readonly tree: (expression: number) => Expression
  readonly all: () => readonly ExpressionSpec[]
}

/** Compiling asks nothing of a tree: it only has to be there. */
const noTree: Tree<null> = {
  parent: () => null,
  children: () => [],
  childrenNamed: () => [],
  attributes: () => [],
  name: () => '',
  text: () => '',
  documentOf: () => null,
  instance: () => null,
  lookUp: () => null,
}

export function createExpressionPool(): ExpressionPool {
  const expressions: ExpressionSpec[] = []
  const known = new Map<string, number>()

  function add(source: string, place: string): number {
    const text = source.trim()
    const before = known.get(text)
    if (before !== undefined) return before
    const parsed = parse(text)
    if (!parsed.ok) throw new FormProblem(fault('xpath.syntax', `${place}: ${parsed.error.detail}`, parsed.error.data))
    const compiled = compile(parsed.value, noTree, text)
    if (!compiled.ok)
      throw new FormProblem(fault('xpath.unknown-function', `${place}: ${compiled.error.detail}`, compiled.error.data))
    known.set(text, expressions.length)
    return expressions.push({ source: text, tree: parsed.value }) - 1
  }

  return { add, tree: expression => expressions[expression]!.tree, all: () => expressions }
}
