/**
 * The clock of a house in a story that tells of years: set by whoever tells it, and going on by
 * itself from there. It never goes back.
 */
export interface StoryClock {
  readonly now: () => number
  readonly set: (atMs: number) => void
}

export function createStoryClock(startMs: number | undefined): StoryClock {
  let aheadMs = startMs === undefined ? 0 : startMs - Date.now()
  const now = (): number => Date.now() + aheadMs
  return { now, set: atMs => void (aheadMs += Math.max(0, atMs - now())) }
}
