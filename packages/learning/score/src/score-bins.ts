/**
 * How probabilities are spread: counts in twenty bins of equal width, which a device sends of
 * many interviews and none of which tells of one.
 *
 * Not here: how answers are spread (drift-sketch.ts).
 */
import type { SketchPlan } from './drift-sketch.ts'
import { compareSketches, type QuestionDrift } from './drift-tests.ts'

export const SCORE_BINS = 20

/** @param probability 0 to 1; 1 itself falls in the last bin. */
export const scoreBin = (probability: number): number =>
  Math.min(SCORE_BINS - 1, Math.max(0, Math.floor(probability * SCORE_BINS)))

export function scoreBins(probabilities: Iterable<number>): number[] {
  const counts = Array.from({ length: SCORE_BINS }, () => 0)
  for (const probability of probabilities) counts[scoreBin(probability)]! += 1
  return counts
}

/** The same tests as for a question's answers; "too few" below 200 scores on either side. */
export function compareScores(before: readonly number[], now: readonly number[]): QuestionDrift {
  const edges = Array.from({ length: SCORE_BINS - 1 }, (_, i) => (i + 1) / SCORE_BINS)
  const plan: SketchPlan = [{ input: 'probability', kind: 'number', edges, values: [], reference: [...before, 0] }]
  const sketchOf = (counts: readonly number[]) => ({
    rows: counts.reduce((a, b) => a + b, 0),
    counts: [[...counts, 0]],
  })
  return compareSketches(plan, sketchOf(before), sketchOf(now))[0]!
}
