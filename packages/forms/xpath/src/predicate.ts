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
  const positional =
    inAnyOrder < 0 ? [] : step.where.slice(inAnyOrder).map(one => compileFilter(one, tree, compileNode))
  const equalities = free.flatMap((one, at) => {
    const equality = asEquality(one)
    if (equality === undefined) return []
    const wanted = compileNode(equality.value, tree)
    if (wanted.gives === 'number' || wanted.gives === 'truth') return []
    const rest = free.toSpliced(at, 1).map(other => compileFilter(other, tree, compileNode))
    return [{ key: equality.key, wanted, rest: [...rest, ...positional] }]
  })
  return equalities.length === 0 ? { filters } : { filters, lookUp: lookUpBy(step.name, equalities, tree) }
}

interface Equality<N> {
  readonly key: string
  readonly wanted: Compiled<N>
  /** What the step asks beside this equality. */
  readonly rest: readonly Filter<N>[]
}

/** So few rows are tested sooner than another column is indexed. */
const FEW = 50

/** Of several equalities the one that leaves the fewest rows. */
function lookUpBy<N>(
  name: string,
  equalities: readonly Equality<N>[],
  tree: Tree<N>,
): NonNullable<Filters<N>['lookUp']> {
  return (from, context) => {
    let [found, rest]: [readonly N[] | null, readonly Filter<N>[]] = [null, NOTHING]
    for (const equality of equalities) {
      const text = textWanted(equality.wanted, context, tree)
      if (text === NO_ROW) return NOTHING
      const rows = text === MANY ? null : tree.lookUp(from, name, equality.key, text)
      if (rows === null || (found !== null && rows.length >= found.length)) continue
      found = rows
      ;({ rest } = equality)
      if (rows.length <= FEW) break
    }
    if (found !== null) for (const filter of rest) found = filter(found, context)
    return found
  }
}

/** Nothing is equal to a set without nodes. */
const NO_ROW = Symbol('no row')
/** Several nodes, or compared as what is no text. */
const MANY = Symbol('many')

function textWanted<N>(wanted: Compiled<N>, context: Context<N>, tree: Tree<N>): string | typeof NO_ROW | typeof MANY {
  if (wanted.gives === 'text') return wanted.text(context)
  const value = wanted.value(context)
  if (typeof value === 'string') return value
  if (!isNodes(value) || value.length > 1) return MANY
  return value.length === 0 ? NO_ROW : tree.text(value[0]!)
}

/** What `and` joins; of a number it asks only whether it is one, where a predicate would count places. */
function conjuncts(one: Expression): readonly Expression[] {
  if (one.kind !== 'binary' || one.operator !== 'and') return [one]
  const found: Expression[] = []
  let at: Expression = one
  for (; at.kind === 'binary' && at.operator === 'and'; at = at.left) found.push(at.right)
  return [at, ...found.reverse()].map(part =>
    isCondition(part) ? part : { kind: 'call', name: 'boolean', arguments: [part] },
  )
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
