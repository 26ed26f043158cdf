/**
 * Paths: where they begin, their steps, their predicates.
 *
 * A predicate `[key = value]` whose value does not depend on the node that is tested is
 * answered from the tree's index if it has one: a cascade over 50,000 rows is a look-up, not
 * a scan.
 */
import type { Context, Evaluate } from './evaluate.ts'
import type { Expression, Origin, PathExpression, Step } from './expression.ts'
import { isNodes, toBoolean, toText, type Tree } from './value.ts'

type CompileNode<N> = (expression: Expression, tree: Tree<N>) => Evaluate<N>

export function compilePath<N>(path: PathExpression, tree: Tree<N>, compileNode: CompileNode<N>): Evaluate<N> {
  const start = compileOrigin(path, tree, compileNode)
  const steps = path.steps.map(step => compileStep(step, tree, compileNode))
  const names = path.from.at === 'root' ? plainNames(path.steps) : []
  const { rowOf } = tree
  if (rowOf !== undefined && names.length > 0)
    return context => {
      const row = rowOf(context.current, names)
      if (row === null) return walk(start(context), steps, context)
      return walk([row.node], row.taken === 0 ? steps : steps.slice(row.taken), context)
    }
  return context => walk(start(context), steps, context)
}

type TakeStep<N> = (from: N, context: Context<N>) => readonly N[]

function walk<N>(start: readonly N[], steps: readonly TakeStep<N>[], context: Context<N>): readonly N[] {
  let nodes = start
  for (const take of steps) {
    if (nodes.length === 1) nodes = take(nodes[0]!, context)
    else if (nodes.length === 0) return nodes
    else nodes = [...new Set(nodes.flatMap(node => take(node, context)))]
  }
  return nodes
}

/** Leading child steps without predicates: as far as a row of the context can decide. */
function plainNames(steps: readonly Step[]): readonly string[] {
  const end = steps.findIndex(step => step.axis !== 'child' || step.where.length > 0 || step.name.includes('*'))
  return steps.slice(0, end < 0 ? steps.length : end).map(step => step.name)
}

function compileOrigin<N>(
  path: PathExpression,
  tree: Tree<N>,
  compileNode: CompileNode<N>,
): (context: Context<N>) => readonly N[] {
  const { from } = path
  switch (from.at) {
    case 'root':
      return context => [tree.documentOf(context.current)]
    case 'context':
      return context => [context.node]
    case 'current':
      return context => [context.current]
    case 'instance': {
      const { id } = from
      return () => {
        const found = tree.instance(id)
        return found === null ? [] : [found]
      }
    }
    case 'value': {
      const value = compileNode(from.of, tree)
      const filters = from.where.map(one => compileFilter(one, tree, compileNode))
      return context => {
        const got = value(context)
        return filters.reduce<readonly N[]>((nodes, filter) => filter(nodes, context), isNodes(got) ? got : [])
      }
    }
  }
}

type Filter<N> = (nodes: readonly N[], context: Context<N>) => readonly N[]

function compileFilter<N>(predicate: Expression, tree: Tree<N>, compileNode: CompileNode<N>): Filter<N> {
  const test = compileNode(predicate, tree)
  return (nodes, { current, environment }) =>
    nodes.filter((node, i) => {
      const got = test({ node, current, position: i + 1, size: nodes.length, environment })
      return typeof got === 'number' ? got === i + 1 : toBoolean(got)
    })
}

function compileStep<N>(step: Step, tree: Tree<N>, compileNode: CompileNode<N>): TakeStep<N> {
  const [first, ...others] = step.where
  const filters = step.where.map(one => compileFilter(one, tree, compileNode))
  const along = compileAxis(step, tree)
  const scan: TakeStep<N> = (from, context) =>
    filters.reduce<readonly N[]>((nodes, filter) => filter(nodes, context), along(from))
  const equality = first === undefined || step.axis !== 'child' ? undefined : asEquality(first)
  if (equality === undefined) return filters.length === 0 ? along : scan
  const value = compileNode(equality.value, tree)
  const rest = others.map(one => compileFilter(one, tree, compileNode))
  return (from, context) => {
    const wanted = value(context)
    if (typeof wanted !== 'string' && !(isNodes(wanted) && wanted.length === 1)) return scan(from, context)
    const found = tree.lookUp(from, step.name, equality.key, toText(tree, wanted))
    return found === null ? scan(from, context) : rest.reduce((nodes, filter) => filter(nodes, context), found)
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
  if (expression.kind !== 'path' || expression.from.at !== 'context' || expression.steps.length !== 1) return undefined
  const [step] = expression.steps
  return step!.axis === 'child' && step!.where.length === 0 && step!.name !== '*' ? step!.name : undefined
}

function isFixed(expression: Expression): boolean {
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
      return expression.arguments.length > 0 && expression.arguments.every(isFixed)
    case 'path':
      return isFixedOrigin(expression.from)
  }
}

const isFixedOrigin = (from: Origin): boolean =>
  from.at === 'root' || from.at === 'current' || from.at === 'instance' || (from.at === 'value' && isFixed(from.of))

function compileAxis<N>({ axis, name }: Step, tree: Tree<N>): (from: N) => readonly N[] {
  const any = name === '*' || name === 'node()'
  const fits = (node: N): boolean => any || tree.name(node) === name
  switch (axis) {
    case 'child':
      return any ? tree.children : from => tree.childrenNamed(from, name)
    case 'self':
      return from => (fits(from) ? [from] : [])
    case 'parent':
      return from => {
        const parent = tree.parent(from)
        return parent !== null && fits(parent) ? [parent] : []
      }
    case 'attribute':
      return from => tree.attributes(from).filter(node => any || tree.name(node) === name)
    case 'ancestor':
      return from => ancestors(from, tree).filter(fits)
    case 'ancestor-or-self':
      return from => [from, ...ancestors(from, tree)].filter(fits)
    case 'descendant':
      return from => descendants(from, tree).filter(fits)
    case 'descendant-or-self':
      return from => [from, ...descendants(from, tree)].filter(fits)
    case 'following-sibling':
      return from => siblings(from, tree).after.filter(fits)
    case 'preceding-sibling':
      // Nearest first, as position() counts on this axis.
      return from => siblings(from, tree).before.toReversed().filter(fits)
  }
}

function ancestors<N>(node: N, tree: Tree<N>): N[] {
  const found: N[] = []
  for (let at = tree.parent(node); at !== null; at = tree.parent(at)) found.push(at)
  return found
}

const descendants = <N>(node: N, tree: Tree<N>): N[] =>
  tree.children(node).flatMap(child => [child, ...descendants(child, tree)])

function siblings<N>(node: N, tree: Tree<N>): { readonly before: readonly N[]; readonly after: readonly N[] } {
  const parent = tree.parent(node)
  const all = parent === null ? [node] : tree.children(parent)
  const at = all.indexOf(node)
  return { before: all.slice(0, at), after: all.slice(at + 1) }
}
