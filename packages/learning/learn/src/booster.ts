/**
 * Gradient boosting, one round a step (a tree an output), so that several folds can be
 * advanced side by side and stopped together.
 *
 * The order of categories is learned on `rows` alone; `scores` covers every row of the table,
 * so a fold's held rows are scored as they will be on the device.
 */
import type { Allocate, BinnedFeature } from './bins.ts'
import { growTree, slotsFor, type GrownTree, type GrowOptions } from './grow-tree.ts'
import { grainOf, type Grain } from './histogram.ts'
import type { Ground, LeafCrew } from './leaf-crew.ts'
import type { Tree } from './models.ts'
import type { Objective } from './objective.ts'
import type { Random } from './random.ts'

export interface BoosterOptions extends GrowOptions {
  /** Share of the features that each tree may ask. */
  readonly featureShare: number
}

export interface BoosterInput {
  /** By output. */
  readonly features: readonly (readonly BinnedFeature[])[]
  readonly objective: Objective
  readonly weights: Float64Array | null
  /** Ascending. */
  readonly rows: Int32Array
  /** Where rows and gradients lie: threads ask for memory that they share. */
  readonly allocate: Allocate
  /** Who sums and searches. */
  readonly crewOf: (ground: Ground, slots: number, options: GrowOptions) => LeafCrew
}

export interface Booster {
  readonly base: readonly number[]
  /** Of every row of the table, by output. */
  readonly scores: readonly Float64Array[]
  step(): void
  /** By output, in the order of the rounds. */
  readonly trees: readonly (readonly Tree[])[]
}

export function createBooster(input: BoosterInput, options: BoosterOptions, random: Random): Booster {
  const { features, objective, weights, rows } = input
  const tableRows = features[0]![0]!.codes.length
  const base = objective.base(rows)
  const scores = base.map(value => new Float64Array(tableRows).fill(value))
  const gradients = base.map(() => new Float64Array(2 * tableRows))
  const others = rowsBeside(rows, tableRows)
  const spare = new Int32Array(rows.length)
  const crews = features.map(ofOutput => {
    const ground: Ground = {
      features: ofOutput,
      rows: new Int32Array(input.allocate(4 * rows.length)),
      pairs: new Float64Array(input.allocate(16 * tableRows)),
    }
    return { ground, crew: input.crewOf(ground, slotsFor(options), options) }
  })
  const trees: Tree[][] = base.map(() => [])
  const asking = features[0]!.flatMap(({ thresholds, codes, missing }, feature) =>
    thresholds.length > 0 || codes.includes(missing) ? [feature] : [],
  )

  return {
    base,
    scores,
    trees,
    step() {
      objective.gradients(scores, rows, gradients)
      for (const [output, { ground, crew }] of crews.entries()) {
        const { grain, total } = packPairs(gradients[output]!, weights, rows, ground.pairs)
        ground.rows.set(rows)
        crew.begin({ named: sampleFeatures(asking, options.featureShare, random), unit: grain.unit })
        const grown = growTree(ground, spare, total, crew, options)
        addTree(grown, ground, others, scores[output]!)
        trees[output]!.push(grown.tree)
      }
    },
  }
}

function rowsBeside(rows: Int32Array, count: number): Int32Array {
  const isIn = new Uint8Array(count)
  for (const row of rows) isIn[row] = 1
  const others = new Int32Array(count - rows.length)
  let at = 0
  for (let row = 0; row < count; row++) if (isIn[row] === 0) others[at++] = row
  return others
}

/** Weighs, rounds to the grain of this round, and packs (see histogram.ts). */
function packPairs(gradients: Float64Array, weights: Float64Array | null, rows: Int32Array, pairs: Float64Array) {
  let mostGradient = 0
  let mostHessian = 0
  for (let i = 0; i < rows.length; i++) {
    const at = 2 * rows[i]!
    if (weights !== null) {
      gradients[at]! *= weights[rows[i]!]!
      gradients[at + 1]! *= weights[rows[i]!]!
    }
    const g = gradients[at]!
    if (g > mostGradient) mostGradient = g
    else if (-g > mostGradient) mostGradient = -g
    if (gradients[at + 1]! > mostHessian) mostHessian = gradients[at + 1]!
  }
  const grain: Grain = grainOf(rows.length, mostGradient, mostHessian)
  const { unit, gradientMagic, hessianMagic } = grain
  let gradient = 0
  let hessian = 0
  for (let i = 0; i < rows.length; i++) {
    const at = 2 * rows[i]!
    const g = gradients[at]! + gradientMagic - gradientMagic
    const h = gradients[at + 1]! + hessianMagic - hessianMagic
    pairs[at] = g
    pairs[at + 1] = unit + h
    gradient += g
    hessian += h
  }
  return { grain, total: { gradient, hessian, rows: rows.length } }
}

/** In the order of the columns: the draw decides which, not the order of the loops. */
function sampleFeatures(asking: readonly number[], share: number, random: Random): Int32Array {
  const wanted = Math.min(asking.length, Math.max(1, Math.round(asking.length * share)))
  const sample: number[] = []
  for (const [at, feature] of asking.entries())
    if (random() * (asking.length - at) < wanted - sample.length) sample.push(feature)
  return Int32Array.from(sample)
}

/** Rows that grew the tree lie leaf by leaf already; the others walk. */
function addTree(
  { tree, bin, runs }: GrownTree,
  { features, rows }: Ground,
  others: Int32Array,
  scores: Float64Array,
): void {
  for (const { node, start, end } of runs) {
    const value = tree.value[node]!
    for (let i = start; i < end; i++) scores[rows[i]!]! += value
  }
  const codes = tree.feature.map(feature => (feature < 0 ? null : features[feature]!))
  for (const row of others) {
    let node = 0
    for (let column = codes[0]!; column !== null; column = codes[node]!) {
      const code = column.codes[row]!
      const goesLeft = code === column.missing ? tree.missingLeft[node] === 1 : code <= bin[node]!
      node = goesLeft ? tree.left[node]! : tree.right[node]!
    }
    scores[row]! += tree.value[node]!
  }
}
