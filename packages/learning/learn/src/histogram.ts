/**
 * Sums of gradient, hessian and rows per bin, for the features of one leaf.
 *
 * Only the smaller of two children is summed; the other is the parent less its sibling.
 *
 * The sums are exact. Gradients and hessians are rounded once, to multiples of a power of two
 * small enough to be harmless and large enough that no sum of them needs more than the 53 bits
 * of a double. So neither the order of the rows, nor subtraction, nor the number of threads
 * leaves a trace in the model.
 *
 * A bin is two doubles: the gradient, and the hessian with the row count above it
 * (`rows × unit + hessian`): two additions a row instead of three.
 */
import type { BinnedFeature } from './bins.ts'

/** At `offsets[feature] + bin * 2`: gradient; then rows and hessian. */
export type Histogram = Float64Array

/** Where each feature begins, and after the last one the length of the whole. */
export function histogramOffsets(features: readonly BinnedFeature[]): Int32Array {
  const offsets = new Int32Array(features.length + 1)
  for (const [feature, { missing }] of features.entries()) offsets[feature + 1] = offsets[feature]! + 2 * (missing + 1)
  return offsets
}

/** How a double holds rows and hessian: rows above `unit`, the hessian below it. */
export interface Grain {
  /** A power of two above any sum of hessians. */
  readonly unit: number
  /** Adding and taking away these rounds to the grain. */
  readonly gradientMagic: number
  readonly hessianMagic: number
}

/** @param mostGradient the largest absolute gradient, @param mostHessian likewise */
export function grainOf(rows: number, mostGradient: number, mostHessian: number): Grain {
  const above = (value: number) => 2 ** (Math.floor(Math.log2(value)) + 1)
  const gradients = above(rows * Math.max(mostGradient, TINY))
  const unit = above(rows * Math.max(mostHessian, TINY))
  const most = unit * above(rows)
  return { unit, gradientMagic: magicOf(gradients / 2 ** 52), hessianMagic: magicOf(most / 2 ** 52) }
}

const TINY = 2 ** -200

/** Beside this number, doubles lie `step` apart. */
const magicOf = (step: number): number => step * 1.5 * 2 ** 52

/** Rows of one leaf, and what each weighs: gradient and packed hessian of row i at `2 i`. */
interface LeafRows {
  readonly rows: Int32Array
  readonly pairs: Float64Array
  readonly start: number
  readonly end: number
}

/**
 * Adds the rows of a leaf to the features named.
 *
 * Four features a pass: additions to one bin wait for each other, four chains hide the wait.
 */
export function sumInto(
  histogram: Histogram,
  features: readonly BinnedFeature[],
  offsets: Int32Array,
  named: Int32Array,
  { rows, pairs, start, end }: LeafRows,
): void {
  let i = 0
  for (; i + 4 <= named.length; i += 4) {
    const [a, b, c, d] = [named[i]!, named[i + 1]!, named[i + 2]!, named[i + 3]!]
    sumFour(
      histogram,
      offsets[a]!,
      offsets[b]!,
      offsets[c]!,
      offsets[d]!,
      features[a]!.codes,
      features[b]!.codes,
      features[c]!.codes,
      features[d]!.codes,
      rows,
      pairs,
      start,
      end,
    )
  }
  for (; i < named.length; i++)
    sumOne(histogram, offsets[named[i]!]!, features[named[i]!]!.codes, rows, pairs, start, end)
}

function sumFour(
  histogram: Histogram,
  atA: number,
  atB: number,
  atC: number,
  atD: number,
  codesA: Uint8Array,
  codesB: Uint8Array,
  codesC: Uint8Array,
  codesD: Uint8Array,
  rows: Int32Array,
  pairs: Float64Array,
  start: number,
  end: number,
): void {
  for (let i = start; i < end; i++) {
    const row = rows[i]!
    const gradient = pairs[row << 1]!
    const packed = pairs[(row << 1) + 1]!
    let at = atA + (codesA[row]! << 1)
    histogram[at]! += gradient
    histogram[at + 1]! += packed
    at = atB + (codesB[row]! << 1)
    histogram[at]! += gradient
    histogram[at + 1]! += packed
    at = atC + (codesC[row]! << 1)
    histogram[at]! += gradient
    histogram[at + 1]! += packed
    at = atD + (codesD[row]! << 1)
    histogram[at]! += gradient
    histogram[at + 1]! += packed
  }
}

function sumOne(
  histogram: Histogram,
  offset: number,
  codes: Uint8Array,
  rows: Int32Array,
  pairs: Float64Array,
  start: number,
  end: number,
): void {
  for (let i = start; i < end; i++) {
    const row = rows[i]!
    const at = offset + (codes[row]! << 1)
    histogram[at]! += pairs[row << 1]!
    histogram[at + 1]! += pairs[(row << 1) + 1]!
  }
}

/** Turns `parent` into `parent - child`, for the features named. */
export function subtractFrom(parent: Histogram, child: Histogram, offsets: Int32Array, named: Int32Array): void {
  for (const feature of named) {
    const end = offsets[feature + 1]!
    for (let at = offsets[feature]!; at < end; at++) parent[at]! -= child[at]!
  }
}

/** Sets the features named back to nothing. */
export function clear(histogram: Histogram, offsets: Int32Array, named: Int32Array): void {
  for (const feature of named) histogram.fill(0, offsets[feature], offsets[feature + 1])
}
