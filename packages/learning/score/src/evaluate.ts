/**
 * What a model says of one row, in TypeScript: the second opinion to the graph. Each step
 * is rounded to float32 where the graph rounds it.
 */
import type { FeatureRow } from './feature-row.ts'
import type { LinearModel, LinearNumber, Model, Tree, TreeModel } from './model.ts'

/** The probability of the positive class. */
export const evaluate = (model: Model, row: FeatureRow): number => sigmoid(evaluateLogit(model, row))

export const evaluateLogit = (model: Model, row: FeatureRow): number =>
  model.kind === 'linear'
    ? linearTerms(model, row).reduce((sum, term) => sum + term, model.intercept)
    : treesLogit(model, treeFeatures(model, row))

const sigmoid = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit))

/** What each input adds to the intercept, in the order of the inputs. */
export const linearTerms = ({ inputs }: LinearModel, row: FeatureRow): number[] =>
  inputs.map(input => {
    const value = row[input.name]
    if (input.kind === 'number')
      return standardise(input, typeof value === 'number' ? value : Number.NaN) * input.weight
    if (value === undefined || value === '') return input.missing
    return input.weights[input.values.indexOf(String(value))] ?? 0
  })

function standardise({ mean, scale, low, high }: LinearNumber, value: number): number {
  const known = Number.isNaN(value) ? mean : Math.min(high, Math.max(low, Math.fround(value)))
  return Math.fround(Math.fround(known - mean) * scale)
}

/** Numbers as they are, categories as their place; `NaN` is missing or never seen. */
export const treeFeatures = ({ inputs }: TreeModel, row: FeatureRow): Float32Array =>
  Float32Array.from(inputs, input => {
    const value = row[input.name]
    if (input.kind === 'number') return typeof value === 'number' ? value : Number.NaN
    const place = input.order.indexOf(String(value ?? ''))
    return value === '' || place < 0 ? Number.NaN : place
  })

export const goesLeft = (tree: Tree, node: number, features: Float32Array): boolean => {
  const value = features[tree.feature[node]!]!
  return Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!
}

const treesLogit = ({ base, trees }: TreeModel, features: Float32Array): number =>
  trees.reduce((sum, tree) => {
    let node = 0
    while (tree.feature[node]! >= 0) node = goesLeft(tree, node, features) ? tree.left[node]! : tree.right[node]!
    return sum + tree.value[node]!
  }, base)
