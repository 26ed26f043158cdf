/**
 * One tree, best leaf first: of all open leaves the one that gains most is split, until the
 * cap on leaves or depth, or until nothing gains.
 */
import type { BinnedFeature } from './bins.ts'
import { leafValue, type Bounds, type Split, type SplitLimits, type Totals } from './find-split.ts'
import type { Ground, LeafCrew, NewLeaf } from './leaf-crew.ts'
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
  /** The leaf of `ground.rows[i]`, as runs: node, start, end. */
  readonly runs: readonly LeafRun[]
}

interface LeafRun {
  readonly node: number
  readonly start: number
  readonly end: number
}

interface OpenLeaf extends NewLeaf {
  readonly node: number
  readonly depth: number
  readonly split: Split | null
}

/** A threshold that every number passes: answered goes left, missing right. */
const EVERY_NUMBER = 3.4028234663852886e38

/** Slots of histograms that a tree of `maxLeaves` needs. */
export const slotsFor = ({ maxLeaves }: GrowOptions): number => Math.max(1, maxLeaves)

/** Grows on all of `ground.rows`, and puts them in the order of their leaves. `spare` is as long. */
export function growTree(
  { features, rows }: Ground,
  spare: Int32Array,
  total: Totals,
  crew: LeafCrew,
  options: GrowOptions,
): GrownTree {
  const nodes = createNodes()
  const count = rows.length
  const isOpen = (depth: number, size: number) => depth < options.maxDepth && size >= 2 * options.minRows

  const free = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  const root = { ...total, ...free, start: 0, end: count, slot: 0, depth: 0, isOpen: isOpen(0, count) }
  nodes.add(root)
  const leaves: OpenLeaf[] = [{ ...root, node: 0, split: crew.search(root, null)[0] }]

  for (let leafCount = 1; leafCount < options.maxLeaves; leafCount++) {
    const best = indexOfBest(leaves)
    if (best === null) break
    const leaf = leaves[best]!
    const split = leaf.split!
    const feature = features[split.feature]!
    const middle = partition(rows, spare, leaf, feature, split)
    const bounds = boundsBelow(leaf, split, options)
    const depth = leaf.depth + 1
    const isLast = leafCount + 1 === options.maxLeaves
    const child = (totals: Totals, within: Bounds, start: number, end: number, slot: number) => ({
      ...totals,
      ...within,
      start,
      end,
      slot,
      depth,
      isOpen: !isLast && isOpen(depth, end - start),
    })
    const leftIsSmaller = middle - leaf.start <= leaf.end - middle
    const left = child(split.left, bounds.left, leaf.start, middle, leftIsSmaller ? leafCount : leaf.slot)
    const right = child(split.right, bounds.right, middle, leaf.end, leftIsSmaller ? leaf.slot : leafCount)
    const toLeft = nodes.add(left)
    const toRight = nodes.add(right)
    nodes.branch(leaf.node, split, feature.thresholds[split.bin] ?? EVERY_NUMBER, toLeft, toRight)

    const [ofSmall, ofLarge] = leftIsSmaller ? crew.search(left, right) : crew.search(right, left)
    leaves[best] = { ...left, node: toLeft, split: leftIsSmaller ? ofSmall : ofLarge }
    leaves.push({ ...right, node: toRight, split: leftIsSmaller ? ofLarge : ofSmall })
  }
  return { ...nodes.finish(options), runs: leaves }
}

/** Below a monotone split the two sides may not meet: each keeps to its side of the middle. */
function boundsBelow(leaf: Bounds, split: Split, { monotone, lambda }: GrowOptions): Record<'left' | 'right', Bounds> {
  const within = { low: leaf.low, high: leaf.high }
  const direction = monotone?.[split.feature] ?? 0
  if (direction === 0) return { left: within, right: within }
  const middle = (leafValue(split.left, lambda, within) + leafValue(split.right, lambda, within)) / 2
  const below = { low: within.low, high: middle }
  const above = { low: middle, high: within.high }
  return direction > 0 ? { left: below, right: above } : { left: above, right: below }
}

function indexOfBest(leaves: readonly OpenLeaf[]): number | null {
  let best: number | null = null
  let gain = 0
  for (let index = 0; index < leaves.length; index++) {
    const { split, node } = leaves[index]!
    if (split === null) continue
    if (best !== null && (split.gain < gain || (split.gain === gain && node > leaves[best]!.node))) continue
    best = index
    gain = split.gain
  }
  return best
}

/**
 * Stable: rows that go left, then rows that go right. Returns where the right begins. Each row
 * is written to both sides and one of them moves on: no branch that a processor must guess.
 */
function partition(
  rows: Int32Array,
  spare: Int32Array,
  { start, end }: LeafRun,
  { codes, missing }: BinnedFeature,
  { bin, missingLeft }: Split,
): number {
  const blank = missingLeft ? missing : -1
  let left = start
  let right = 0
  for (let i = start; i < end; i++) {
    const row = rows[i]!
    const code = codes[row]!
    const goesLeft = +(code <= bin) | +(code === blank)
    rows[left] = row
    spare[right] = row
    left += goesLeft
    right += 1 - goesLeft
  }
  rows.set(spare.subarray(0, right), left)
  return left
}

function createNodes() {
  const leaves: (Totals & Bounds)[] = []
  const feature: number[] = []
  const threshold: number[] = []
  const left: number[] = []
  const right: number[] = []
  const missingLeft: number[] = []
  const bin: number[] = []
  return {
    add(of: Totals & Bounds): number {
      leaves.push(of)
      feature.push(-1)
      for (const list of [threshold, left, right, missingLeft, bin]) list.push(0)
      return leaves.length - 1
    },
    branch(node: number, split: Split, at: number, toLeft: number, toRight: number): void {
      feature[node] = split.feature
      threshold[node] = at
      left[node] = toLeft
      right[node] = toRight
      missingLeft[node] = split.missingLeft ? 1 : 0
      bin[node] = split.bin
    },
    finish({ lambda, learningRate }: GrowOptions): Pick<GrownTree, 'tree' | 'bin'> {
      const value = leaves.map((leaf, node) =>
        feature[node]! >= 0 ? 0 : Math.fround(leafValue(leaf, lambda, leaf) * learningRate),
      )
      const cover = leaves.map(({ rows }) => rows)
      return { tree: { feature, threshold, left, right, missingLeft, value, cover }, bin }
    },
  }
}
