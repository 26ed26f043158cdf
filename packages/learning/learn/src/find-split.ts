/**
 * The best question to ask of one leaf: feature, bin, and the side on which "missing" goes.
 *
 * Both sides are tried for the missing rows. A split of answered from missing alone is the
 * last bin with missing on the right. Ties go to the first feature and the lowest bin, so
 * the order of the loops is part of the result, and looking at the features in parts (one
 * thread each) finds the same.
 *
 * A feature may be held monotone: then the two values are held within what the splits above
 * allow, and a split whose values stand the wrong way round is none.
 */
import type { BinnedFeature } from './bins.ts'
import type { Histogram } from './histogram.ts'

export interface Totals {
  readonly gradient: number
  readonly hessian: number
  readonly rows: number
}
export interface Split {
  readonly feature: number
  /** Bins 0 … bin go left. */
  readonly bin: number
  readonly missingLeft: boolean
  readonly gain: number
  readonly left: Totals
  readonly right: Totals
}
export interface SplitLimits {
  readonly lambda: number
  readonly minRows: number
  readonly minGain: number
  /** By feature: 1 never falls, -1 never rises, 0 free. `null` where all are free. */
  readonly monotone: Int8Array | null
}
/** What the value of a leaf may be, given the monotone splits above it. */
export interface Bounds {
  readonly low: number
  readonly high: number
}
interface SearchedLeaf extends Totals, Bounds {
  readonly histogram: Histogram
}

const MIN_HESSIAN = 1e-3

export const isBetter = (one: Split, other: Split | null): boolean =>
  other === null || one.gain > other.gain || (one.gain === other.gain && one.feature < other.feature)

/** The unrounded value of a leaf. */
export const leafValue = ({ gradient, hessian }: Totals, lambda: number, { low, high }: Bounds): number =>
  Math.min(high, Math.max(low, -gradient / (hessian + lambda)))

export function findSplit(
  leaf: SearchedLeaf,
  features: readonly BinnedFeature[],
  offsets: Int32Array,
  named: Int32Array,
  unit: number,
  limits: SplitLimits,
): Split | null {
  const { gradient, hessian, rows, low, high } = leaf
  const { lambda, monotone } = limits
  const parentScore =
    monotone !== null
      ? boundedScore(gradient, hessian + lambda, leafValue(leaf, lambda, { low, high }))
      : (gradient * gradient) / (hessian + lambda)
  let best: Split | null = null
  let bestGain = limits.minGain
  for (const feature of named) {
    const found =
      monotone !== null
        ? bestBoundedBin(leaf, features[feature]!.missing, offsets[feature]!, unit, limits, monotone[feature]!)
        : bestBin(leaf.histogram, gradient, hessian, rows, features[feature]!.missing, offsets[feature]!, unit, limits)
    if (found === null || !(found.score - parentScore > bestGain)) continue
    bestGain = found.score - parentScore
    best = splitAt(leaf, features[feature]!, offsets[feature]!, feature, unit, found, bestGain)
  }
  return best
}

interface FoundBin {
  readonly score: number
  readonly bin: number
  readonly missingLeft: boolean
}

