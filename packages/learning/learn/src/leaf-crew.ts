/**
 * Who sums the histograms of leaves and searches them: one thread here; several in
 * `threaded-crew.ts`, each with its own features. What they find is the same.
 *
 * A histogram lives in a numbered slot, so that threads can name it.
 */
import type { BinnedFeature } from './bins.ts'
import { findSplit, type Bounds, type Split, type SplitLimits, type Totals } from './find-split.ts'
import { clear, histogramOffsets, subtractFrom, sumInto, type Histogram } from './histogram.ts'

/** What the trees of one booster share. Threads see the same memory. */
export interface Ground {
  readonly features: readonly BinnedFeature[]
  /** Rows in the order of their leaves. */
  readonly rows: Int32Array
  /** Gradient and packed hessian by row. */
  readonly pairs: Float64Array
}

/** A leaf that was just made. */
export interface NewLeaf extends Totals, Bounds {
  readonly start: number
  readonly end: number
  readonly slot: number
  /** Whether it may be split at all; if not, nobody searches it. */
  readonly isOpen: boolean
}

export interface TreePlan {
  /** Features that this tree may ask, ascending. */
  readonly named: Int32Array
  /** See `Grain`. */
  readonly unit: number
}

export interface LeafCrew {
  begin(plan: TreePlan): void
  /** Sums `small` into its slot. `large`, where given, takes its parent's slot, less `small`. */
  search(small: NewLeaf, large: NewLeaf | null): readonly [Split | null, Split | null]
}

/** One member of a crew: the whole of it where there is one thread. */
export function createMember(ground: Ground, slots: readonly Histogram[], limits: SplitLimits) {
  const { features, rows, pairs } = ground
  const offsets = histogramOffsets(features)
  const find = (leaf: NewLeaf, { named, unit }: TreePlan): Split | null =>
    leaf.isOpen ? findSplit({ ...leaf, histogram: slots[leaf.slot]! }, features, offsets, named, unit, limits) : null
  return (small: NewLeaf, large: NewLeaf | null, plan: TreePlan): readonly [Split | null, Split | null] => {
    // The histogram of a leaf that nobody will search is needed only to make its sibling's.
    if (!small.isOpen && large?.isOpen !== true) return [null, null]
    const summed = slots[small.slot]!
    clear(summed, offsets, plan.named)
    sumInto(summed, features, offsets, plan.named, { rows, pairs, start: small.start, end: small.end })
    if (large?.isOpen === true) subtractFrom(slots[large.slot]!, summed, offsets, plan.named)
    return [find(small, plan), large === null ? null : find(large, plan)]
  }
}

export function createSolo(ground: Ground, slots: number, limits: SplitLimits): LeafCrew {
  const length = histogramOffsets(ground.features).at(-1)!
  const member = createMember(
    ground,
    Array.from({ length: slots }, () => new Float64Array(length)),
    limits,
  )
  let plan: TreePlan | null = null
  return {
    begin(next) {
      plan = next
    },
    search(small, large) {
      if (plan === null) throw new Error('search before begin')
      return member(small, large, plan)
    },
  }
}
