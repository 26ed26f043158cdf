/**
 * A program made ready to run: closures instead of expressions, lists as trees, the program's
 * numbers turned into look-ups. Made once a form, shared by all of its sessions.
 */
import { unwrap } from '@murram/ground'
import { compile, type Evaluate, type Tree } from '@murram/xpath'
import type { ActionSpec, NodeSpec, Program, Reader, StepSpec } from '../program.ts'
import { stepsInRow } from '../read/graph.ts'
import type { Lists } from './lists.ts'
import { documentOf, nodeTreeAccess, type XNode } from './node.ts'

export interface Runtime {
  readonly program: Program
  readonly lists: Lists
  readonly nodes: readonly NodeSpec[]
  readonly steps: readonly StepSpec[]
  readonly readers: readonly (readonly Reader[])[]
  readonly actions: readonly ActionSpec[]
  readonly tree: Tree<XNode>
  readonly evaluate: (expression: number) => Evaluate<XNode>
  /** Nodes from the root element down to the node, both included. */
  readonly chainOf: (node: number) => readonly number[]
  /** Innermost repeat at or around the node; -1 none. */
  readonly repeatOf: (node: number) => number
  readonly stepsOn: (node: number) => readonly number[]
  readonly byPath: ReadonlyMap<string, number>
}

export function createRuntime(program: Program, lists: Lists): Runtime {
  const { nodes, steps } = program
  const chains = nodes.map((_, node) => {
    const chain: number[] = []
    for (let at = node; at >= 0; at = nodes[at]!.parent) chain.unshift(at)
    return chain
  })
  const repeats = chains.map(chain => chain.findLast(node => nodes[node]!.repeat) ?? -1)
  const ends = new WeakMap<readonly string[], number>()
  /** Where the names lead from the root, -1 where a row is on the way. */
  const endOf = (names: readonly string[]): number => {
    const known = ends.get(names)
    if (known !== undefined) return known
    let at = nodes[0]?.name === names[0] ? 0 : -1
    for (const name of names.slice(1))
      at = at < 0 ? at : (nodes[at]!.children.find(child => nodes[child]!.name === name) ?? -1)
    const end = at >= 0 && repeats[at]! < 0 ? at : -1
    ends.set(names, end)
    return end
  }
  const counts = new WeakMap<readonly string[], Map<number, number>>()
  const takenBy = (names: readonly string[], node: number): number => {
    let byNode = counts.get(names)
    if (byNode === undefined) counts.set(names, (byNode = new Map()))
    let count = byNode.get(node)
    if (count === undefined) byNode.set(node, (count = stepsInRow(nodes, node, names)))
    return count
  }
  const rowOf = (context: XNode, names: readonly string[]) => {
    if (context.node < 0) return null
    const end = endOf(names)
    const fixed = end < 0 ? undefined : documentOf(context).fixed?.[end]
    if (fixed !== undefined) return { node: fixed, taken: names.length }
    if (repeats[context.node]! < 0) return null
    const taken = takenBy(names, context.node)
    if (taken === 0) return null
    const row = chains[context.node]![taken - 1]!
    let at: XNode | null = context
    while (at !== null && at.node !== row) at = at.parent
    return at === null ? null : { node: at, taken }
  }
  const tree = nodeTreeAccess(lists.instance, rowOf)
  const compiled: (Evaluate<XNode> | undefined)[] = []
  const stepsByNode = Map.groupBy(steps.keys(), i => steps[i]!.node)
  return {
    program,
    lists,
    nodes,
    steps,
    readers: program.readers,
    actions: program.actions,
    tree,
    evaluate: expression => (compiled[expression] ??= compileOne(program, expression, tree)),
    chainOf: node => chains[node]!,
    repeatOf: node => repeats[node]!,
    stepsOn: node => stepsByNode.get(node) ?? [],
    byPath: new Map(nodes.map((node, i) => [node.path, i])),
  }
}

/** What cannot be compiled was refused when the program was made. */
const compileOne = (program: Program, expression: number, tree: Tree<XNode>): Evaluate<XNode> => {
  const { tree: parsed, source } = program.expressions[expression]!
  return unwrap(compile(parsed, tree, source))
}
