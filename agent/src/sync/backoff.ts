/** How long to wait before the next try: at once after a cut, then full jitter, so that a town that comes back online does not call at once. */
const FIRST_MS = 200
const LONGEST_MS = 30_000

/** A cut link of a device that was welcomed is tried at once: it costs the collector no more than it did. */
const AT_ONCE_MS = 20

/** @param failures To be welcomed, in a row. */
export const backoffMs = (failures: number, random: () => number): number =>
  failures === 0
    ? AT_ONCE_MS
    : Math.round(Math.max(AT_ONCE_MS, random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20))))
