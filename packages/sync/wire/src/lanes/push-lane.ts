/**
 * Decides what the push lane does next. It holds no socket, clock or disk: an event goes in,
 * actions come out, so that a bad network is a list of events that a test can replay.
 *
 * P1 nothing is sent before the collector has welcomed the device
 * P2 numbers go out in order and without gaps, at most `window` batches and the credit unacked;
 *    what a cut leaves unacked is sent again from the first unacked number: the same
 *    submissions, though in smaller batches where the line has proved too thin
 * P3 an ack names only what was sent; a late or repeated one changes nothing
 * P4 a submission that no frame can carry is set aside, and what comes after it goes on
 * P6 until a session has its first ack its frames are small: the line may be another than the one before, and the
 *    collector begins to store while the rest is still being put together
 * P5 as long as some sessions live long enough for one submission, everything arrives
 *
 * Not here: building and signing a batch (`fill-batch.ts`), what a result means (the agent's
 * queue), when to give up on a silent link (the session's heartbeat).
 */
import { step } from '@murram/ground'
import { createBatchSize, type BatchLimits } from './batch-size.ts'
import { pushTable, type PushState, type PushStep } from './push-table.ts'

export type PushEvent =
  /** The collector's disk holds this store up to `durableUpto`. */
  | { readonly type: 'welcomed'; readonly durableUpto: number; readonly creditBytes: number }
  /** The outbox holds submissions up to `lastN`. */
  | { readonly type: 'queued'; readonly lastN: number }
  /** The answer to a `send`, with the action's own `session`. */
  | { readonly type: 'sent'; readonly session: number; readonly lastN: number; readonly sizeBytes: number }
  /** `tookMs`: since the batch that ends there was sent; absent where nobody looked. */
  | { readonly type: 'acked'; readonly upto: number; readonly creditBytes: number; readonly tookMs?: number }
  /** The submission at the head of what is to be sent fits into no frame: it was set aside, with its session. */
  | { readonly type: 'skipped'; readonly session: number; readonly n: number }
  /** The collector found a frame too large. */
  | { readonly type: 'turnedAway' }
  | { readonly type: 'linkDown' }

export type PushAction =
  /** Build one batch from `firstN`, at most up to `lastN` and to `maxBytes` of frame but at least one submission; send it; report `sent`. */
  | {
      readonly do: 'send'
      readonly session: number
      readonly firstN: number
      readonly lastN: number
      readonly maxBytes: number
    }
  /** One submission alone is larger than the collector takes: set it aside for a person to look at, and report `skipped`. */
  | { readonly do: 'setAside'; readonly session: number; readonly n: number }

export interface PushLaneLimits extends BatchLimits {
  /** Batches that may be on their way at once. */
  readonly window: number
}

/**
 * A batch is ≤16 kB compressed: a quarter of a second on 64 kB/s, so that nothing waits behind it for
 * long. Three times that where it is answered within the quarter of a second: a transaction of the
 * collector then holds more of them.
 */
const DEFAULT_LIMITS: PushLaneLimits = {
  minBytes: 500,
  startBytes: 8_000,
  maxBytes: 16_000,
  swiftMaxBytes: 48_000,
  window: 4,
}

export interface PushLane {
  readonly state: () => PushState
  readonly handle: (event: PushEvent) => readonly PushAction[]
  /** n up to which the collector has answered; moves back only when a welcome says so. */
  readonly ackedUpto: () => number
}

