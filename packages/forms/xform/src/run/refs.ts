/** Refs: a node's path below the root, rows numbered from 1: `roster[2]/visit[1]/date`, `meta/entity@id`. */
import type { NodeSpec } from '../program.ts'
import { childrenNamed, placeOf, type XNode } from './node.ts'

export function refOf(node: XNode, nodes: readonly NodeSpec[]): string {
  if (node.parent === null || node.parent.parent === null) return ''
  const spec = nodes[node.node]!
  const above = refOf(node.parent, nodes)
  if (spec.attribute) return `${above}@${spec.name}`
  const own = spec.repeat ? `${spec.name}[${placeOf(node) + 1}]` : spec.name
  return above === '' ? own : `${above}/${own}`
}

export interface RefStep {
  readonly name: string
  readonly row: number | null
}

export interface ParsedRef {
  readonly steps: readonly RefStep[]
  readonly attribute: string | null
}

const STEP = /^([^[\]@/]+)(?:\[(\d{1,6})\])?$/

export function parseRef(ref: string): ParsedRef | null {
  const [path = '', attribute = null] = ref.split('@', 2)
  const steps: RefStep[] = []
  for (const part of path.split('/')) {
    const found = STEP.exec(part)
    if (found === null) return null
    steps.push({ name: found[1]!, row: found[2] === undefined ? null : Number(found[2]) })
  }
  return { steps, attribute }
}

/** `root` is the root element. A row must be named by its number, anything else must not. */
export function findRef(root: XNode, ref: string, nodes: readonly NodeSpec[]): XNode | undefined {
  const parsed = parseRef(ref)
  if (parsed === null) return undefined
  let at: XNode | undefined = root
  for (const { name, row } of parsed.steps) {
    const found: readonly XNode[] = childrenNamed(at, name)
    at = found[row === null ? 0 : row - 1]
    if (at === undefined || nodes[at.node]!.repeat !== (row !== null)) return undefined
  }
  return parsed.attribute === null ? at : at.attributes.find(one => one.name === parsed.attribute)
}

/** `roster[2]/visit` → the node that holds the rows, and the repeat's name. */
export function findRows(
  root: XNode,
  ref: string,
  nodes: readonly NodeSpec[],
): { readonly parent: XNode; readonly node: number } | undefined {
  const cut = ref.lastIndexOf('/')
  const parent = cut < 0 ? root : findRef(root, ref.slice(0, cut), nodes)
  if (parent === undefined) return undefined
  const name = ref.slice(cut + 1)
  const node = nodes[parent.node]!.children.find(child => nodes[child]!.name === name && nodes[child]!.repeat)
  return node === undefined ? undefined : { parent, node }
}
