/**
 * Gradient boosting on log-loss, one tree a step, so that several folds can be advanced side
 * by side and stopped together.
 *
 * Bins and category orders are learned on `rows` alone; `logits` covers every row of the
 * table, so a fold's held rows are scored as they will be on the device.
 */
import { binTable, MISSING, type BinnedFeature } from './bins.ts'
import { growTree, type GrownTree, type GrowOptions } from './grow-tree.ts'
import type { Histogram } from './histogram.ts'
import { sigmoid, type Tree, type TreeModel } from './models.ts'
import type { Random } from './random.ts'
import type { Labels, Table } from './table.ts'

export interface BoosterOptions extends GrowOptions {
  /** Share of the features that each tree may ask. */
  readonly featureShare: number
}

export interface Booster {
  /** Of every row of the table. */
  readonly logits: Float64Array
  step(): void
  /** The model after `rounds` steps. */
  model(rounds: number): TreeModel
}

export function createBooster(
  table: Table,
  labels: Labels,
  rows: Int32Array,
  options: BoosterOptions,
  random: Random,
): Booster {
  const features = binTable(table, labels, rows)
  let positives = 0
  for (const row of rows) positives += labels.codes[row]!
  const base = Math.fround(Math.log((positives + 0.5) / (rows.length - positives + 0.5)))

  const logits = new Float64Array(table.rows).fill(base)
  const gradients = new Float64Array(table.rows)
  const hessians = new Float64Array(table.rows)
  const free: Histogram[] = []
  const trees: Tree[] = []
  return {
    logits,
    step() {
      for (const row of rows) {
        const p = sigmoid(logits[row]!)
        gradients[row] = p - labels.codes[row]!
        hessians[row] = p * (1 - p)
      }
      const used = sampleFeatures(features.length, options.featureShare, random)
      const grown = growTree({ features, used, rows: rows.slice(), gradients, hessians, free }, options)
      addTree(grown, features, logits)
      trees.push(grown.tree)
    },
    model: rounds => ({
      format: 1,
      kind: 'trees',
      classes: [...labels.classes],
      inputs: features.map(({ input }) => input),
      base,
      trees: trees.slice(0, rounds),
    }),
  }
}

/** In the order of the columns: the draw decides which, not the order of the loops. */
function sampleFeatures(count: number, share: number, random: Random): number[] {
  const wanted = Math.max(1, Math.round(count * share))
  const sample: number[] = []
  for (let feature = 0; feature < count; feature++)
    if (random() * (count - feature) < wanted - sample.length) sample.push(feature)
  return sample
}

function addTree({ tree, bin }: GrownTree, features: readonly BinnedFeature[], logits: Float64Array): void {
  const codes = tree.feature.map(feature => (feature < 0 ? null : features[feature]!.codes))
  for (let row = 0; row < logits.length; row++) {
    let node = 0
    for (let column = codes[0]!; column !== null; column = codes[node]!) {
      const code = column[row]!
      const goesLeft = code === MISSING ? tree.missingLeft[node] === 1 : code <= bin[node]!
      node = goesLeft ? tree.left[node]! : tree.right[node]!
    }
    logits[row]! += tree.value[node]!
  }
}
