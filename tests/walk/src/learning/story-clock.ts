/**
 * The clock of a house in a story that tells of years: set by whoever tells it. It never goes back.
 *
 * The centre's goes on by itself from where it was set. An officer's stands: it goes on with each visit and
 * with nothing else, so that the same story is told at the same minute, however busy the machine is.
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

export function createStandingClock(startMs: number): StoryClock {
  let atMs = startMs
  return { now: () => atMs, set: toMs => void (atMs = Math.max(atMs, toMs)) }
}
