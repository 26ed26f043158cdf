/**
 * A tree ensemble as a graph.
 *
 *   numbers ───────────────────────────────┐
 *   categories  LabelEncoder (→ its place) ─┴─ Concat → TreeEnsembleClassifier
 *
 * Blank and unknown answers become NaN, which each node sends to its learned side.
 */
import type { Node } from './graph.ts'
import type { Parts } from './linear.ts'
import type { Tree, TreeModel } from './models.ts'

export function treeParts(model: TreeModel): Parts {
  const nodes: Node[] = []
  const columns = model.inputs.map((input, i) => {
    if (input.kind === 'number') return input.name
    nodes.push({
      op: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      inputs: [input.name],
      outputs: [`#category${i}`],
      attributes: {
        keys_strings: { strings: ['', ...input.order] },
        values_floats: { floats: [Number.NaN, ...input.order.map((_, place) => place)] },
        default_float: { float: Number.NaN },
      },
    })
    return `#category${i}`
  })
  nodes.push(
    { op: 'Concat', domain: '', inputs: columns, outputs: ['#features'], attributes: { axis: { integer: 1 } } },
    ensembleNode(model),
  )
  return { nodes, constants: [] }
}

const leafTree = (value: number): Tree => ({
  feature: [-1],
  threshold: [0],
  left: [0],
  right: [0],
  missingLeft: [0],
  value: [value],
})

/**
 * One class id for two labels: the runtime then gives (1 - p, p) of the logit. But where no
 * leaf is negative it takes the sum for a probability and applies no logistic; a leaf of -1
 * against a base of +1 says that these are logits.
 */
function ensembleNode({ classes, base, trees: grown }: TreeModel): Node {
  const anyNegative = grown.some(({ feature, value }) => value.some((v, node) => feature[node]! < 0 && v < 0))
  const trees = anyNegative ? grown : [...grown, leafTree(-1)]
  const rows = trees.flatMap((tree, treeId) => tree.feature.map((feature, node) => ({ tree, treeId, feature, node })))
  const leaves = rows.filter(({ feature }) => feature < 0)
  const isBranch = ({ feature }: { readonly feature: number }) => feature >= 0
  return {
    op: 'TreeEnsembleClassifier',
    domain: 'ai.onnx.ml',
    inputs: ['#features'],
    outputs: ['label', 'probabilities'],
    attributes: {
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
      class_treeids: { integers: leaves.map(({ treeId }) => treeId) },
      class_nodeids: { integers: leaves.map(({ node }) => node) },
      class_ids: { integers: leaves.map(() => 0) },
      class_weights: { floats: leaves.map(({ tree, node }) => tree.value[node]!) },
      classlabels_strings: { strings: classes },
      base_values: { floats: [anyNegative ? base : base + 1] },
      post_transform: { string: 'LOGISTIC' },
    },
  }
}
