/**
 * One instance tree for every record of a form: its nodes outside of repeats are made once and
 * reset, its rows are made as the record names them.
 *
 *   T1 after `reset`, nothing of the record before is left
 *   T2 a record cannot make it grow beyond `MAX_ROWS` rows
 *
 * Its access for XPath knows that a node outside of repeats is always the same one: an absolute
 * path to it is one look-up.
 */
import { unwrap } from '@murram/ground'
import { compileTyped, type Compiled, type Tree } from '@murram/xpath'
import type { InitialNode } from '../program.ts'
import { childrenNamed, createNode, type XNode } from '../run/node.ts'
import type { Runtime } from '../run/runtime.ts'

/** Of all repeats of one record together. */
export const MAX_ROWS = 20_000

export type Place = XNode | 'no such place' | 'too many rows'

export interface RecordTree {
  readonly root: XNode
  /** The form's runtime, with an access that knows this tree. */
  readonly runtime: Runtime
  /** Its expressions, in the form in which each is asked for. */
  readonly compiled: (expression: number) => Compiled<XNode>
  readonly reset: () => void
  /** The node of a ref; makes the rows that it names. `hang` must follow the last one. */
  readonly place: (ref: string) => Place
  /** Puts the rows that were made into the tree. */
  readonly hang: () => void
  readonly rowsOf: (host: XNode, repeat: number) => readonly XNode[]
  /** Exactly so many rows; gives those that are new. */
  readonly setRows: (host: XNode, repeat: number, count: number) => readonly XNode[]
  readonly instancesOf: (node: number, from?: XNode) => readonly XNode[]
}

const STEP = /^([^[\]]+)\[(\d{1,6})\]$/

