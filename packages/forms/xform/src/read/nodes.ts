/**
 * The primary instance → the form's nodes, its initial tree and the template of each repeat.
 * Rows of one repeat are one node; which elements are repeats only the body knows.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { InitialNode } from '../program.ts'
import { attribute, childNamed, elementsOf, NS, textOf, type XmlElement } from './xml.ts'

/** A node while it is being read; `NodeSpec` is what binds and controls make of it. */
export interface NodeDraft {
  readonly name: string
  readonly tag: string
  readonly parent: number
  readonly attribute: boolean
  readonly repeat: boolean
  readonly path: string
  readonly children: number[]
  readonly attributes: number[]
}

export interface ReadNodes {
  readonly nodes: readonly NodeDraft[]
  readonly initial: InitialNode
  readonly templates: Readonly<Record<string, InitialNode>>
  /** By absolute path with the root: `/data/roster/age`, `/data/meta/entity/@id`. */
  readonly byPath: ReadonlyMap<string, number>
}

/** Attributes of an entity that a session may set, declared or not. */
const ENTITY_ATTRIBUTES = ['dataset', 'id', 'create', 'update', 'baseVersion', 'trunkVersion', 'branchId']

export function readNodes(root: XmlElement, repeatPaths: ReadonlySet<string>, bound: ReadonlySet<string>): ReadNodes {
  const nodes: NodeDraft[] = []
  const byPath = new Map<string, number>()
  const templates: Record<string, InitialNode> = {}

  const nodeAt = (
    path: string,
    make: () => Omit<NodeDraft, 'path' | 'children' | 'attributes'>,
    below: string,
  ): number => {
    const known = byPath.get(path)
    if (known !== undefined) return known
    const draft = make()
    const node = nodes.push({ ...draft, path: below, children: [], attributes: [] }) - 1
    byPath.set(path, node)
    const parent = nodes[draft.parent]
    if (parent !== undefined) (draft.attribute ? parent.attributes : parent.children).push(node)
    return node
  }

  function visit(element: XmlElement, parent: number, parentPath: string, below: string): InitialNode {
    const path = `${parentPath}/${element.local}`
    const make = () => ({
      name: element.local,
      tag: element.tag,
      parent,
      attribute: false,
      repeat: repeatPaths.has(path),
    })
    const node = nodeAt(path, make, below)
    const prefix = below === '' ? '' : `${below}/`
    const attributes = attributesOf(element, path, bound).map(([name, value]) => {
      const child = nodeAt(
        `${path}/@${name}`,
        () => ({ name, tag: name, parent: node, attribute: true, repeat: false }),
        `${below}@${name}`,
      )
      return { node: child, value, children: [] }
    })
    const children: InitialNode[] = []
    for (const child of elementsOf(element)) {
      const made = visit(child, node, path, prefix + child.local)
      const isTemplate = attribute(child, 'template', NS.jr) !== undefined
      if (nodes[made.node]!.repeat && (isTemplate || templates[made.node] === undefined)) templates[made.node] = made
      if (!isTemplate) children.push(made)
    }
    const value = elementsOf(element).length === 0 ? textOf(element).trim() : ''
    return { node, value, children: [...attributes, ...children] }
  }

  const initial = visit(root, -1, '', '')
  return { nodes, initial, templates, byPath }
}

/** Attributes are nodes only where a bind or the entity makes something of them. */
function attributesOf(element: XmlElement, path: string, bound: ReadonlySet<string>): readonly [string, string][] {
  const isEntity = element.local === 'entity' && path.endsWith('/meta/entity')
  const names = new Set(isEntity ? ENTITY_ATTRIBUTES : [])
  for (const one of element.attributes) if (bound.has(`${path}/@${one.local}`)) names.add(one.local)
  return [...names].map(name => [name, attribute(element, name) ?? ''])
}

export interface Skeleton {
  readonly title: string
  readonly model: XmlElement
  readonly body: XmlElement
  readonly root: XmlElement
}

export function findSkeleton(html: XmlElement): Result<Skeleton, FaultOf<'form.invalid'>> {
  const head = childNamed(html, 'head')
  const body = childNamed(html, 'body')
  const model = head === undefined ? undefined : childNamed(head, 'model')
  const instance = model === undefined ? undefined : childNamed(model, 'instance')
  const root = instance === undefined ? undefined : elementsOf(instance)[0]
  if (head === undefined || body === undefined || model === undefined || root === undefined) {
    const missing =
      head === undefined ? 'head' : body === undefined ? 'body' : model === undefined ? 'model' : 'primary instance'
    return err(fault('form.invalid', `the XForm has no ${missing}`))
  }
  return ok({ title: textOf(childNamed(head, 'title') ?? root).trim(), model, body, root })
}
