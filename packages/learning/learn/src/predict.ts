/**
 * What a model says of each row of a table, in TypeScript. The graph on the device says the
 * same within 1e-5 (a property in `onnx-writer`).
 *
 * Each step is rounded as the graph rounds it; only the sums are wider here.
 */
import {
  sigmoid,
  type LinearInput,
  type LinearModel,
  type Model,
  type Tree,
  type TreeInput,
  type TreeModel,
} from './models.ts'
import type { TreeInput2, TreeModel2 } from './models-format-2.ts'
import { answered, type Column, type Table } from './table.ts'

/** The probability of the positive class, one a row. */
export function predict(model: Model, table: Table): Float64Array {
  return predictLogits(model, table).map(sigmoid)
}

export function predictLogits(model: Model, table: Table): Float64Array {
  return model.kind === 'linear' ? linearLogits(model, table) : treeLogits(model, table)
}

function columnOf(table: Table, input: LinearInput | TreeInput | TreeInput2): Column {
  const column = table.columns.find(({ name }) => name === input.name)
  if (column === undefined) throw new Error(`the table has no column ${input.name}`)
  if (column.kind !== input.kind) throw new Error(`column ${input.name} is a ${column.kind}, not a ${input.kind}`)
  return column
}

function linearLogits(model: LinearModel, table: Table): Float64Array {
  const logits = new Float64Array(table.rows).fill(model.intercept)
  for (const input of model.inputs) {
    const column = columnOf(table, input)
    if (input.kind === 'category' && column.kind === 'category') {
      const weights = new Map(input.values.map((value, i) => [value, input.weights[i]!]))
      for (let row = 0; row < table.rows; row++) {
        const value = answered(column.values[row])
        logits[row]! += value === null ? input.missing : (weights.get(value) ?? 0)
      }
    } else if (input.kind === 'number' && column.kind === 'number') {
      for (let row = 0; row < table.rows; row++) logits[row]! += standardise(input, column.values[row]!) * input.weight
    }
  }
  return logits
}

/** Impute, clip, centre, scale: each in float32, as the graph does. */
export function standardise(
  {
    mean,
    scale,
    low,
    high,
  }: { readonly mean: number; readonly scale: number; readonly low: number; readonly high: number },
  value: number,
): number {
  const known = Number.isNaN(value) ? mean : Math.min(high, Math.max(low, Math.fround(value)))
  return Math.fround(Math.fround(known - mean) * scale)
}

function treeLogits(model: TreeModel, table: Table): Float64Array {
  const features = model.inputs.map(input =>
    numeric(columnOf(table, input), input.kind === 'category' ? input.order : []),
  )
  return sumTrees(model.trees, features, new Float64Array(table.rows).fill(model.base))
}

/** By output: the logits, or the amounts, of each row. */
export function treeScores(model: TreeModel2, table: Table): Float64Array[] {
  const columns = model.inputs.map(input => columnOf(table, input))
  return model.trees.map((trees, output) => {
    const features = model.inputs.map((input, at) =>
      numeric(columns[at]!, input.kind === 'category' ? input.orders[output]! : []),
    )
    return sumTrees(trees, features, new Float64Array(table.rows).fill(model.base[output]!))
  })
}

function sumTrees(trees: readonly Tree[], features: readonly Float32Array[], sums: Float64Array): Float64Array {
  for (const tree of trees)
    for (let row = 0; row < sums.length; row++) sums[row]! += tree.value[leafOf(tree, features, row)]!
  return sums
}

function numeric(column: Column, order: readonly string[]): Float32Array {
  if (column.kind === 'number') return column.values
  const places = new Map(order.map((value, place) => [value, place]))
  return Float32Array.from(column.values, value => places.get(answered(value) ?? '') ?? Number.NaN)
}

function leafOf(tree: Tree, features: readonly Float32Array[], row: number): number {
  let node = 0
  for (let feature = tree.feature[0]!; feature >= 0; feature = tree.feature[node]!) {
    const value = features[feature]![row]!
    const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!
    node = goesLeft ? tree.left[node]! : tree.right[node]!
  }
  return node
}