export function createRecordTree(form: Runtime): RecordTree {
  const { nodes, program } = form
  const document = createNode(-1, '', null)
  /** Nodes outside of repeats: what they are and what they begin with. */
  const fixed: { readonly node: XNode; readonly value: string; readonly children: readonly XNode[] }[] = []
  const fixedByNode: XNode[] = []
  const fixedByRef = new Map<string, XNode>()
  const childByName = nodes.map(({ children }) => new Map(children.map(child => [nodes[child]!.name, child])))
  const root = grow(program.initial, document, true)
  document.children = [root]
  const only: readonly (readonly XNode[])[] = nodes.map((_, node) =>
    fixedByNode[node] === undefined ? [] : [fixedByNode[node]],
  )

  let made = 0
  let places = new Map<string, Place>()
  let fresh = new Map<XNode, Map<number, XNode[]>>()
  const { runtime, compiled } = ownRuntime(form, root, fixedByNode)

  /** A tree without rows: a record says how many there are. */
  function grow(initial: InitialNode, parent: XNode, isFixed: boolean): XNode {
    const spec = nodes[initial.node]!
    const node = createNode(initial.node, spec.name, parent, initial.value)
    const below = initial.children.filter(child => !nodes[child.node]!.repeat).map(child => grow(child, node, isFixed))
    node.attributes = below.filter(child => nodes[child.node]!.attribute)
    node.children = below.filter(child => !nodes[child.node]!.attribute)
    if (isFixed) {
      fixed.push({ node, value: initial.value, children: node.children })
      fixedByNode[initial.node] = node
      fixedByRef.set(spec.path, node)
    }
    return node
  }

  function reset(): void {
    for (const { node, value, children } of fixed) {
      node.value = value
      node.wanted = true
      node.relevant = true
      if (node.children !== children) {
        node.children = children
        node.byName = null
      }
    }
    made = 0
    if (places.size > 0) places = new Map()
    if (fresh.size > 0) fresh = new Map()
  }

  function place(ref: string): Place {
    const known = fixedByRef.get(ref)
    if (known !== undefined) return known
    const at = ref.indexOf('@')
    if (at >= 0) {
      const holder = place(ref.slice(0, at))
      if (typeof holder === 'string') return holder
      return holder.attributes.find(one => one.name === ref.slice(at + 1)) ?? 'no such place'
    }
    const cut = ref.lastIndexOf('/')
    const parent = cut < 0 ? root : placeOnce(ref.slice(0, cut))
    return typeof parent === 'string' ? parent : childOf(parent, ref.slice(cut + 1))
  }

  /** Groups and rows are asked for again and again. */
  function placeOnce(ref: string): Place {
    let found = places.get(ref)
    if (found === undefined) places.set(ref, (found = place(ref)))
    return found
  }

  function childOf(parent: XNode, part: string): Place {
    const step = part.endsWith(']') ? STEP.exec(part) : null
    const child = childByName[parent.node]!.get(step === null ? part : step[1]!)
    if (child === undefined || nodes[child]!.repeat !== (step !== null)) return 'no such place'
    return step === null
      ? (parent.children.find(one => one.node === child) ?? 'no such place')
      : rowAt(parent, child, Number(step[2]))
  }

  function rowAt(host: XNode, repeat: number, position: number): Place {
    const template = program.templates[repeat]
    if (position === 0 || template === undefined) return 'no such place'
    let byRepeat = fresh.get(host)
    if (byRepeat === undefined) fresh.set(host, (byRepeat = new Map()))
    let rows = byRepeat.get(repeat)
    if (rows === undefined) byRepeat.set(repeat, (rows = []))
    if (made + position - rows.length > MAX_ROWS) return 'too many rows'
    while (rows.length < position) {
      rows.push(grow(template, host, false))
      made++
    }
    return rows[position - 1]!
  }

  function hang(): void {
    for (const [host, byRepeat] of fresh) for (const [repeat, rows] of byRepeat) putRows(host, repeat, rows)
  }

  function putRows(host: XNode, repeat: number, rows: readonly XNode[]): void {
    const others = host.children.filter(child => child.node !== repeat)
    const order = nodes[host.node]!.children
    const before = new Set(order.slice(0, order.indexOf(repeat)))
    host.children = others.toSpliced(others.findLastIndex(child => before.has(child.node)) + 1, 0, ...rows)
    host.byName = null
  }

  const rowsOf = (host: XNode, repeat: number): readonly XNode[] => childrenNamed(host, nodes[repeat]!.name)

  function setRows(host: XNode, repeat: number, count: number): readonly XNode[] {
    const rows = rowsOf(host, repeat)
    const template = program.templates[repeat]
    const wanted = Math.min(Math.max(0, Math.trunc(count)), rows.length + Math.max(0, MAX_ROWS - made))
    if (wanted === rows.length || template === undefined) return []
    const added = Array.from({ length: Math.max(0, wanted - rows.length) }, () => grow(template, host, false))
    made += added.length
    putRows(host, repeat, [...rows.slice(0, wanted), ...added])
    for (const row of added) inherit(row)
    return added
  }

  function inherit(node: XNode): void {
    node.relevant = node.wanted && (node.parent?.relevant ?? true)
    for (const child of node.attributes) inherit(child)
    for (const child of node.children) inherit(child)
  }

  function instancesOf(node: number, from?: XNode): readonly XNode[] {
    const one = only[node]!
    if (one.length === 1) return one
    const chain = form.chainOf(node)
    const start = from === undefined ? chain.findIndex(at => nodes[at]!.repeat) : chain.indexOf(from.node) + 1
    let found: readonly XNode[] = [from ?? fixedByNode[nodes[chain[start]!]!.parent]!]
    for (let i = start; i < chain.length; i++) {
      const { attribute, name } = nodes[chain[i]!]!
      found = found.flatMap(at => (attribute ? at.attributes.filter(a => a.name === name) : childrenNamed(at, name)))
    }
    return found
  }

  return { root, runtime, compiled, reset, place, hang, rowsOf, setRows, instancesOf }
}

/** Absolute paths outside of repeats end where they begin: at the one node there is. */
function ownRuntime(
  form: Runtime,
  root: XNode,
  fixedByNode: readonly (XNode | undefined)[],
): Pick<RecordTree, 'runtime' | 'compiled'> {
  const { nodes, program } = form
  const whole = new Map<readonly string[], { readonly node: XNode; readonly taken: number } | null>()
  const resolve = (names: readonly string[]) => {
    let at = names[0] === root.name ? root.node : -1
    for (const name of names.slice(1))
      at = at < 0 ? -1 : (nodes[at]!.children.find(child => nodes[child]!.name === name) ?? -1)
    const node = at < 0 ? undefined : fixedByNode[at]
    return node === undefined ? null : { node, taken: names.length }
  }
  const tree: Tree<XNode> = {
    ...form.tree,
    fixedAt: names => resolve(names)?.node ?? null,
    rowOf: (context, names) => {
      let found = whole.get(names)
      if (found === undefined) whole.set(names, (found = resolve(names)))
      return found ?? form.tree.rowOf?.(context, names) ?? null
    },
  }
  const made: (Compiled<XNode> | undefined)[] = []
  const compiled = (expression: number): Compiled<XNode> => {
    const { tree: parsed, source } = program.expressions[expression]!
    return (made[expression] ??= unwrap(compileTyped(parsed, tree, source)))
  }
  return { runtime: { ...form, tree, evaluate: expression => compiled(expression).value }, compiled }
}
