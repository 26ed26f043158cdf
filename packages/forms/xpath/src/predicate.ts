/**
 * Predicates: which nodes of a step stay.
 *
 * An equality `[key = value]` whose value is the same whichever node is tested is answered
 * from the tree's index if it has one: a cascade over 50,000 rows is a look-up, not a scan.
 * It may stand anywhere among conditions joined by `and`, or in a predicate of its own; the
 * other conditions then test only what the index found. That is allowed because conditions
 * that do not count positions may be asked in any order.
 */
import type { Compiled, Context } from './evaluate.ts'
import type { Expression, Origin, Step } from './expression.ts'
import { isNodes, type Tree } from './value.ts'

type CompileNode<N> = (expression: Expression, tree: Tree<N>) => Compiled<N>
export type Filter<N> = (nodes: readonly N[], context: Context<N>) => readonly N[]

const NOTHING: readonly never[] = []

export function compileFilter<N>(predicate: Expression, tree: Tree<N>, compileNode: CompileNode<N>): Filter<N> {
  const place = fixedPlace(predicate)
  if (place !== undefined) {
    const { number } = compileNode(place, tree)
    return (nodes, context) => {
      const node = nodes[number(context) - 1]
      return node === undefined ? NOTHING : nodes.length === 1 ? nodes : [node]
    }
  }
  const test = compileNode(predicate, tree)
  const stays: (context: Context<N>) => boolean =
    test.gives === 'number'
      ? context => test.number(context) === context.position
      : test.gives !== 'any'
        ? test.truth
        : context => {
            const got = test.value(context)
            return typeof got === 'number' ? got === context.position : test.truth(context)
          }
  return (nodes, { current, environment }) => {
    // One context for all: nothing keeps it beyond its own node.
    const inner = { node: current, current, position: 0, size: nodes.length, environment }
    return nodes.filter((node, i) => {
      inner.node = node
      inner.position = i + 1
      return stays(inner)
    })
  }
}

/** `[3]`, `[position() = …]`, `[last()]` aside: a place that does not depend on the node that is tested. */
function fixedPlace(predicate: Expression): Expression | undefined {
  if (predicate.kind === 'number') return predicate
  if (predicate.kind !== 'binary' || predicate.operator !== '=') return undefined
  const { left, right } = predicate
  if (isPositionCall(left) && isNumberOf(right)) return right
  return isPositionCall(right) && isNumberOf(left) ? left : undefined
}

const isPositionCall = (one: Expression): boolean =>
  one.kind === 'call' && one.name === 'position' && one.arguments.length === 0

/** Compared as a number and fixed. A path may be several nodes, any of which may be the place. */
const isNumberOf = (one: Expression): boolean =>
  isFixed(one) && (one.kind === 'number' || (one.kind === 'call' && one.name === 'number') || isArithmetic(one))

const isArithmetic = (one: Expression): boolean =>
  one.kind === 'negate' || (one.kind === 'binary' && ['+', '-', '*', 'div', 'mod'].includes(one.operator))

export interface Filters<N> {
  readonly filters: readonly Filter<N>[]
  /** What the index answers, and what is still to be tested then; `null`: this time it cannot. */
  readonly lookUp?: (from: N, context: Context<N>) => readonly N[] | null
}

