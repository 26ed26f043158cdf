/**
 * Who reads whom, and in which order to evaluate.
 *
 * Nodes of the graph are steps (`relevant` of `roster`, `calculate` of `total`), not
 * instances: the order is decided once a form. Relevance is inherited, so what a group's
 * relevance decides is every node below it; the count of a repeat decides all of its rows.
 *
 * A reader is told of a change only in the row it shares with what changed (`within`): one
 * answer in a roster of 1,000 does not recompute 999 neighbours.
 *
 * Reading one's own node in *another* row (`../../row[position() = …]/balance`) is not a circle.
 */
import { fault } from '@murram/ground'
import { reads, type Expression, type Read, type ReadStep } from '@murram/xpath'
import type { Reader, StepSpec } from '../program.ts'
import { FormProblem } from './xml.ts'
import type { NodeDraft } from './nodes.ts'

export interface ReadNode {
  readonly node: number
  /** Innermost repeat whose row reader and node share; -1 none. */
  readonly within: number
  /** Through a predicate: another row of the reader's own repeat may be meant. */
  readonly filtered: boolean
}

export interface Graph {
  readonly steps: readonly StepSpec[]
  readonly readers: readonly (readonly Reader[])[]
}

export interface NodeTree {
  readonly nodes: readonly NodeDraft[]
  readonly roots: readonly number[]
  /** Below -1: the roots. */
  readonly childrenNamed: (node: number, name: string) => readonly number[]
  /** Innermost repeat around or at the node; -1 none. */
  readonly repeatOf: (node: number) => number
}

export function nodeTree(nodes: readonly NodeDraft[]): NodeTree {
  const repeats: number[] = []
  for (const [i, node] of nodes.entries()) repeats.push(node.repeat ? i : node.parent < 0 ? -1 : repeats[node.parent]!)
  const roots = nodes.flatMap((node, i) => (node.parent === -1 ? [i] : []))
  const named = new Map<number, ReadonlyMap<string, readonly number[]>>()
  const childrenNamed = (node: number, name: string): readonly number[] => {
    let known = named.get(node)
    if (known === undefined)
      named.set(node, (known = Map.groupBy(node < 0 ? roots : nodes[node]!.children, child => nodes[child]!.name)))
    return known.get(name) ?? []
  }
  return { nodes, roots, childrenNamed, repeatOf: node => (node < 0 ? -1 : repeats[node]!) }
}

const isAtOrBelow = ({ nodes }: NodeTree, node: number, above: number): boolean => {
  for (let at = node; at >= 0; at = nodes[at]!.parent) if (at === above) return true
  return false
}

/** From the root element down to the node. */
function chainOf(nodes: readonly Pick<NodeDraft, 'parent'>[], node: number): readonly number[] {
  const chain: number[] = []
  for (let at = node; at >= 0; at = nodes[at]!.parent) chain.unshift(at)
  return chain
}

/**
 * How many leading names of an absolute path the context's own row decides: up to its
 * innermost repeat that the path goes through. A path that ends at the repeat means all rows.
 */
export function stepsInRow(
  nodes: readonly Pick<NodeDraft, 'name' | 'parent' | 'repeat'>[],
  context: number,
  names: readonly string[],
): number {
  const chain = chainOf(nodes, context)
  let taken = 0
  for (let i = 0; i < chain.length && i < names.length - 1 && nodes[chain[i]!]!.name === names[i]; i++)
    if (nodes[chain[i]!]!.repeat) taken = i + 1
  return taken
}

interface Place {
  /** -1: the document above the root. */
  readonly node: number
  readonly within: number
}

export function resolveRead(read: Read, context: number, tree: NodeTree): readonly ReadNode[] {
  if (typeof read.from === 'object') return []
  let places: readonly Place[] = [{ node: context, within: tree.repeatOf(context) }]
  let from = 0
  if (read.from === 'root') {
    const end = read.steps.findIndex(step => step.axis !== 'child' || step.filtered || step.name === '*')
    const names = read.steps.slice(0, end < 0 ? read.steps.length : end).map(step => step.name)
    from = stepsInRow(tree.nodes, context, names)
    const row = from === 0 ? -1 : chainOf(tree.nodes, context)[from - 1]!
    places = [{ node: row, within: row }]
  }
  for (const step of read.steps.slice(from)) places = places.flatMap(place => take(place, step, tree))
  const filtered = read.steps.some(
    step => step.filtered || step.axis.startsWith('following') || step.axis.startsWith('preceding'),
  )
  return places.filter(place => place.node >= 0).map(place => ({ ...place, filtered }))
}

function take(place: Place, { axis, name }: ReadStep, tree: NodeTree): readonly Place[] {
  const { nodes } = tree
  const isAny = name === '*' || name === 'node()'
  const fits = (node: number): boolean => isAny || nodes[node]!.name === name
  const childrenOf = (node: number): readonly number[] => (node < 0 ? tree.roots : nodes[node]!.children)
  const below = (node: number): number[] => childrenOf(node).flatMap(child => [child, ...below(child)])
  const same = (node: number): Place => ({ node, within: place.within })
  const up = (node: number): Place => ({
    node,
    within: place.within >= 0 && isAtOrBelow(tree, node, place.within) ? place.within : tree.repeatOf(node),
  })
  const above = (): readonly number[] => (place.node < 0 ? [] : chainOf(nodes, place.node).slice(0, -1).toReversed())
  switch (axis) {
    case 'child':
      return (isAny ? childrenOf(place.node) : tree.childrenNamed(place.node, name)).map(same)
    case 'attribute':
      return place.node < 0 ? [] : nodes[place.node]!.attributes.filter(fits).map(same)
    case 'self':
      return place.node < 0 || fits(place.node) ? [place] : []
    case 'parent':
      return place.node < 0 ? [] : [up(nodes[place.node]!.parent)].filter(one => one.node < 0 || fits(one.node))
    case 'descendant':
      return below(place.node).filter(fits).map(same)
    case 'descendant-or-self':
      return [place, ...below(place.node).map(same)].filter(
        one => name === 'node()' || (one.node >= 0 && fits(one.node)),
      )
    case 'ancestor':
      return above().filter(fits).map(up)
    case 'ancestor-or-self':
      return [...(place.node >= 0 && fits(place.node) ? [place] : []), ...above().filter(fits).map(up)]
    case 'following-sibling':
    case 'preceding-sibling': {
      const parent = place.node < 0 ? -1 : nodes[place.node]!.parent
      return childrenOf(parent)
        .filter(fits)
        .map(node => ({ node, within: tree.repeatOf(parent) }))
    }
    default:
      // `following` and `preceding` may reach anything; no other axis reaches an answer.
      return axis === 'following' || axis === 'preceding'
        ? below(-1)
            .filter(fits)
            .map(node => ({ node, within: -1 }))
        : []
  }
}

