/**
 * One tree, best leaf first: of all open leaves the one that gains most is split, until the
 * cap on leaves or depth, or until nothing gains.
 */
import { MISSING, type BinnedFeature } from './bins.ts'
import { findSplit, type Split, type SplitLimits, type Totals } from './find-split.ts'
import { createHistogramPool, type Histogram } from './histogram.ts'
import type { Tree } from './models.ts'

export interface GrowOptions extends SplitLimits {
  readonly maxLeaves: number
  readonly maxDepth: number
  readonly learningRate: number
}

export interface GrownTree {
  readonly tree: Tree
  /** Bin code instead of threshold, beside `tree`: routes rows that are binned already. */
  readonly bin: readonly number[]
}

interface OpenLeaf {
  readonly node: number
  readonly start: number
  readonly end: number
  readonly depth: number
  readonly histogram: Histogram
  readonly split: Split | null
}

/** A threshold that every number passes: answered goes left, missing right. */
const EVERY_NUMBER = 3.4028234663852886e38

export interface GrowInput {
  readonly features: readonly BinnedFeature[]
  /** Features that this tree may ask. */
  readonly used: readonly number[]
  /** Rows to grow on; reordered in place, leaf by leaf. */
  readonly rows: Int32Array
  readonly gradients: Float64Array
  readonly hessians: Float64Array
  /** Histograms to use again; shared by the trees of one booster. */
  readonly free: Histogram[]
}

export function growTree(input: GrowInput, options: GrowOptions): GrownTree {
  const { features, used, rows, gradients, hessians, free } = input
  const pool = createHistogramPool(features, used, gradients, hessians, free)
  const nodes = createNodes()
  const spare = new Int32Array(rows.length)

  const open = (node: number, start: number, end: number, depth: number, histogram: Histogram): OpenLeaf => ({
    node,
    start,
    end,
    depth,
    histogram,
    split:
      depth >= options.maxDepth || end - start < 2 * options.minRows
        ? null
        : findSplit(histogram, features, used, nodes.totals[node]!, options),
  })

  nodes.add(sumTotals(rows, gradients, hessians))
  const leaves: OpenLeaf[] = [open(0, 0, rows.length, 0, pool.sum(rows, 0, rows.length))]

  for (let count = 1; count < options.maxLeaves; count++) {
    const best = indexOfBest(leaves)
    if (best === null) break
    const [leaf] = leaves.splice(best, 1) as [OpenLeaf]
    const split = leaf.split!
    const middle = partition(rows, spare, leaf, features[split.feature]!.codes, split)
    const left = nodes.add(split.left)
    const right = nodes.add(split.right)
    nodes.branch(leaf.node, split, thresholdOf(features[split.feature]!, split.bin), left, right)

    const leftIsSmaller = middle - leaf.start <= leaf.end - middle
    const small = leftIsSmaller ? pool.sum(rows, leaf.start, middle) : pool.sum(rows, middle, leaf.end)
    const large = pool.subtract(leaf.histogram, small)
    leaves.push(
      open(left, leaf.start, middle, leaf.depth + 1, leftIsSmaller ? small : large),
      open(right, middle, leaf.end, leaf.depth + 1, leftIsSmaller ? large : small),
    )
  }
  for (const { histogram } of leaves) pool.release(histogram)
  return nodes.finish(options)
}

const thresholdOf = ({ thresholds }: BinnedFeature, bin: number): number => thresholds[bin] ?? EVERY_NUMBER

function sumTotals(rows: Int32Array, gradients: Float64Array, hessians: Float64Array): Totals {
  let [gradient, hessian] = [0, 0]
  for (const row of rows) {
    gradient += gradients[row]!
    hessian += hessians[row]!
  }
  return { gradient, hessian, rows: rows.length }
}

function indexOfBest(leaves: readonly OpenLeaf[]): number | null {
  let best: number | null = null
  for (const [index, { split }] of leaves.entries())
    if (split !== null && (best === null || split.gain > leaves[best]!.split!.gain)) best = index
  return best
}

/** Stable: rows that go left, then rows that go right. Returns where the right begins. */
function partition(
  rows: Int32Array,
  spare: Int32Array,
  { start, end }: OpenLeaf,
  codes: Uint8Array,
  { bin, missingLeft }: Split,
): number {
  let left = start
  let right = 0
  for (let i = start; i < end; i++) {
    const row = rows[i]!
    const code = codes[row]!
    if (code === MISSING ? missingLeft : code <= bin) rows[left++] = row
    else spare[right++] = row
  }
  rows.set(spare.subarray(0, right), left)
  return left
}

function createNodes() {
  const totals: Totals[] = []
  const feature: number[] = []
  const threshold: number[] = []
  const left: number[] = []
  const right: number[] = []
  const missingLeft: number[] = []
  const bin: number[] = []
  return {
    totals,
    add(of: Totals): number {
      totals.push(of)
      feature.push(-1)
      for (const list of [threshold, left, right, missingLeft, bin]) list.push(0)
      return totals.length - 1
    },
    branch(node: number, split: Split, at: number, toLeft: number, toRight: number): void {
      feature[node] = split.feature
      threshold[node] = at
      left[node] = toLeft
      right[node] = toRight
      missingLeft[node] = split.missingLeft ? 1 : 0
      bin[node] = split.bin
    },
    finish({ lambda, learningRate }: GrowOptions): GrownTree {
      const value = totals.map(({ gradient, hessian }, node) =>
        feature[node]! >= 0 ? 0 : Math.fround((-gradient / (hessian + lambda)) * learningRate),
      )
      const cover = totals.map(({ rows }) => rows)
      return { tree: { feature, threshold, left, right, missingLeft, value, cover }, bin }
    },
  }
}
