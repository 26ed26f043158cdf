/** How a row enters the trees: numbers as they are, categories as their place, NaN for missing. */
import type { FeatureRow } from './answers.ts'
import type { Tree } from './model-format-1.ts'
import type { TreeModel2 } from './model-format-2.ts'

/** One list of features an output; outputs that order their categories alike share one. */
export function createTreeFeatures({ inputs, base }: TreeModel2): (row: FeatureRow) => readonly Float32Array[] {
  const ordersOf = (output: number) =>
    JSON.stringify(inputs.map(input => (input.kind === 'number' ? null : input.orders[output])))
  const kinds = base.map((_, output) => ordersOf(output))
  const distinct = [...new Set(kinds)]
  const readers = distinct.map(kind => {
    const output = kinds.indexOf(kind)
    const places = inputs.map(input =>
      input.kind === 'number' ? null : new Map(input.orders[output]!.map((value, place) => [value, place])),
    )
    return (row: FeatureRow): Float32Array =>
      Float32Array.from(inputs, ({ name }, i) => {
        const value = row[name]
        const known = places[i]
        if (known === null || known === undefined) return typeof value === 'number' ? value : Number.NaN
        return value === undefined || value === '' ? Number.NaN : (known.get(String(value)) ?? Number.NaN)
      })
  })
  return row => {
    const read = readers.map(reader => reader(row))
    return kinds.map(kind => read[distinct.indexOf(kind)]!)
  }
}

export const goesLeft = (tree: Tree, node: number, features: Float32Array): boolean => {
  const value = features[tree.feature[node]!]!
  return Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!
}

export function leafOf(tree: Tree, features: Float32Array): number {
  let node = 0
  while (tree.feature[node]! >= 0) node = goesLeft(tree, node, features) ? tree.left[node]! : tree.right[node]!
  return node
}