export function drawGraph(
  drafts: readonly StepSpec[],
  expressionTree: (expression: number) => Expression,
  tree: NodeTree,
): Graph {
  const readsOf = drafts.map(step => stepReads(step, expressionTree(step.expression), tree))
  const steps = order(drafts, readsOf, tree)
  const place = new Map(steps.map((step, i) => [step, i]))
  const readers: Reader[][] = tree.nodes.map(() => [])
  for (const [i, draft] of drafts.entries())
    for (const { node, within } of readsOf[i]!) {
      const step = place.get(draft)!
      const known = readers[node]!.findIndex(reader => reader.step === step)
      if (known < 0) readers[node]!.push({ step, within })
      else if (readers[node]![known]!.within !== within)
        readers[node]![known] = { step, within: outer(readers[node]![known]!.within, within, tree) }
    }
  const inner = new Set(drafts.filter((step, i) => readsOf[i]!.some(({ node }) => readsInside(step, node, tree))))
  return { steps: steps.map(step => (inner.has(step) ? { ...step, inner: true } : step)), readers }
}

const outer = (a: number, b: number, tree: NodeTree): number => (a < 0 || b < 0 ? -1 : isAtOrBelow(tree, a, b) ? b : a)

/** What a step reads; the count of a repeat is evaluated once for all rows, at the first one's place. */
function stepReads(step: StepSpec, expression: Expression, tree: NodeTree): readonly ReadNode[] {
  const found = reads(expression).flatMap(read => resolveRead(read, step.node, tree))
  if (step.kind !== 'rows') return found
  const parent = tree.repeatOf(tree.nodes[step.node]!.parent)
  return found.map(read => (read.within === step.node ? { ...read, within: parent } : read))
}

function order(
  drafts: readonly StepSpec[],
  readsOf: readonly (readonly ReadNode[])[],
  tree: NodeTree,
): readonly StepSpec[] {
  const makers: number[][] = tree.nodes.map(() => [])
  const below = (node: number): number[] => [
    node,
    ...tree.nodes[node]!.attributes,
    ...tree.nodes[node]!.children.flatMap(below),
  ]
  for (const [i, { kind, node }] of drafts.entries())
    if (kind === 'relevant' || kind === 'rows') for (const one of below(node)) makers[one]!.push(i)
    else if (kind === 'calculate' || kind === 'choices') makers[node]!.push(i)

  const waitsFor = drafts.map((step, i) => {
    const own = tree.repeatOf(step.node)
    const found = new Set<number>()
    for (const { node, within, filtered } of readsOf[i]!) {
      const isInside = readsInside(step, node, tree)
      const otherRow = filtered && own >= 0 && within !== own && isAtOrBelow(tree, node, own)
      if (otherRow) continue
      for (const maker of makers[node]!)
        if (maker === i && isInside) continue
        else if (maker !== i || step.kind === 'calculate' || step.kind === 'relevant' || step.kind === 'rows')
          found.add(maker)
    }
    return found
  })
  return sorted(drafts, waitsFor, tree)
}

/** A group's relevance that reads an answer inside the group: no circle, for it reads what is held. */
const readsInside = ({ kind, node: own }: StepSpec, node: number, tree: NodeTree): boolean =>
  kind === 'relevant' && node !== own && isAtOrBelow(tree, node, own)

/** Kahn's order; what is left over holds a circle, which is then walked to name it. */
function sorted(
  drafts: readonly StepSpec[],
  waitsFor: readonly ReadonlySet<number>[],
  tree: NodeTree,
): readonly StepSpec[] {
  const left = waitsFor.map(one => one.size)
  const next: number[][] = drafts.map(() => [])
  for (const [i, makers] of waitsFor.entries()) for (const maker of makers) next[maker]!.push(i)
  const ready = drafts.flatMap((_, i) => (left[i] === 0 ? [i] : []))
  for (let at = 0; at < ready.length; at++)
    for (const reader of next[ready[at]!]!) if (--left[reader]! === 0) ready.push(reader)
  if (ready.length === drafts.length) return ready.map(i => drafts[i]!)

  const path: number[] = []
  let at = left.findIndex(count => count > 0)
  while (!path.includes(at)) {
    path.push(at)
    at = [...waitsFor[at]!].find(maker => left[maker]! > 0)!
  }
  const circle = [...path.slice(path.indexOf(at)), at].map(i => tree.nodes[drafts[i]!.node]!.path).reverse()
  const questions = circle.filter((path, i) => path !== circle[i - 1] || circle.length <= 2)
  throw new FormProblem(fault('xform.cycle', questions.join(' → '), { questions: [...new Set(questions)] }))
}
