/**
 * `Expression` → closures over an abstract tree. Compiled once, run on every keystroke: all
 * that can be decided beforehand (which function, which axis, whether an index can answer a
 * predicate, what is the same whatever the answers) is decided here and not again.
 *
 * Fails with `xpath.unknown-function`, also for a wrong number of arguments.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { areEqual, areOrdered, difference, type Ordering } from './compare.ts'
import { always, nodal, numeric, truthful } from './compiled.ts'
import { inDocumentOrder } from './document-order.ts'
import type { BinaryOperator, Expression } from './expression.ts'
import type { Call, Compiled, Context, Evaluate } from './evaluate.ts'
import { wrongCount } from './functions/signature.ts'
import { functions } from './functions/table.ts'
import { nearestName, placeOfCall } from './nearest-name.ts'
import { compilePath } from './path.ts'
import { isNodes, type Tree } from './value.ts'

/** Thrown inside this package only; `compile` turns it into a fault. */
class FunctionProblem extends Error {
  readonly called: string
  constructor(called: string, message: string) {
    super(message)
    this.called = called
  }
}

/** In each form that may be asked: `truth` for conditions, `text` for calculations, … */
export function compileTyped<N>(
  expression: Expression,
  tree: Tree<N>,
  source = '',
): Result<Compiled<N>, FaultOf<'xpath.unknown-function'>> {
  try {
    return ok(compileNode(expression, tree))
  } catch (problem) {
    if (!(problem instanceof FunctionProblem)) throw problem
    const detail = source === '' ? problem.message : `${source.trim()}: ${problem.message}`
    const at = placeOfCall(source, problem.called)
    return err(
      fault('xpath.unknown-function', detail, {
        expression: source,
        name: problem.called,
        ...(at === undefined ? {} : { at }),
      }),
    )
  }
}

export function compile<N>(
  expression: Expression,
  tree: Tree<N>,
  source = '',
): Result<Evaluate<N>, FaultOf<'xpath.unknown-function'>> {
  const compiled = compileTyped(expression, tree, source)
  return compiled.ok ? ok(compiled.value.value) : compiled
}

function compileNode<N>(expression: Expression, tree: Tree<N>): Compiled<N> {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return always(expression.value)
    case 'negate': {
      const { number, constant } = compileNode(expression.operand, tree)
      return folded(
        numeric(context => -number(context)),
        constant !== undefined,
      )
    }
    case 'union': {
      const parts = spine(expression, one => one.kind === 'union').map(one => compileNode(one, tree))
      return nodal(tree, context => unionOf(parts, tree, context))
    }
    case 'call':
      return compileCall(expression.name, expression.arguments, tree)
    case 'path':
      return compilePath(expression, tree, compileNode)
    case 'binary':
      return compileBinary(expression, tree)
  }
}

/** `a or b or c` → a, b, c: a chain of hundreds is a loop, not a tower. */
function spine(
  expression: Expression & { kind: 'binary' | 'union' },
  isSame: (one: Expression) => boolean,
): readonly Expression[] {
  const found: Expression[] = []
  let at: Expression = expression
  while ((at.kind === 'binary' || at.kind === 'union') && isSame(at)) {
    found.push(at.right)
    at = at.left
  }
  return [at, ...found.reverse()]
}

function unionOf<N>(parts: readonly Compiled<N>[], tree: Tree<N>, context: Context<N>): readonly N[] {
  const sets = parts
    .map(part => part.value(context))
    .filter(value => isNodes(value))
    .filter(nodes => nodes.length > 0)
  return sets.length < 2 ? (sets[0] ?? []) : inDocumentOrder(sets.flat(), tree)
}

/** Asks nothing of a context: what `folded` runs constants with. */
const NOWHERE = {}

function folded<N>(compiled: Compiled<N>, isConstant: boolean): Compiled<N> {
  if (!isConstant) return compiled
  try {
    const value = compiled.value(NOWHERE as Context<N>)
    return isNodes(value) ? compiled : always(value)
  } catch {
    return compiled // it needs the zone: a moment without an offset
  }
}

function compileBinary<N>(expression: Expression & { kind: 'binary' }, tree: Tree<N>): Compiled<N> {
  const { operator } = expression
  if (operator === 'or' || operator === 'and') return compileChain(expression, operator, tree)
  const left = compileNode(expression.left, tree)
  const right = compileNode(expression.right, tree)
  return folded(
    compileOperator(operator, left, right, tree),
    left.constant !== undefined && right.constant !== undefined,
  )
}

