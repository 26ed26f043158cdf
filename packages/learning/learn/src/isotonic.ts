/**
 * Isotonic calibration: the rising line through the outcomes of unseen rows that fits them best
 * (pool adjacent violators), on bins of rows so that no knot rests on a handful.
 *
 * A pool of bins is level from the middle of its first bin to the middle of its last, at its
 * share of outcomes. Lines from one to the next, and not steps: a step turns the last digit of a logit into another probability,
 * and makes ties of households that the model tells apart.
 *
 * Laws, in `isotonic.test.ts`: I1 knots rise, by more than `LEAST_GAP`, and values never fall
 *   I2 no value is 0 or 1
 *
 * @see Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass
 *   probability estimates".
 */
import type { Isotonic } from './models-format-2.ts'

const FEWEST = 25
/** So many bins at most: more knots would follow the noise. */
const MOST_BINS = 100
/** In logits: a line this short would be too steep for float32 to agree on. */
const LEAST_GAP = 0.01

interface Pool {
  /** Mean logit of its first bin and of its last. */
  readonly from: number
  readonly to: number
  readonly outcomes: number
  readonly rows: number
}

export function fitIsotonic(logits: ArrayLike<number>, codes: ArrayLike<number>): Isotonic {
  const pools: Pool[] = []
  for (const bin of binsOf(logits, codes)) {
    let pool = bin
    for (let before = pools.at(-1); before !== undefined && !isAbove(pool, before); before = pools.at(-1)) {
      pool = join(before, pool)
      pools.pop()
    }
    pools.push(pool)
  }
  const knots = pools.flatMap(pool => {
    const value = Math.fround(rateOf(pool))
    const ends = gap(pool.from, pool.to) > LEAST_GAP ? [pool.from, pool.to] : [pool.from]
    return ends.map(end => ({ threshold: Math.fround(end), value }))
  })
  return { kind: 'isotonic', threshold: knots.map(knot => knot.threshold), value: knots.map(knot => knot.value) }
}

/** As float32 shows it. */
const gap = (from: number, to: number): number => Math.fround(to) - Math.fround(from)
const rateOf = ({ outcomes, rows }: Pool): number => outcomes / rows
const isAbove = (pool: Pool, before: Pool): boolean =>
  rateOf(pool) > rateOf(before) && gap(before.to, pool.from) > LEAST_GAP

const join = (before: Pool, after: Pool): Pool => ({
  from: before.from,
  to: after.to,
  outcomes: before.outcomes + after.outcomes,
  rows: before.rows + after.rows,
})

/** Equal logits stay together; each bin is drawn to the common rate as if one row had said so. */
function binsOf(logits: ArrayLike<number>, codes: ArrayLike<number>): Pool[] {
  const order = Array.from({ length: codes.length }, (_, row) => row).sort((a, b) => logits[a]! - logits[b]! || a - b)
  const rate = order.reduce((sum, row) => sum + codes[row]!, 0) / order.length
  const fewest = Math.max(FEWEST, Math.ceil(order.length / MOST_BINS))
  const bins: Pool[] = []
  let own: number[] = []
  for (const [at, row] of order.entries()) {
    own.push(row)
    const next = order[at + 1]
    const isFull =
      own.length >= fewest && order.length - at > fewest && next !== undefined && logits[next]! > logits[row]!
    if (!isFull && next !== undefined) continue
    const centre = own.reduce((sum, one) => sum + logits[one]!, 0) / own.length
    const outcomes = own.reduce((sum, one) => sum + codes[one]!, rate)
    bins.push({ from: centre, to: centre, outcomes, rows: own.length + 1 })
    own = []
  }
  return bins
}
