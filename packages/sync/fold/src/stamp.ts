/**
 * When something was said, in an order that all devices share: a hybrid logical clock as one
 * sortable string, `0197f3c2a1b0-0003-a1b2c3d4` (milliseconds, counter, first 8 hex of the device).
 *
 * S1 a device's next stamp is greater than its last and than all it has observed, whatever its
 *    wall clock does: a clock is never a reason to refuse an officer's work
 * S2 an effective stamp is never later than the arrival
 * S3 clamping keeps the order in which one device worked
 *
 * Not here: measuring skew (the session), and keeping `last` (the store that holds the submission).
 */
import { millis, type DeviceId, type Millis } from '@murram/ground'

export type Stamp = string & { readonly __stamp: true }

export interface HybridClock {
  /** A new stamp. Keep it with what it stamps, and give it back as `last` after a restart. */
  readonly tick: () => Stamp
  /** Something was seen. Observe *effective* stamps only: a stranger's raw clock may be years ahead. */
  readonly observe: (seen: Stamp) => void
}

const MAX_COUNTER = 0xffff
const STAMP = /^[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{8}$/

export const isStamp = (text: string): text is Stamp => STAMP.test(text)

export const stampMillis = (stamp: Stamp): Millis => millis(Number.parseInt(stamp.slice(0, 12), 16))
const counterOf = (stamp: Stamp): number => Number.parseInt(stamp.slice(13, 17), 16)

const toStamp = (atMs: number, counter: number, device: string): Stamp =>
  `${atMs.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-${device}` as Stamp

export function createHybridClock({
  now,
  deviceId,
  last,
}: {
  readonly now: () => Millis
  readonly deviceId: DeviceId
  readonly last?: Stamp
}): HybridClock {
  const device = deviceId.slice(0, 8)
  let atMs = last === undefined ? 0 : stampMillis(last)
  let counter = last === undefined ? 0 : counterOf(last)
  return {
    tick: () => {
      const wallMs = Math.floor(now())
      if (wallMs > atMs) [atMs, counter] = [wallMs, 0]
      else if (counter < MAX_COUNTER) counter += 1
      else [atMs, counter] = [atMs + 1, 0]
      return toStamp(atMs, counter, device)
    },
    observe: seen => {
      const [seenMs, seenCounter] = [stampMillis(seen), counterOf(seen)]
      if (seenMs > atMs || (seenMs === atMs && seenCounter > counter)) [atMs, counter] = [seenMs, seenCounter]
    },
  }
}

/**
 * The stamp's place in everybody's order: the earlier of stamp and arrival, fixed once at ingest.
 * A clamped stamp takes the last counter of its arrival's millisecond; several that clamp to one
 * millisecond are told apart by their own stamps (`byPlace`), so a clock far ahead loses no order.
 */
export const effectiveStamp = (stamp: Stamp, arrivalMs: Millis): Stamp =>
  stampMillis(stamp) <= arrivalMs ? stamp : toStamp(Math.floor(arrivalMs), MAX_COUNTER, stamp.slice(18))
