/**
 * A run of numbers in which most follow one another as they did before: written is the rank of
 * the next among what came after the same one, the latest first. One interview goes as the last.
 *
 *   rank < n      the rank-th of the n that followed before
 *   n             another that is known by its number, which follows
 *   n + 1         one that was never seen: its number is the next free one
 *
 * C1 what was written reads back the same, run by run
 */
import { createByteReader, createByteWriter } from './byte-stream.ts'

export interface Succession {
  readonly write: (n: number) => void
  /** The run is over; the next begins. */
  readonly end: () => void
  readonly bytes: () => Uint8Array
  /** @param known How many numbers there are. `null` where the bytes make no sense. */
  readonly read: (known: number) => number | 'end' | null
  readonly isSpent: () => boolean
}

/** Before the first and behind the last of a run. */
const EDGE = 0
/** Longer memories save nothing, and a hostile frame must not make them long. */
const MOST_FOLLOWERS = 32

export function createSuccession(bytes: Uint8Array = new Uint8Array()): Succession {
  const reader = createByteReader(bytes)
  const writer = createByteWriter()
  const followers = new Map<number, number[]>()
  let [before, fresh] = [EDGE, EDGE + 1]

  const followersOf = (one: number): number[] => {
    const known = followers.get(one) ?? []
    followers.set(one, known)
    return known
  }
  const goOn = (next: number, known: number[], rank: number): void => {
    if (rank >= 0) known.splice(rank, 1)
    known.unshift(next)
    if (known.length > MOST_FOLLOWERS) known.pop()
    fresh = Math.max(fresh, next + 1)
    before = next
  }
  const write = (next: number): void => {
    const known = followersOf(before)
    const rank = known.indexOf(next)
    if (rank >= 0) writer.count(rank)
    else if (next === fresh) writer.count(known.length + 1)
    else {
      writer.count(known.length)
      writer.count(next)
    }
    goOn(next, known, rank)
  }
  return {
    write: n => write(n + 1),
    end: () => write(EDGE),
    bytes: writer.bytes,
    read: count => {
      const known = followersOf(before)
      const rank = reader.count()
      const next = rank < known.length ? known[rank] : rank === known.length ? reader.count() : fresh
      if (next === undefined || rank > known.length + 1 || next > count || reader.isBroken()) return null
      goOn(next, known, known.indexOf(next))
      return next === EDGE ? 'end' : next - 1
    },
    isSpent: reader.isSpent,
  }
}
