/**
 * Trees of several outputs, up to their sums.
 *
 *   numbers ─────────────────────────────────────────┐
 *   categories  LabelEncoder (→ place), one an order ─┴─ Concat → TreeEnsembleRegressor → [N, outputs]
 *
 * A category whose outputs share one order is encoded once. The regressor and not the
 * classifier, because what follows the sums (ending.ts) is the same for every kind of model.
 */
import type { Node, Parts } from './graph.ts'
import type { TreeModel2 } from './models-format-2.ts'
import { ensembleAttributes, leafTree, placeEncoder } from './tree-ensemble.ts'

export function treeSums({ inputs, base, trees }: TreeModel2, output: string): Parts {
  const nodes: Node[] = []
  const columns: string[] = []
  // columnOf[input][output]: where the trees of an output find an input.
  const columnOf = inputs.map((input, i) => {
    if (input.kind === 'number') {
      columns.push(input.name)
      return base.map(() => columns.length - 1)
    }
    const known = new Map<string, number>()
    return base.map((_, k) => {
      const order = input.orders[k] ?? []
      const key = JSON.stringify(order)
      const found = known.get(key)
      if (found !== undefined) return found
      const name = `#category${i}_${k}`
      nodes.push(placeEncoder(input.name, name, order))
      columns.push(name)
      known.set(key, columns.length - 1)
      return columns.length - 1
    })
  })
  // An output to which no leaf speaks would lose its base as well.
  const all = trees.flatMap((grown, k) =>
    (grown.length > 0 ? grown : [leafTree(0)]).map(tree => ({
      target: k,
      tree: { ...tree, feature: tree.feature.map(feature => (feature < 0 ? -1 : columnOf[feature]![k]!)) },
    })),
  )
  const { branches, leaves } = ensembleAttributes(all.map(({ tree }) => tree))
  nodes.push(
    { op: 'Concat', domain: '', inputs: columns, outputs: ['#features'], attributes: { axis: { integer: 1 } } },
    {
      op: 'TreeEnsembleRegressor',
      makes: 'float',
      domain: 'ai.onnx.ml',
      inputs: ['#features'],
      outputs: [output],
      attributes: {
        ...branches,
        n_targets: { integer: base.length },
        target_treeids: { integers: leaves.map(({ treeId }) => treeId) },
        target_nodeids: { integers: leaves.map(({ node }) => node) },
        target_ids: { integers: leaves.map(({ treeId }) => all[treeId]!.target) },
        target_weights: { floats: leaves.map(({ value }) => value) },
        base_values: { floats: base },
        aggregate_function: { string: 'SUM' },
        post_transform: { string: 'NONE' },
      },
    },
  )
  return { nodes, constants: [] }
}
