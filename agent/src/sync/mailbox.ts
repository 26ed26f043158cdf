/**
 * Events of a session in one line: what comes from the socket, from the outbox and from
 * timers is handled one after the other, each to its end. Waiting always has a deadline.
 */
import type { Timers } from './timers.ts'

export interface Mailbox<T> {
  readonly put: (event: T) => void
  /** `null` when nothing came in time. */
  readonly next: (deadlineMs: number) => Promise<T | null>
}

export function createMailbox<T>(timers: Timers): Mailbox<T> {
  const waiting: T[] = []
  let wake: (() => void) | null = null
  return {
    put: event => {
      waiting.push(event)
      wake?.()
    },
    next: deadlineMs => {
      if (waiting.length > 0) return Promise.resolve(waiting.shift() ?? null)
      return new Promise(resolve => {
        const cancel = timers.after(deadlineMs, () => wake?.())
        wake = () => {
          cancel()
          wake = null
          resolve(waiting.shift() ?? null)
        }
      })
    },
  }
}
