/**
 * How the sync waits. Spans are counted on a clock that only goes on: a laptop whose wall clock is
 * put back by a day would else not poll for a day, and one put ahead would give up at once.
 */
export interface Timers {
  /** Milliseconds since some moment in the past; never goes back. */
  readonly elapsedMs: () => number
  /** @returns How to call it off. */
  readonly after: (ms: number, act: () => void) => () => void
}

export const systemTimers: Timers = {
  elapsedMs: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}
