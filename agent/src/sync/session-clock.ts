/**
 * What is due in a session, by its own clock: to ask whether the link still lives, to poll, to
 * give up. It counts and decides; it sends nothing.
 *
 * SC1 a quiet link is asked after 15 s, and after each answer half as long again, up to 60 s
 * SC2 a link that was asked and says nothing for 10 s is silent, whatever went on here meanwhile
 * SC3 while something waits for an answer, and no answer of any kind moves it for long, it is stalled
 * SC4 a collector that asks for a pause is given it
 */
import type { Down } from '@murram/wire'

export type Due = 'ping' | 'poll' | 'silent' | 'stalled' | null

export interface SessionClock {
  /** How long there is nothing to do but listen. */
  readonly waitMs: () => number
  readonly heard: (message: Down) => void
  /** Something says that the link may be gone: ask now. */
  readonly doubt: () => void
  readonly due: (state: { readonly isWaiting: boolean }) => Due
}

/** Some middleboxes forget a connection after half a minute of silence, most after some. */
const FIRST_QUIET_MS = 15_000
const LONGEST_QUIET_MS = 60_000
const GROWTH = 1.5
const PONG_MS = 10_000
const POLL_MS = 60_000
/** The largest page over the slowest link takes less. */
const STALLED_MS = 180_000

export function createSessionClock(elapsedMs: () => number): SessionClock {
  let quietMs = FIRST_QUIET_MS
  let heardAtMs = elapsedMs()
  let movedAtMs = heardAtMs
  let pollAtMs = heardAtMs + POLL_MS
  let askedAtMs: number | null = null
  let isDoubted = false

  const quietEndsMs = (): number => (isDoubted ? 0 : heardAtMs + quietMs)
  return {
    waitMs: () => {
      const answerEndsMs = askedAtMs === null ? quietEndsMs() : askedAtMs + PONG_MS
      return Math.max(0, Math.min(answerEndsMs, pollAtMs) - elapsedMs())
    },
    heard: message => {
      heardAtMs = elapsedMs()
      if (askedAtMs !== null) quietMs = Math.min(LONGEST_QUIET_MS, quietMs * GROWTH)
      askedAtMs = null
      if (message.type !== 'pong' && message.type !== 'hint') movedAtMs = heardAtMs
      if (message.type === 'pause') movedAtMs += message.retryAfterMs
    },
    doubt: () => {
      isDoubted = true
    },
    due: ({ isWaiting }) => {
      const nowMs = elapsedMs()
      if (!isWaiting) movedAtMs = Math.max(movedAtMs, nowMs)
      if (askedAtMs !== null && nowMs >= askedAtMs + PONG_MS) return 'silent'
      if (nowMs >= movedAtMs + STALLED_MS) return 'stalled'
      if (askedAtMs === null && nowMs >= quietEndsMs()) {
        askedAtMs = nowMs
        isDoubted = false
        return 'ping'
      }
      if (nowMs < pollAtMs) return null
      pollAtMs = nowMs + POLL_MS
      return 'poll'
    },
  }
}
