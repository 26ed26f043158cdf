/**
 * A tree ensemble as a graph.
 *
 *   numbers ───────────────────────────────┐
 *   categories  LabelEncoder (→ its place) ─┴─ Concat → TreeEnsembleClassifier
 *
 * Blank and unknown answers become NaN, which each node sends to its learned side.
 */
import type { Attribute, Node, Parts } from './graph.ts'
import type { Tree, TreeModel } from './models.ts'

export function treeParts(model: TreeModel): Parts {
  const nodes: Node[] = []
  const columns = model.inputs.map((input, i) => {
    if (input.kind === 'number') return input.name
    nodes.push(placeEncoder(input.name, `#category${i}`, input.order))
    return `#category${i}`
  })
  nodes.push(
    { op: 'Concat', domain: '', inputs: columns, outputs: ['#features'], attributes: { axis: { integer: 1 } } },
    ensembleNode(model),
  )
  return { nodes, constants: [] }
}

/** A category as its place in `order`; NaN for a blank answer and for one that is not listed. */
export const placeEncoder = (input: string, output: string, order: readonly string[]): Node => ({
  op: 'LabelEncoder',
  domain: 'ai.onnx.ml',
  inputs: [input],
  outputs: [output],
  makes: 'float',
  attributes: {
    keys_strings: { strings: ['', ...order] },
    values_floats: { floats: [Number.NaN, ...order.map((_, place) => place)] },
    default_float: { float: Number.NaN },
  },
})

export const leafTree = (value: number): Tree => ({
  feature: [-1],
  threshold: [0],
  left: [0],
  right: [0],
  missingLeft: [0],
  value: [value],
})

/** The branches of all trees, and where their leaves are: what both tree operators ask for. */
export function ensembleAttributes(trees: readonly Tree[]): {
  readonly branches: Readonly<Record<string, Attribute>>
  readonly leaves: readonly { readonly treeId: number; readonly node: number; readonly value: number }[]
} {
  const rows = trees.flatMap((tree, treeId) => tree.feature.map((feature, node) => ({ tree, treeId, feature, node })))
  const isBranch = ({ feature }: { readonly feature: number }) => feature >= 0
  return {
    branches: {
      nodes_treeids: { integers: rows.map(({ treeId }) => treeId) },
      nodes_nodeids: { integers: rows.map(({ node }) => node) },
      nodes_featureids: { integers: rows.map(row => (isBranch(row) ? row.feature : 0)) },
      nodes_modes: { strings: rows.map(row => (isBranch(row) ? 'BRANCH_LEQ' : 'LEAF')) },
      nodes_values: { floats: rows.map(row => (isBranch(row) ? row.tree.threshold[row.node]! : 0)) },
      nodes_truenodeids: { integers: rows.map(row => (isBranch(row) ? row.tree.left[row.node]! : 0)) },
      nodes_falsenodeids: { integers: rows.map(row => (isBranch(row) ? row.tree.right[row.node]! : 0)) },
      nodes_missing_value_tracks_true: {
        integers: rows.map(row => (isBranch(row) ? row.tree.missingLeft[row.node]! : 0)),
      },
    },
    leaves: rows
      .filter(row => !isBranch(row))
      .map(({ tree, treeId, node }) => ({ treeId, node, value: tree.value[node]! })),
  }
}

/**
 * One class id for two labels: the runtime then gives (1 - p, p) of the logit. But where no
 * leaf is negative it takes the sum for a probability and applies no logistic; a leaf of -1
 * against a base of +1 says that these are logits.
 */
function ensembleNode({ classes, base, trees: grown }: TreeModel): Node {
  const anyNegative = grown.some(({ feature, value }) => value.some((v, node) => feature[node]! < 0 && v < 0))
  const { branches, leaves } = ensembleAttributes(anyNegative ? grown : [...grown, leafTree(-1)])
  return {
    op: 'TreeEnsembleClassifier',
    domain: 'ai.onnx.ml',
    inputs: ['#features'],
    outputs: ['label', 'probabilities'],
    attributes: {
      ...branches,
      class_treeids: { integers: leaves.map(({ treeId }) => treeId) },
      class_nodeids: { integers: leaves.map(({ node }) => node) },
      class_ids: { integers: leaves.map(() => 0) },
      class_weights: { floats: leaves.map(({ value }) => value) },
      classlabels_strings: { strings: classes },
      base_values: { floats: [anyNegative ? base : base + 1] },
      post_transform: { string: 'LOGISTIC' },
    },
  }
}