export function compileFilters<N>(step: Step, tree: Tree<N>, compileNode: CompileNode<N>): Filters<N> {
  const filters = step.where.map(one => compileFilter(one, tree, compileNode))
  if (step.axis !== 'child' || step.name.includes('(') || step.name === '*') return { filters }
  const inAnyOrder = step.where.findIndex(one => !isCondition(one))
  const free = (inAnyOrder < 0 ? step.where : step.where.slice(0, inAnyOrder)).flatMap(conjuncts)
  const at = free.findIndex(one => asEquality(one) !== undefined)
  const equality = at < 0 ? undefined : asEquality(free[at]!)
  if (equality === undefined) return { filters }
  const { key } = equality
  const wanted = compileNode(equality.value, tree)
  if (wanted.gives === 'number' || wanted.gives === 'truth') return { filters }
  const rest = [...free.toSpliced(at, 1), ...(inAnyOrder < 0 ? [] : step.where.slice(inAnyOrder))].map(one =>
    compileFilter(one, tree, compileNode),
  )
  const lookUp = (from: N, context: Context<N>): readonly N[] | null => {
    let text: string
    if (wanted.gives === 'text') text = wanted.text(context)
    else {
      const value = wanted.value(context)
      if (isNodes(value)) {
        if (value.length === 0) return NOTHING
        if (value.length > 1) return null
        text = tree.text(value[0]!)
      } else if (typeof value === 'string') text = value
      else return null
    }
    let found = tree.lookUp(from, step.name, key, text)
    if (found === null) return null
    for (const filter of rest) found = filter(found, context)
    return found
  }
  return { filters, lookUp }
}

const conjuncts = (one: Expression): readonly Expression[] => {
  const found: Expression[] = []
  let at = one
  for (; at.kind === 'binary' && at.operator === 'and'; at = at.left) found.push(at.right)
  return [at, ...found.reverse()]
}

/** Surely true or false, and without counting positions. */
function isCondition(one: Expression): boolean {
  if (countsPositions(one)) return false
  if (one.kind === 'binary') return !isArithmetic(one)
  return one.kind === 'path' || one.kind === 'union' || (one.kind === 'call' && CONDITIONS.has(one.name))
}

const CONDITIONS: ReadonlySet<string> = new Set([
  'not',
  'boolean',
  'boolean-from-string',
  'true',
  'false',
  'selected',
  'contains',
  'starts-with',
  'ends-with',
  'regex',
])

function countsPositions(one: Expression): boolean {
  switch (one.kind) {
    case 'number':
    case 'text':
      return false
    case 'negate':
      return countsPositions(one.operand)
    case 'binary':
    case 'union':
      return countsPositions(one.left) || countsPositions(one.right)
    case 'call':
      return one.name === 'last' || isPositionCall(one) || one.arguments.some(countsPositions)
    case 'path':
      return one.from.at === 'value' && countsPositions(one.from.of)
  }
}

/** `key = value` or `value = key`, where the value is the same whichever node is tested. */
function asEquality(predicate: Expression): { readonly key: string; readonly value: Expression } | undefined {
  if (predicate.kind !== 'binary' || predicate.operator !== '=') return undefined
  const { left, right } = predicate
  const leftKey = childName(left)
  if (leftKey !== undefined && isFixed(right)) return { key: leftKey, value: right }
  const rightKey = childName(right)
  return rightKey !== undefined && isFixed(left) ? { key: rightKey, value: left } : undefined
}

function childName(expression: Expression): string | undefined {
  if (expression.kind !== 'path' || expression.from.at !== 'context') return undefined
  // `./key` is `key`.
  const steps = expression.steps.filter(step => step.axis !== 'self' || step.name !== 'node()' || step.where.length > 0)
  const [step] = steps
  if (step === undefined || steps.length !== 1) return undefined
  const isPlain = step.axis === 'child' && step.where.length === 0 && step.name !== '*' && !step.name.includes('(')
  return isPlain ? step.name : undefined
}

/** Functions that speak of the node that is tested although they have arguments. */
const OF_THE_NODE: ReadonlySet<string> = new Set(['lang'])

export function isFixed(expression: Expression): boolean {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return true
    case 'negate':
      return isFixed(expression.operand)
    case 'binary':
    case 'union':
      return isFixed(expression.left) && isFixed(expression.right)
    case 'call':
      // Functions without arguments may speak of the node that is tested: position(), last().
      return (
        ((expression.arguments.length > 0 && !OF_THE_NODE.has(expression.name)) || expression.name === 'today') &&
        expression.arguments.every(isFixed)
      )
    case 'path':
      return isFixedOrigin(expression.from)
  }
}

const isFixedOrigin = (from: Origin): boolean =>
  from.at === 'root' || from.at === 'current' || from.at === 'instance' || (from.at === 'value' && isFixed(from.of))
