/**
 * `Expression` → a closure over an abstract tree. Compiled once, run on every keystroke: all
 * that can be decided beforehand (which function, which axis, whether an index can answer a
 * predicate) is decided here and not again.
 *
 * Fails with `xpath.unknown-function`, also for a wrong number of arguments.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Expression } from './expression.ts'
import type { Evaluate } from './evaluate.ts'
import { functions } from './functions/table.ts'
import { compilePath } from './path.ts'
import { areEqual, areOrdered, toBoolean, toNumber, isNodes, type Tree } from './value.ts'

/** Thrown inside this package only; `compile` turns it into a fault. */
export class FunctionProblem extends Error {}

export function compile<N>(
  expression: Expression,
  tree: Tree<N>,
  source = '',
): Result<Evaluate<N>, FaultOf<'xpath.unknown-function'>> {
  try {
    return ok(compileNode(expression, tree))
  } catch (problem) {
    if (!(problem instanceof FunctionProblem)) throw problem
    const detail = source === '' ? problem.message : `${source.trim()}: ${problem.message}`
    return err(fault('xpath.unknown-function', detail, { expression: source }))
  }
}

function compileNode<N>(expression: Expression, tree: Tree<N>): Evaluate<N> {
  switch (expression.kind) {
    case 'number':
    case 'text': {
      const { value } = expression
      return () => value
    }
    case 'negate': {
      const operand = compileNode(expression.operand, tree)
      return context => -toNumber(tree, operand(context))
    }
    case 'union':
      return compileUnion(compileNode(expression.left, tree), compileNode(expression.right, tree))
    case 'call':
      return compileCall(expression.name, expression.arguments, tree)
    case 'path':
      return compilePath(expression, tree, compileNode)
    case 'binary':
      return compileBinary(expression, tree)
  }
}

/** Document order is not restored: no ODK function depends on it. */
function compileUnion<N>(left: Evaluate<N>, right: Evaluate<N>): Evaluate<N> {
  return context => {
    const [a, b] = [left(context), right(context)]
    return [...new Set([...(isNodes(a) ? a : []), ...(isNodes(b) ? b : [])])]
  }
}

function compileBinary<N>(expression: Expression & { kind: 'binary' }, tree: Tree<N>): Evaluate<N> {
  const left = compileNode(expression.left, tree)
  const right = compileNode(expression.right, tree)
  const arithmetic =
    (of: (a: number, b: number) => number): Evaluate<N> =>
    context =>
      of(toNumber(tree, left(context)), toNumber(tree, right(context)))
  const { operator } = expression
  switch (operator) {
    case 'or':
      return context => toBoolean(left(context)) || toBoolean(right(context))
    case 'and':
      return context => toBoolean(left(context)) && toBoolean(right(context))
    case '=':
      return context => areEqual(tree, left(context), right(context), true)
    case '!=':
      return context => areEqual(tree, left(context), right(context), false)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return context => areOrdered(tree, operator, left(context), right(context))
    case '+':
      return arithmetic((a, b) => a + b)
    case '-':
      return arithmetic((a, b) => a - b)
    case '*':
      return arithmetic((a, b) => a * b)
    case 'div':
      return arithmetic((a, b) => a / b)
    case 'mod':
      return arithmetic((a, b) => a % b)
  }
}

function compileCall<N>(name: string, values: readonly Expression[], tree: Tree<N>): Evaluate<N> {
  const known = functions[name]
  if (known === undefined) throw new FunctionProblem(`there is no function ${name}()`)
  const [least, most] = known.arity
  if (values.length < least || values.length > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`
    throw new FunctionProblem(`${name}() takes ${wanted} arguments, not ${values.length}`)
  }
  return known.compile(
    tree,
    values.map(value => compileNode(value, tree)),
  )
}
