/**
 * The number that makes one release newer than another, for devices that remember the highest
 * they ever saw.
 *
 * Laws, in `release-counter.test.ts`:
 *   R1 higher than every release before it    R2 higher than what any device reports, so that a
 *   collector restored from an older backup is still heard
 *   R3 a device that reports nonsense cannot use up the numbers (fast-forward)
 */
export interface CounterInput {
  /** Of the release before, 0 if there is none. */
  readonly previous: number
  /** The highest believable one that an enrolled device reports, 0 if none does. */
  readonly reported: number
  readonly reason: 'baseline' | 'promotion' | 'rollback'
  readonly nowMs: number
}

const YEAR_SECONDS = 31_557_600

/** Counters are unix seconds as a rule: what a device reports from beyond next year is nonsense. */
export const believableUpto = (nowMs: number): number => Math.floor(nowMs / 1000) + YEAR_SECONDS

export function nextCounter({ previous, reported, reason, nowMs }: CounterInput): number {
  const seen = Math.max(previous, reported)
  // The first baseline is 1: whatever is released later, anywhere, stands above it.
  return reason === 'baseline' ? seen + 1 : Math.max(seen + 1, Math.floor(nowMs / 1000))
}
