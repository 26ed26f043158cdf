/**
 * The past trains and the latest rows judge: what a model will be asked of is always later
 * than what it was taught.
 *
 * Laws, in `time-split.test.ts`: S1 every row is in exactly one part   S2 what trains is earlier
 *   than all that judges, and rows of one moment stay together   S3 no household is in two parts
 */
export interface TimeSplit {
  readonly earlier: readonly number[]
  readonly latest: readonly number[]
  /** Earlier rows of households that come again among the latest: for neither side. */
  readonly between: readonly number[]
}

/** @param latestShare About this share of the rows judges: more where many are of one moment. */
export function splitByTime(times: ArrayLike<number>, groups: readonly string[], latestShare: number): TimeSplit {
  const rows = groups.map((_, row) => row)
  const inOrder = [...rows].sort((a, b) => times[a]! - times[b]! || a - b)
  const first = inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * (1 - latestShare)))]
  const from = first === undefined ? 0 : times[first]!
  const comeAgain = new Set(groups.filter((_, row) => times[row]! >= from))
  return {
    earlier: rows.filter(row => times[row]! < from && !comeAgain.has(groups[row]!)),
    latest: rows.filter(row => times[row]! >= from),
    between: rows.filter(row => times[row]! < from && comeAgain.has(groups[row]!)),
  }
}
