/**
 * The primary instance → the form's nodes, its initial tree and the template of each repeat.
 * Rows of one repeat are one node; which elements are repeats only the body knows.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { InitialNode } from '../program.ts'
import { attribute, childNamed, childrenNamed, elementsOf, NS, textOf, type XmlElement } from './xml.ts'

/** A node while it is being read; `NodeSpec` is what binds and controls make of it. */
export interface NodeDraft {
  readonly name: string
  readonly tag: string
  readonly parent: number
  readonly attribute: boolean
  readonly repeat: boolean
  readonly path: string
  /** An attribute that nothing in the form sets: written out as it came, no answer. */
  readonly constant?: true
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

/**
 * @param repeatPaths Which elements are rows.
 * @param written Paths that binds or actions name: attributes among them hold answers.
 */
export function readNodes(
  root: XmlElement,
  repeatPaths: ReadonlySet<string>,
  written: ReadonlySet<string>,
  warn: (text: string) => void,
): ReadNodes {
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
    const attributes = attributesOf(element, path, written, parent < 0).map(({ name, tag, value, constant }) => {
      const child = nodeAt(
        `${path}/@${name}`,
        () => ({ name, tag, parent: node, attribute: true, repeat: false, ...(constant ? { constant } : {}) }),
        `${below}@${name}`,
      )
      return { node: child, value, children: [] }
    })
    const children: InitialNode[] = []
    for (const child of elementsOf(element)) {
      const made = visit(child, node, path, prefix + child.local)
      const isTemplate = attribute(child, 'template', NS.jr) !== undefined
      const isRow = nodes[made.node]!.repeat
      if (isRow && (isTemplate || templates[made.node] === undefined)) templates[made.node] = made
      if (isRow) {
        if (!isTemplate) children.push(made)
        continue
      }
      const twin = children.findIndex(one => one.node === made.node)
      if (twin < 0) children.push(made)
      else {
        warn(`line ${child.line}: ${path}/${child.local} stands there twice and is read as one`)
        children[twin] = merged(children[twin]!, made)
      }
    }
    const value = elementsOf(element).length === 0 ? textOf(element).trim() : ''
    return { node, value, children: [...attributes, ...children] }
  }

  const initial = visit(root, -1, '', '')
  return { nodes, initial, templates, byPath }
}

const merged = (first: InitialNode, second: InitialNode): InitialNode => ({
  ...first,
  value: first.value === '' ? second.value : first.value,
  children: [
    ...first.children,
    ...second.children.filter(one => !first.children.some(({ node }) => node === one.node)),
  ],
})

interface ReadAttribute {
  readonly name: string
  readonly tag: string
  readonly value: string
  readonly constant: true | undefined
}

/** The root's own stand in `rootAttributes`, unless the form sets them. */
function attributesOf(
  element: XmlElement,
  path: string,
  written: ReadonlySet<string>,
  isRoot: boolean,
): readonly ReadAttribute[] {
  const isEntity = element.local === 'entity' && path.endsWith('/meta/entity')
  const named = element.attributes.filter(
    ({ tag, local, uri }) => tag !== 'xmlns' && !tag.startsWith('xmlns:') && !(uri === NS.jr && local === 'template'),
  )
  const found = named.map(({ local, tag, value }): ReadAttribute => {
    const isSet = written.has(`${path}/@${local}`) || (isEntity && ENTITY_ATTRIBUTES.includes(local))
    return { name: local, tag, value, constant: isSet ? undefined : true }
  })
  const undeclared = isEntity ? ENTITY_ATTRIBUTES.filter(name => !named.some(one => one.local === name)) : []
  const all = [...found, ...undeclared.map(name => ({ name, tag: name, value: '', constant: undefined }))]
  return isRoot ? all.filter(one => one.constant === undefined) : all
}

export interface Skeleton {
  readonly title: string
  /** One, as a rule; what several say is read as if one said it. */
  readonly models: readonly XmlElement[]
  readonly body: XmlElement
  /** The primary `<instance>`. */
  readonly primary: XmlElement
  readonly root: XmlElement
}

export function findSkeleton(html: XmlElement): Result<Skeleton, FaultOf<'form.invalid'>> {
  const missing = (what: string): Result<Skeleton, FaultOf<'form.invalid'>> =>
    err(fault('form.invalid', `the XForm has no ${what}`))
  const head = childNamed(html, 'head')
  if (head === undefined) return missing('head')
  const body = childNamed(html, 'body')
  if (body === undefined) return missing('body')
  const models = childrenNamed(head, 'model')
  if (models.length === 0) return missing('model')
  const primary = models
    .flatMap(model => childrenNamed(model, 'instance'))
    .find(instance => attribute(instance, 'src') === undefined && elementsOf(instance).length > 0)
  const root = primary === undefined ? undefined : elementsOf(primary)[0]
  if (primary === undefined || root === undefined) return missing('primary instance')
  const title = childNamed(head, 'title')
  return ok({ title: title === undefined ? '' : textOf(title).trim(), models, body, primary, root })
}
