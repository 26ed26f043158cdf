/**
 * Nodes in memory, of the instance and of lists alike: one shape, so that expressions run
 * over both, and plain data, so that a change is a record that can be taken back.
 */
import type { Tree } from '@murram/xpath'

export interface XNode {
  /** Index in `program.nodes`; -1 outside the instance. */
  readonly node: number
  readonly name: string
  parent: XNode | null
  /** Replaced, never changed in place: an older array is what a journal restores. */
  children: readonly XNode[]
  attributes: readonly XNode[]
  value: string
  /** Its own condition, and that with what it inherits. */
  wanted: boolean
  relevant: boolean
  required: boolean
  readOnly: boolean
  /** What its constraint says; only violated where there is an answer. */
  valid: boolean
  /** Items that its filter offers; `null` where nothing filters. */
  offered: readonly XNode[] | null
  /** Caches of `children`; whoever replaces them clears these. */
  byName: Map<string, readonly XNode[]> | null
  index: Map<string, Map<string, readonly XNode[]>> | null
}

export const createNode = (node: number, name: string, parent: XNode | null, value = ''): XNode => ({
  node,
  name,
  parent,
  children: [],
  attributes: [],
  value,
  wanted: true,
  relevant: true,
  required: false,
  readOnly: false,
  valid: true,
  offered: null,
  byName: null,
  index: null,
})

const NONE: readonly XNode[] = []
const FEW = 8

export function childrenNamed(node: XNode, name: string): readonly XNode[] {
  const { children } = node
  if (children.length <= FEW) {
    const found = children.filter(child => child.name === name)
    return found
  }
  node.byName ??= Map.groupBy(children, child => child.name)
  return node.byName.get(name) ?? NONE
}

/** Rows by the text of one of their children; made once, for lists do not change. */
function lookUp(node: XNode, name: string, key: string, value: string): readonly XNode[] | null {
  if (node.node >= 0) return null
  node.index ??= new Map()
  const column = `${name}\n${key}`
  let rows = node.index.get(column)
  if (rows === undefined) {
    const made = new Map<string, XNode[]>()
    for (const row of childrenNamed(node, name))
      for (const text of new Set(childrenNamed(row, key).map(cell => cell.value))) {
        const same = made.get(text)
        if (same === undefined) made.set(text, [row])
        else same.push(row)
      }
    node.index.set(column, (rows = made))
  }
  return rows.get(value) ?? NONE
}

export function documentOf(node: XNode): XNode {
  let at = node
  while (at.parent !== null) at = at.parent
  return at
}

export const nodeTreeAccess = (
  instance: (id: string) => XNode | null,
  rowOf: NonNullable<Tree<XNode>['rowOf']>,
): Tree<XNode> => ({
  parent: node => node.parent,
  children: node => node.children,
  childrenNamed,
  attributes: node => node.attributes,
  name: node => node.name,
  text: node => (node.relevant ? node.value : ''),
  held: node => node.value,
  documentOf,
  instance,
  lookUp,
  rowOf,
})

export const leavesOf = function* (node: XNode): Generator<XNode> {
  if (node.children.length === 0 && node.parent !== null) yield node
  yield* node.attributes
  for (const child of node.children) yield* leavesOf(child)
}
