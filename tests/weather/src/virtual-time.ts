/**
 * Time that passes only because something is to happen: a list of what is due, run in order.
 * After each event everything that it set in motion is let come to rest before the next one.
 *
 * Whoever dies takes their timers with them (`life`), so that no dead process acts.
 */

/** One life of a process. What belongs to it ends with it. */
export interface Life {
  readonly isOver: () => boolean
}

export interface VirtualTime {
  readonly nowMs: () => number
  /** @returns How to call it off. */
  readonly after: (ms: number, act: () => void, life?: Life) => () => void
  /** Runs what is due until `untilMs`, or until `isOver` says so after an event. */
  readonly run: (untilMs: number, isOver?: () => boolean) => Promise<void>
  readonly events: () => number
}

interface Due {
  readonly atMs: number
  readonly order: number
  readonly act: () => void
  readonly life: Life | undefined
  off: boolean
}

export function createVirtualTime(): VirtualTime {
  let nowMs = 0
  let order = 0
  let events = 0
  const heap: Due[] = []

  /** All that an event set in motion has come to rest: nothing here waits for the real world. */
  const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

  return {
    nowMs: () => nowMs,
    events: () => events,
    after: (ms, act, life) => {
      const due: Due = { atMs: endOf(nowMs, ms), order: (order += 1), act, life, off: false }
      push(heap, due)
      return () => {
        due.off = true
      }
    },
    run: async (untilMs, isOver = () => false) => {
      await settle()
      for (let due = heap[0]; due !== undefined && due.atMs <= untilMs; due = heap[0]) {
        pop(heap)
        if (due.off || due.life?.isOver() === true) continue
        nowMs = Math.max(nowMs, due.atMs)
        events += 1
        due.act()
        await settle()
        if (isOver()) return
      }
      nowMs = Math.max(nowMs, untilMs)
    },
  }
}

/** A wait too short to move the clock lasts a millisecond, as a real timer does: else it would be waited for for ever. */
const endOf = (nowMs: number, ms: number): number =>
  ms > 0 && nowMs + ms === nowMs ? nowMs + 1 : nowMs + Math.max(0, ms)

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up]
    if (parent === undefined || !isBefore(due, parent)) break
    heap[at] = parent
    at = up
  }
  heap[at] = due
}

function pop(heap: Due[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let down = 2 * at + 1
    const [left, right] = [heap[down], heap[down + 1]]
    if (left === undefined) break
    if (right !== undefined && isBefore(right, left)) down += 1
    const child = heap[down]
    if (child === undefined || !isBefore(child, last)) break
    heap[at] = child
    at = down
  }
  heap[at] = last
}