function bestBin(
  histogram: Histogram,
  gradient: number,
  hessian: number,
  rows: number,
  missing: number,
  offset: number,
  unit: number,
  { lambda, minRows }: SplitLimits,
): FoundBin | null {
  const missingAt = offset + missing * 2
  const missingRows = Math.floor(histogram[missingAt + 1]! / unit)
  const missingGradient = histogram[missingAt]!
  const missingHessian = histogram[missingAt + 1]! - missingRows * unit
  // Without a blank there is nothing beyond the last bin to part it from.
  const last = missingRows === 0 ? missing - 1 : missing
  let [leftGradient, leftHessian, leftRows] = [0, 0, 0]
  let [score, at, isMissingLeft] = [0, -1, false]
  for (let bin = 0; bin < last; bin++) {
    const packed = histogram[offset + bin * 2 + 1]!
    if (packed === 0 && bin < last - 1) continue
    const binRows = Math.floor(packed / unit)
    leftGradient += histogram[offset + bin * 2]!
    leftHessian += packed - binRows * unit
    leftRows += binRows
    if (leftRows >= minRows && rows - leftRows >= minRows) {
      const rightGradient = gradient - leftGradient
      const rightHessian = hessian - leftHessian
      if (leftHessian >= MIN_HESSIAN && rightHessian >= MIN_HESSIAN) {
        const sum =
          (leftGradient * leftGradient) / (leftHessian + lambda) +
          (rightGradient * rightGradient) / (rightHessian + lambda)
        if (sum > score) {
          score = sum
          at = bin
          isMissingLeft = false
        }
      }
    }
    if (missingRows === 0 || leftRows + missingRows < minRows || rows - leftRows - missingRows < minRows) continue
    const withGradient = leftGradient + missingGradient
    const withHessian = leftHessian + missingHessian
    const rightGradient = gradient - withGradient
    const rightHessian = hessian - withHessian
    if (withHessian < MIN_HESSIAN || rightHessian < MIN_HESSIAN) continue
    const sum =
      (withGradient * withGradient) / (withHessian + lambda) + (rightGradient * rightGradient) / (rightHessian + lambda)
    if (sum > score) {
      score = sum
      at = bin
      isMissingLeft = true
    }
  }
  return at < 0 ? null : { score, bin: at, missingLeft: isMissingLeft }
}

/** The same under bounds; slower, and only for trainers that asked for a monotone column. */
function bestBoundedBin(
  leaf: SearchedLeaf,
  missing: number,
  offset: number,
  unit: number,
  { lambda, minRows }: SplitLimits,
  direction: number,
): FoundBin | null {
  const missingTotals = totalsOf(leaf.histogram, offset + missing * 2, unit)
  const last = missingTotals.rows === 0 ? missing - 1 : missing
  let left: Totals = { gradient: 0, hessian: 0, rows: 0 }
  let best: FoundBin | null = null
  for (let bin = 0; bin < last; bin++) {
    left = plus(left, totalsOf(leaf.histogram, offset + bin * 2, unit))
    for (const missingLeft of missingTotals.rows === 0 ? [false] : [false, true]) {
      const one = missingLeft ? plus(left, missingTotals) : left
      const other = minus(leaf, one)
      if (one.rows < minRows || other.rows < minRows) continue
      if (one.hessian < MIN_HESSIAN || other.hessian < MIN_HESSIAN) continue
      const leftValue = leafValue(one, lambda, leaf)
      const rightValue = leafValue(other, lambda, leaf)
      if ((rightValue - leftValue) * direction < 0) continue
      const score =
        boundedScore(one.gradient, one.hessian + lambda, leftValue) +
        boundedScore(other.gradient, other.hessian + lambda, rightValue)
      if (best === null || score > best.score) best = { score, bin, missingLeft }
    }
  }
  return best
}

/** Of a value that bounds may have moved; of the free value it is gradient² / hessian. */
const boundedScore = (gradient: number, hessian: number, value: number): number =>
  -(2 * gradient * value + hessian * value * value)

function totalsOf(histogram: Histogram, at: number, unit: number): Totals {
  const packed = histogram[at + 1]!
  const rows = Math.floor(packed / unit)
  return { gradient: histogram[at]!, hessian: packed - rows * unit, rows }
}

const plus = (one: Totals, other: Totals): Totals => ({
  gradient: one.gradient + other.gradient,
  hessian: one.hessian + other.hessian,
  rows: one.rows + other.rows,
})
const minus = (one: Totals, other: Totals): Totals => ({
  gradient: one.gradient - other.gradient,
  hessian: one.hessian - other.hessian,
  rows: one.rows - other.rows,
})

function splitAt(
  leaf: SearchedLeaf,
  { missing }: BinnedFeature,
  offset: number,
  feature: number,
  unit: number,
  { bin, missingLeft }: FoundBin,
  gain: number,
): Split {
  let left: Totals = { gradient: 0, hessian: 0, rows: 0 }
  for (let at = 0; at <= bin; at++) left = plus(left, totalsOf(leaf.histogram, offset + at * 2, unit))
  const blank = totalsOf(leaf.histogram, offset + missing * 2, unit)
  if (missingLeft) left = plus(left, blank)
  const right = minus(leaf, left)
  // Nobody left it out here: later blanks follow the larger side.
  return { feature, bin, missingLeft: blank.rows === 0 ? left.rows >= right.rows : missingLeft, gain, left, right }
}
