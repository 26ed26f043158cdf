/** A wall clock that a test moves, forwards or back, as laptops do. */
import { millis, type Millis } from '@murram/ground'

export interface FakeClock {
  readonly now: () => Millis
  readonly advance: (byMs: number) => void
  readonly set: (toMs: number) => void
}

export function createFakeClock(startMs: number): FakeClock {
  let nowMs = startMs
  return {
    now: () => millis(nowMs),
    advance: byMs => {
      nowMs += byMs
    },
    set: toMs => {
      nowMs = toMs
    },
  }
}
