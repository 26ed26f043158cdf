/**
 * Isotonic calibration: the rising step function of the logit that fits the outcomes of unseen
 * rows best (pool adjacent violators), on bins of rows so that no step rests on a handful.
 *
 * Laws, in `isotonic.test.ts`: I1 thresholds rise strictly and values never fall
 *   I2 no value is 0 or 1      I3 a step rests on `FEWEST` rows or more
 *
 * @see Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass
 *   probability estimates".
 */
import type { Isotonic } from './models-format-2.ts'

const FEWEST = 25
/** So many bins at most: finer steps would follow the noise. */
const MOST_BINS = 100

interface Step {
  /** Largest and smallest logit in it. */
  first: number
  last: number
  sum: number
  weight: number
}

export function fitIsotonic(logits: ArrayLike<number>, codes: ArrayLike<number>): Isotonic {
  const pooled: Step[] = []
  for (const bin of binsOf(logits, codes)) {
    let step = bin
    for (let before = pooled.at(-1); before !== undefined && rateOf(before) >= rateOf(step); before = pooled.at(-1)) {
      step = join(before, step)
      pooled.pop()
    }
    pooled.push(step)
  }
  const threshold: number[] = []
  const steps: Step[] = []
  for (const step of pooled) {
    const before = steps.at(-1)
    const edge = before === undefined ? null : Math.fround((before.last + step.first) / 2)
    // A gap that float32 cannot show is no gap.
    if (before !== undefined && edge !== null && edge <= (threshold.at(-1) ?? Number.NEGATIVE_INFINITY)) {
      steps[steps.length - 1] = join(before, step)
      continue
    }
    if (edge !== null) threshold.push(edge)
    steps.push(step)
  }
  return { kind: 'isotonic', threshold, value: steps.map(step => Math.fround(rateOf(step))) }
}

const rateOf = ({ sum, weight }: Step): number => sum / weight

const join = (before: Step, after: Step): Step => ({
  first: before.first,
  last: after.last,
  sum: before.sum + after.sum,
  weight: before.weight + after.weight,
})

/** Equal logits stay together; each bin is drawn to the common rate as if one row had said so. */
function binsOf(logits: ArrayLike<number>, codes: ArrayLike<number>): Step[] {
  const order = Array.from({ length: codes.length }, (_, row) => row).sort((a, b) => logits[a]! - logits[b]! || a - b)
  const rate = order.reduce((sum, row) => sum + codes[row]!, 0) / order.length
  const fewest = Math.max(FEWEST, Math.ceil(order.length / MOST_BINS))
  const bins: Step[] = []
  let bin: Step | null = null
  for (const [at, row] of order.entries()) {
    bin ??= { first: logits[row]!, last: logits[row]!, sum: rate, weight: 1 }
    bin.last = logits[row]!
    bin.sum += codes[row]!
    bin.weight += 1
    const next = order[at + 1]
    const isLast = next === undefined
    if (isLast || (bin.weight > fewest && order.length - at > fewest && logits[next]! > bin.last)) {
      bins.push(bin)
      bin = null
    }
  }
  return bins
}