function compileChain<N>(
  expression: Expression & { kind: 'binary' },
  operator: 'or' | 'and',
  tree: Tree<N>,
): Compiled<N> {
  const isSame = (one: Expression): boolean => one.kind === 'binary' && one.operator === operator
  const parts = spine(expression, isSame).map(one => compileNode(one, tree))
  const truths = parts.map(part => part.truth)
  const stop = operator === 'or'
  const [first, second] = truths
  const run: (context: Context<N>) => boolean =
    truths.length > 2
      ? context => {
          for (const truth of truths) if (truth(context) === stop) return stop
          return !stop
        }
      : stop
        ? context => first!(context) || second!(context)
        : context => first!(context) && second!(context)
  return folded(
    truthful(run),
    parts.every(part => part.constant !== undefined),
  )
}

function compileOperator<N>(
  operator: Exclude<BinaryOperator, 'or' | 'and'>,
  left: Compiled<N>,
  right: Compiled<N>,
  tree: Tree<N>,
): Compiled<N> {
  const [a, b] = [left.number, right.number]
  switch (operator) {
    case '=':
    case '!=':
      return truthful(compileEquality(operator === '=', left, right, tree))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return truthful(compileOrdering(operator, left, right, tree))
    case '+':
      return numeric(context => a(context) + b(context))
    case '-':
      if (mayBeDated(left) && mayBeDated(right))
        return numeric(context =>
          difference(tree, left.value(context), right.value(context), context.environment.timeZone),
        )
      return numeric(context => a(context) - b(context))
    case '*':
      return numeric(context => a(context) * b(context))
    case 'div':
      return numeric(context => a(context) / b(context))
    case 'mod':
      return numeric(context => a(context) % b(context))
  }
}

/** Whether it may be the text of a date: then what stands beside it decides how it is read. */
const mayBeDated = <N>({ gives }: Compiled<N>): boolean => gives === 'text' || gives === 'nodes' || gives === 'any'
const isScalar = <N>({ gives }: Compiled<N>): boolean => gives === 'text' || gives === 'number' || gives === 'truth'

function compileEquality<N>(
  wanted: boolean,
  left: Compiled<N>,
  right: Compiled<N>,
  tree: Tree<N>,
): (context: Context<N>) => boolean {
  if (left.gives === 'truth' || right.gives === 'truth')
    return context => (left.truth(context) === right.truth(context)) === wanted
  if (isScalar(left) && isScalar(right))
    return left.gives === 'number' || right.gives === 'number'
      ? context => (left.number(context) === right.number(context)) === wanted
      : context => (left.text(context) === right.text(context)) === wanted
  if (right.gives === 'text') return textBeside(wanted, left, right, tree)
  if (left.gives === 'text') return textBeside(wanted, right, left, tree)
  return context => areEqual(tree, left.value(context), right.value(context), wanted, context.environment.timeZone)
}

/** `${q} = 'yes'`, what most conditions are. */
function textBeside<N>(
  wanted: boolean,
  one: Compiled<N>,
  text: Compiled<N>,
  tree: Tree<N>,
): (context: Context<N>) => boolean {
  if (one.gives !== 'nodes')
    return context => areEqual(tree, one.value(context), text.text(context), wanted, context.environment.timeZone)
  return context => {
    const nodes = one.value(context) as readonly N[]
    if (nodes.length === 0) return false
    const other = text.text(context)
    if (nodes.length === 1) return (tree.text(nodes[0]!) === other) === wanted
    return nodes.some(node => (tree.text(node) === other) === wanted)
  }
}

function compileOrdering<N>(
  operator: Ordering,
  left: Compiled<N>,
  right: Compiled<N>,
  tree: Tree<N>,
): (context: Context<N>) => boolean {
  const [a, b] = [left.number, right.number]
  if (isScalar(left) && isScalar(right) && !(left.gives === 'text' && right.gives === 'text'))
    switch (operator) {
      case '<':
        return context => a(context) < b(context)
      case '<=':
        return context => a(context) <= b(context)
      case '>':
        return context => a(context) > b(context)
      case '>=':
        return context => a(context) >= b(context)
    }
  return context => areOrdered(tree, operator, left.value(context), right.value(context), context.environment.timeZone)
}

function compileCall<N>(name: string, values: readonly Expression[], tree: Tree<N>): Compiled<N> {
  const known = functions[name]
  if (known === undefined) {
    const nearest = nearestName(name, Object.keys(functions))
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}()?`
    throw new FunctionProblem(name, `there is no function ${name}()${hint}`)
  }
  const wrong = wrongCount(name, known.takes, values.length)
  if (wrong !== undefined) throw new FunctionProblem(name, wrong)
  const parts = values.map(value => compileNode(value, tree))
  const call: Call<N> = {
    tree,
    count: parts.length,
    arg: i => parts[i]!,
    here: nodal(
      tree,
      context => [context.node],
      context => context.node,
    ),
  }
  return folded(known.compile(call), known.pure && parts.every(part => part.constant !== undefined))
}
