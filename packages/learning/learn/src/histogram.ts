/**
 * Sums of gradient, hessian and rows per bin, for all features of one leaf.
 *
 * Gradients are gathered once a leaf; only the smaller of two children is summed, the other
 * is the parent less its sibling. Sums are float64: float32 sums lose small leaves.
 */
import type { BinnedFeature } from './bins.ts'

const BINS = 256
const FIELDS = 3
export const STRIDE = BINS * FIELDS

/** At `feature * STRIDE + bin * 3`: gradient, hessian, rows. */
export type Histogram = Float64Array

export interface HistogramPool {
  sum(rows: Int32Array, start: number, end: number): Histogram
  /** Turns `parent` into `parent - child`. */
  subtract(parent: Histogram, child: Histogram): Histogram
  release(histogram: Histogram): void
}

/** `used` says which features take part (the sample of this tree). */
export function createHistogramPool(
  features: readonly BinnedFeature[],
  used: readonly number[],
  gradients: Float64Array,
  hessians: Float64Array,
  free: Histogram[],
): HistogramPool {
  const gathered = new Float64Array(2 * gradients.length)
  return {
    sum(rows, start, end) {
      const histogram = free.pop()?.fill(0) ?? new Float64Array(features.length * STRIDE)
      const count = end - start
      for (let i = 0; i < count; i++) {
        const row = rows[start + i]!
        gathered[2 * i] = gradients[row]!
        gathered[2 * i + 1] = hessians[row]!
      }
      for (const feature of used) {
        const { codes } = features[feature]!
        const offset = feature * STRIDE
        for (let i = 0; i < count; i++) {
          const at = offset + codes[rows[start + i]!]! * FIELDS
          histogram[at]! += gathered[2 * i]!
          histogram[at + 1]! += gathered[2 * i + 1]!
          histogram[at + 2]! += 1
        }
      }
      return histogram
    },
    subtract(parent, child) {
      for (const feature of used) {
        const end = (feature + 1) * STRIDE
        for (let at = feature * STRIDE; at < end; at++) parent[at]! -= child[at]!
      }
      return parent
    },
    release(histogram) {
      free.push(histogram)
    },
  }
}
