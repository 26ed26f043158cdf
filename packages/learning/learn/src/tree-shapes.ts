/**
 * What shape trees have, by the size of the table.
 *
 * On small tables no shape is best everywhere: of three real ones, shallow and full trees won
 * on one, few leaves on another, many leaves on the last. The average of the three was never
 * far from the best of them on unseen rows, without having to choose; on large tables
 * one shape is enough and takes a third of the time.
 */
import type { Target } from './target.ts'

export interface TreeShape {
  readonly maxLeaves: number
  readonly maxDepth: number
  readonly learningRate: number
  /** Fewest rows in a leaf. */
  readonly minRows: number
  readonly lambda: number
  /** Share of the features that each tree may ask. */
  readonly featureShare: number
  /** Share of `MOST_LEAVES` that trees of this shape may have. */
  readonly leafShare: number
}

/** With leaves or depth given there is one shape. */
export type ShapeOptions = Partial<TreeShape>

/** Leaves of a whole model, so that its bundle stays below 150 kB packed. */
export const MOST_LEAVES = 6_200

export function shapesOf(rows: number, { task }: Target, given: ShapeOptions): readonly TreeShape[] {
  const minRows = given.minRows ?? (rows < 1_000 ? 10 : 20)
  const { lambda = 1 } = given
  const of = (
    maxLeaves: number,
    maxDepth: number,
    learningRate: number,
    featureShare: number,
    leafShare = 1,
  ): TreeShape => ({
    maxLeaves: given.maxLeaves ?? maxLeaves,
    maxDepth: given.maxDepth ?? maxDepth,
    learningRate: given.learningRate ?? learningRate,
    minRows,
    lambda,
    featureShare: given.featureShare ?? featureShare,
    leafShare: given.leafShare ?? leafShare,
  })
  if (given.maxLeaves !== undefined || given.maxDepth !== undefined) return [of(31, 8, 0.1, 0.7)]
  // One tree a class and round: several shapes of them would be a large bundle.
  if (task === 'multiclass') return [rows < 10_000 ? of(16, 5, 0.1, 0.7) : of(31, 8, 0.15, 0.5)]
  return rows < SMALL
    ? [of(16, 4, 0.08, 1, 0.38), of(8, 8, 0.08, 0.7, 0.22), of(31, 16, 0.08, 1, 0.4)]
    : [of(31, 8, 0.15, 0.5)]
}

const SMALL = 20_000
