/**
 * Paths: where they begin, their steps. A path's value is a set of nodes in document order.
 *
 * Most paths of a form lead from one node over parents to one child, and are asked on every
 * keystroke: as long as there is one node, steps go from node to node without making sets.
 * Steps down from distinct nodes that do not contain one another find distinct nodes in
 * document order by themselves; only where that is not known are sets put in order.
 */
import { alongAxis, isAbsentKind, nodeTest, REVERSE, SINGLE } from './axes.ts'
import { nodal } from './compiled.ts'
import { inDocumentOrder } from './document-order.ts'
import type { Compiled, Context } from './evaluate.ts'
import type { Expression, PathExpression, Step } from './expression.ts'
import { compileFilter, compileFilters } from './predicate.ts'
import { isNodes, type Tree } from './value.ts'

type CompileNode<N> = (expression: Expression, tree: Tree<N>) => Compiled<N>
type Nodes<N> = readonly N[]

const NOTHING: readonly never[] = []

/** One step, from one node: to a set, or (`hop`) to one node at most. */
interface Taken<N> {
  readonly take: (from: N, context: Context<N>) => Nodes<N>
  readonly hop?: (from: N) => N | null
  /** Keeps distinct nodes, side by side and in order, that way. */
  readonly isOrderly: boolean
}

export function compilePath<N>(path: PathExpression, tree: Tree<N>, compileNode: CompileNode<N>): Compiled<N> {
  const steps = path.steps.map(step => compileStep(step, tree, compileNode))
  const { from } = path
  switch (from.at) {
    case 'root':
      return fromRoot(path, steps, tree)
    case 'context':
      return fromNode(context => context.node, steps, tree)
    case 'current':
      return fromNode(context => context.current, steps, tree)
    case 'instance': {
      const { id } = from
      return fromNode(() => tree.instance(id), steps, tree)
    }
    case 'value': {
      const of = compileNode(from.of, tree)
      const filters = from.where.map(one => compileFilter(one, tree, compileNode))
      // Whoever shuffles wants the order that was drawn, also of what is below.
      const isShuffled = from.of.kind === 'call' && from.of.name === 'randomize'
      return nodal(tree, context => {
        const got = of.value(context)
        let nodes: Nodes<N> = isNodes(got) ? got : NOTHING
        for (const filter of filters) nodes = filter(nodes, context)
        return walk(nodes, steps, 0, isShuffled, tree, context)
      })
    }
  }
}

function fromRoot<N>(path: PathExpression, steps: readonly Taken<N>[], tree: Tree<N>): Compiled<N> {
  const names = plainNames(path.steps)
  const fixed = names.length === steps.length ? (tree.fixedAt?.(names) ?? null) : null
  if (fixed !== null) {
    const only = [fixed]
    return nodal(
      tree,
      () => only,
      () => fixed,
    )
  }
  const { rowOf } = tree
  if (rowOf === undefined || names.length === 0)
    return fromNode(context => tree.documentOf(context.current), steps, tree)
  return nodal(tree, context => {
    const row = rowOf(context.current, names)
    return row === null
      ? walkFrom(tree.documentOf(context.current), steps, 0, tree, context)
      : walkFrom(row.node, steps, row.taken, tree, context)
  })
}

function fromNode<N>(start: (context: Context<N>) => N | null, steps: readonly Taken<N>[], tree: Tree<N>): Compiled<N> {
  const hops = steps.map(step => step.hop)
  if (hops.every(hop => hop !== undefined)) {
    const first = (context: Context<N>): N | null => {
      let node = start(context)
      for (const hop of hops) {
        if (node === null) return null
        node = hop(node)
      }
      return node
    }
    return nodal(
      tree,
      context => {
        const node = first(context)
        return node === null ? NOTHING : [node]
      },
      first,
    )
  }
  return nodal(tree, context => {
    const node = start(context)
    return node === null ? NOTHING : walkFrom(node, steps, 0, tree, context)
  })
}

/** From one node, as long as there is one. */
function walkFrom<N>(from: N, steps: readonly Taken<N>[], at: number, tree: Tree<N>, context: Context<N>): Nodes<N> {
  let node = from
  for (let i = at; i < steps.length; i++) {
    const { hop, take } = steps[i]!
    if (hop !== undefined) {
      const next = hop(node)
      if (next === null) return NOTHING
      node = next
      continue
    }
    const nodes = take(node, context)
    if (nodes.length !== 1) return walk(nodes, steps, i + 1, steps[i]!.isOrderly, tree, context)
    if (i === steps.length - 1) return nodes
    node = nodes[0]!
  }
  return [node]
}

function walk<N>(
  start: Nodes<N>,
  steps: readonly Taken<N>[],
  at: number,
  isSideBySide: boolean,
  tree: Tree<N>,
  context: Context<N>,
): Nodes<N> {
  let nodes = start
  let isOrderly = isSideBySide
  for (let i = at; i < steps.length; i++) {
    if (nodes.length === 0) return nodes
    const step = steps[i]!
    if (nodes.length === 1) {
      nodes = step.take(nodes[0]!, context)
      ;({ isOrderly } = step)
      continue
    }
    const found: N[] = []
    for (const node of nodes) for (const next of step.take(node, context)) found.push(next)
    isOrderly &&= step.isOrderly
    nodes = isOrderly ? found : inDocumentOrder(found, tree)
  }
  return nodes
}

/** Leading child steps without predicates: as far as a row of the context can decide. */
function plainNames(steps: readonly Step[]): readonly string[] {
  const end = steps.findIndex(
    step => step.axis !== 'child' || step.where.length > 0 || step.name === '*' || step.name.includes('('),
  )
  return steps.slice(0, end < 0 ? steps.length : end).map(step => step.name)
}

function compileStep<N>(step: Step, tree: Tree<N>, compileNode: CompileNode<N>): Taken<N> {
  const isOrderly = step.axis === 'child' || step.axis === 'self' || step.axis === 'attribute'
  const along = alongAxis(step, tree)
  if (step.where.length === 0) {
    if (REVERSE.has(step.axis)) return { take: from => along(from).toReversed(), isOrderly }
    return SINGLE.has(step.axis) && !isAbsentKind(step)
      ? { take: along, hop: hopOf(step, tree), isOrderly }
      : { take: along, isOrderly }
  }
  const { filters, lookUp } = compileFilters(step, tree, compileNode)
  const scan = (from: N, context: Context<N>): Nodes<N> => {
    let nodes = along(from)
    for (const filter of filters) nodes = filter(nodes, context)
    return nodes
  }
  if (REVERSE.has(step.axis)) return { take: (from, context) => scan(from, context).toReversed(), isOrderly }
  if (lookUp === undefined) return { take: scan, isOrderly }
  return { take: (from, context) => lookUp(from, context) ?? scan(from, context), isOrderly }
}

function hopOf<N>(step: Step, tree: Tree<N>): (from: N) => N | null {
  const fits = step.name === 'node()' ? undefined : nodeTest(step, tree)
  const go: (from: N) => N | null = step.axis === 'self' ? from => from : tree.parent
  if (fits === undefined) return go
  return from => {
    const node = go(from)
    return node !== null && fits(node) ? node : null
  }
}
