/** How long to wait before the next try: full jitter, so that a town that comes back online does not call at once. */
const FIRST_MS = 200
const LONGEST_MS = 30_000

/** @param failures In a row; 0 waits at most the first step. */
export const backoffMs = (failures: number, random: () => number): number =>
  Math.round(Math.max(20, random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20))))
