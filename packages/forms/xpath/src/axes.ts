/**
 * The thirteen axes of XPath 1.0 (§2.2) over a tree of elements and attributes.
 *
 * The data of a form has no comments, processing instructions or namespace nodes: those tests
 * and the `namespace` axis find nothing. Its text is the value of its elements without
 * children, so `name/text()` is the element itself where it has text.
 */
import type { Axis, Step } from './expression.ts'
import type { Tree } from './value.ts'

/** Nearest first, as `position()` counts on these axes. */
export const REVERSE: ReadonlySet<Axis> = new Set<Axis>([
  'ancestor',
  'ancestor-or-self',
  'preceding',
  'preceding-sibling',
])

/** From one node at most to one. */
export const SINGLE: ReadonlySet<Axis> = new Set<Axis>(['self', 'parent'])

export const isAnyName = (name: string): boolean => name === '*' || name === 'node()'
const NOTHING: readonly never[] = []

/** Kinds of node that the data of a form does not have. */
export const isAbsentKind = ({ axis, name }: Pick<Step, 'axis' | 'name'>): boolean =>
  axis === 'namespace' || name === 'comment()' || name === 'processing-instruction()'

/** Whether a node is what the step's node test asks for. */
export function nodeTest<N>({ axis, name }: Pick<Step, 'axis' | 'name'>, tree: Tree<N>): (node: N) => boolean {
  if (isAbsentKind({ axis, name })) return () => false
  if (name === 'text()') return node => tree.children(node).length === 0 && tree.text(node) !== ''
  // The document above the root element is a node, but no element.
  if (name === '*') return axis === 'attribute' ? () => true : node => tree.parent(node) !== null
  return name === 'node()' ? () => true : node => tree.name(node) === name
}

/** What the axis finds from one node, in the order of the axis. */
export function alongAxis<N>(step: Pick<Step, 'axis' | 'name'>, tree: Tree<N>): (from: N) => readonly N[] {
  const { axis, name } = step
  if (isAbsentKind(step)) return () => NOTHING
  if (axis === 'child' && name !== 'text()')
    return isAnyName(name) ? tree.children : from => tree.childrenNamed(from, name)
  const fits = nodeTest(step, tree)
  if (axis === 'self') return from => (fits(from) ? [from] : NOTHING)
  if (axis === 'parent')
    return from => {
      const parent = tree.parent(from)
      return parent !== null && fits(parent) ? [parent] : NOTHING
    }
  const all = everyOf(axis, tree)
  return name === 'node()' ? all : from => all(from).filter(fits)
}

function everyOf<N>(axis: Axis, tree: Tree<N>): (from: N) => readonly N[] {
  switch (axis) {
    case 'attribute':
      return tree.attributes
    case 'ancestor':
      return from => ancestors(from, tree)
    case 'ancestor-or-self':
      return from => [from, ...ancestors(from, tree)]
    case 'descendant':
      return from => descendants(from, tree, [])
    case 'descendant-or-self':
      return from => descendants(from, tree, [from])
    case 'following-sibling':
      return from => siblings(from, tree).after
    case 'preceding-sibling':
      return from => siblings(from, tree).before.toReversed()
    case 'following':
      return from => following(from, tree)
    case 'preceding':
      return from => preceding(from, tree)
    default:
      return from => tree.children(from)
  }
}

export function ancestors<N>(node: N, tree: Tree<N>): N[] {
  const found: N[] = []
  for (let at = tree.parent(node); at !== null; at = tree.parent(at)) found.push(at)
  return found
}

function descendants<N>(node: N, tree: Tree<N>, into: N[]): N[] {
  const left = [...tree.children(node)].reverse()
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    into.push(at)
    const children = tree.children(at)
    for (let i = children.length - 1; i >= 0; i--) left.push(children[i]!)
  }
  return into
}

function siblings<N>(node: N, tree: Tree<N>): { readonly before: readonly N[]; readonly after: readonly N[] } {
  const parent = tree.parent(node)
  const all = parent === null ? NOTHING : tree.children(parent)
  const at = all.indexOf(node)
  // An attribute has no siblings.
  return at < 0 ? { before: NOTHING, after: NOTHING } : { before: all.slice(0, at), after: all.slice(at + 1) }
}

function following<N>(from: N, tree: Tree<N>): readonly N[] {
  const found: N[] = []
  const parent = tree.parent(from)
  if (parent !== null && tree.attributes(parent).includes(from)) descendants(parent, tree, found)
  for (let at: N | null = from; at !== null; at = tree.parent(at))
    for (const sibling of siblings(at, tree).after) descendants(sibling, tree, (found.push(sibling), found))
  return found
}

function preceding<N>(from: N, tree: Tree<N>): readonly N[] {
  const found: N[] = []
  for (let at: N | null = from; at !== null; at = tree.parent(at))
    for (const sibling of siblings(at, tree).before.toReversed())
      found.push(...descendants(sibling, tree, [sibling]).reverse())
  return found
}