export function createPushLane({ limits = {} }: { readonly limits?: Partial<PushLaneLimits> } = {}): PushLane {
  const { window, ...batchLimits } = { ...DEFAULT_LIMITS, ...limits }
  const { startBytes } = batchLimits
  const size = createBatchSize(batchLimits)
  let state: PushState = 'closed'
  let session = 0
  let ackedUpto = 0
  let sentUpto = 0
  let queuedUpto = 0
  let creditBytes = 0
  let ackedInSession = false
  let skipped: ReadonlySet<number> = new Set()
  let onTheWay: readonly { readonly lastN: number; readonly sizeBytes: number; readonly bytesThen: number }[] = []

  const move = (event: PushStep): void => {
    state = step(pushTable, state, event)
  }
  /** P6 */
  const bytesOfNext = (): number => (ackedInSession ? size.bytes() : Math.min(startBytes, size.bytes()))
  const sizeOnTheWay = (): number => onTheWay.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

  /** From `idle` or `waiting`: the next batch, where there is one and room for it. */
  const next = (): readonly PushAction[] => {
    if (queuedUpto <= sentUpto) return []
    const freeBytes = creditBytes - sizeOnTheWay()
    const isFirst = onTheWay.length === 0
    // Whatever the credit, one batch may go: else a collector without credit is never asked again.
    if (!isFirst && (onTheWay.length >= window || freeBytes < bytesOfNext())) return []
    const before = state
    move(state === 'idle' ? 'queued' : 'more')
    return state === 'sending' && before !== 'sending'
      ? [{ do: 'send', session, firstN: sentUpto + 1, lastN: queuedUpto, maxBytes: bytesOfNext() }]
      : []
  }

  const startOver = (): void => {
    onTheWay = []
    skipped = new Set()
    sentUpto = ackedUpto
  }

  const handlers: {
    readonly [T in PushEvent['type']]: (event: Extract<PushEvent, { type: T }>) => readonly PushAction[]
  } = {
    welcomed: event => {
      if (state !== 'closed') return []
      session += 1
      ackedInSession = false
      ackedUpto = event.durableUpto
      creditBytes = event.creditBytes
      startOver()
      move('welcomed')
      return next()
    },
    queued: ({ lastN }) => {
      queuedUpto = Math.max(queuedUpto, lastN)
      return next()
    },
    sent: event => {
      if (state !== 'sending' || event.session !== session) return []
      if (event.lastN <= sentUpto || event.lastN > queuedUpto) throw new Error(`sent ${event.lastN} after ${sentUpto}`)
      sentUpto = event.lastN
      onTheWay = [...onTheWay, { ...event, bytesThen: sizeOnTheWay() + event.sizeBytes }]
      move('sent')
      // The ack may have come before we heard of the sending.
      return settle(ackedUpto)
    },
    skipped: ({ session: skippedIn, n }) => {
      const isHead = skippedIn === session && n === sentUpto + 1
      if ((state !== 'sending' && state !== 'idle') || !isHead) return []
      sentUpto = n
      skipped = new Set([...skipped, n])
      if (state === 'sending') move('sent')
      return settle(ackedUpto)
    },
    acked: event => {
      if (state === 'closed') return []
      creditBytes = event.creditBytes
      return settle(event.upto, event.tookMs)
    },
    turnedAway: () => {
      if (state !== 'waiting') return []
      const alone = onTheWay[0]?.lastN === ackedUpto + 1
      size.onLost(bytesOfNext())
      startOver()
      move('turnedAway')
      return alone ? [{ do: 'setAside', session, n: ackedUpto + 1 }] : next()
    },
    linkDown: () => {
      if (state === 'closed') return []
      if (onTheWay.length > 0 && !ackedInSession) size.onLost(bytesOfNext())
      move('linkDown')
      return []
    },
  }

  function settle(upto: number, tookMs?: number): readonly PushAction[] {
    // While a batch is being built its `sent` has not come, so its ack may be ahead of `sentUpto`.
    const limit = state === 'sending' ? queuedUpto : sentUpto
    ackedUpto = Math.max(ackedUpto, Math.min(upto, limit))
    while (skipped.has(ackedUpto + 1)) ackedUpto += 1
    const left = onTheWay.filter(({ lastN }) => lastN > ackedUpto)
    for (const { bytesThen } of onTheWay.slice(0, onTheWay.length - left.length)) {
      ackedInSession = true
      size.onClean(tookMs, bytesThen)
    }
    onTheWay = left
    if (state === 'waiting' && left.length === 0) move('acked')
    return next()
  }

  return {
    state: () => state,
    ackedUpto: () => ackedUpto,
    handle: event => (handlers[event.type] as (event: PushEvent) => readonly PushAction[])(event),
  }
}
