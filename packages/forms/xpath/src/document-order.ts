/** Sets of nodes in the order of the document, each node once (XPath 1.0 §5). */
import { ancestors } from './axes.ts'
import type { Tree } from './value.ts'

/** Where a node stands: for each step down from the top, its place there. Attributes come before children. */
function placeOf<N>(node: N, tree: Tree<N>, places: Map<N, Map<N, number>>): readonly number[] {
  const chain = [node, ...ancestors(node, tree)].reverse()
  return chain.slice(1).map((below, i) => {
    const above = chain[i]!
    let known = places.get(above)
    if (known === undefined) {
      const attributes = tree.attributes(above)
      known = new Map([
        ...attributes.map((attribute, j) => [attribute, j - attributes.length] as const),
        ...tree.children(above).map((child, j) => [child, j] as const),
      ])
      places.set(above, known)
    }
    return known.get(below) ?? 0
  })
}

const comparePlaces = (a: readonly number[], b: readonly number[]): number => {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** Nodes of different trees (two lists) keep the order in which they were found. */
export function inDocumentOrder<N>(nodes: readonly N[], tree: Tree<N>): readonly N[] {
  if (nodes.length < 2) return nodes
  const each = [...new Set(nodes)]
  if (each.length < 2) return each
  const trees = new Map<N, number>()
  const places = new Map<N, Map<N, number>>()
  return each
    .map(node => {
      const top = tree.documentOf(node)
      if (!trees.has(top)) trees.set(top, trees.size)
      return { node, top: trees.get(top)!, place: placeOf(node, tree, places) }
    })
    .sort((a, b) => a.top - b.top || comparePlaces(a.place, b.place))
    .map(({ node }) => node)
}
