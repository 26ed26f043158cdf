/**
 * Decides what the pull lane does next; like `push-lane.ts` it holds no socket, clock or disk.
 *
 * L1 nothing is asked before the collector has welcomed the device
 * L2 the checkpoint moves only when the store says that rows and checkpoint were written, both
 *    in one transaction; so a page is applied once, and none is left out
 * L3 a page is applied only where it begins at the checkpoint, belongs to its epoch and has its
 *    checksum
 * L4 another epoch empties the mirror before the first page of that epoch is asked for; what is
 *    unsent is not in the mirror
 *
 * Not here: the rows, and when to poll (the session's clock).
 */
import { step, type Checkpoint } from '@murram/ground'
import { createBatchSize, type BatchLimits } from './batch-size.ts'
import { pullTable, type PullState, type PullStep } from './pull-table.ts'

export type PullEvent =
  | { readonly type: 'welcomed'; readonly epoch: number; readonly feedNumber: number }
  /** The feed has grown. */
  | { readonly type: 'hint'; readonly feedNumber: number }
  /** The poll's time has come: ask, whatever we were told. */
  | { readonly type: 'poll' }
  /** `intact`: `pageChecksum(rows)` is the page's checksum. */
  | {
      readonly type: 'page'
      readonly epoch: number
      readonly from: number
      readonly to: number
      readonly more: boolean
      readonly intact: boolean
      /** From asking to having; what takes long keeps others waiting. */
      readonly tookMs?: number
    }
  /** The store has written what the last `apply` or `reset` said. */
  | { readonly type: 'applied'; readonly checkpoint: Checkpoint }
  /** The store has not. */
  | { readonly type: 'failed' }
  | { readonly type: 'linkDown' }

export type PullAction =
  | { readonly do: 'pull'; readonly from: Checkpoint; readonly maxBytes: number }
  /** Write the page's rows and `to` in one transaction; report `applied` or `failed`. */
  | { readonly do: 'apply'; readonly to: Checkpoint }
  /** Empty the mirror and write `to` in one transaction; report `applied` or `failed`. */
  | { readonly do: 'reset'; readonly to: Checkpoint }
  /** The collector's pages are of no use, again and again: close the link and come back later. */
  | { readonly do: 'drop' }

const DEFAULT_LIMITS: BatchLimits = { minBytes: 2_000, startBytes: 64_000, maxBytes: 256_000 }
const MAX_UNUSABLE_IN_A_ROW = 3
/** A page that took longer held up what is more urgent: the next one is half as large. */
const SLOW_MS = 1_500

export interface PullLane {
  readonly state: () => PullState
  readonly handle: (event: PullEvent) => readonly PullAction[]
  readonly checkpoint: () => Checkpoint
}

/** @param deps.checkpoint As the store holds it. */
export function createPullLane({
  checkpoint: stored,
  limits = {},
}: {
  readonly checkpoint: Checkpoint
  readonly limits?: Partial<BatchLimits>
}): PullLane {
  const size = createBatchSize({ ...DEFAULT_LIMITS, ...limits })
  let state: PullState = 'closed'
  let checkpoint = stored
  let epoch = stored.epoch
  let feedNumber = stored.number
  /** What the store has been told to write and has not answered yet; survives the link. */
  let writing: Checkpoint | null = null
  let mustAsk = false
  let pagedInSession = false
  let unusableInARow = 0

  const move = (event: PullStep): void => {
    state = step(pullTable, state, event)
  }

  /** From `idle`: what is due. */
  const next = (): readonly PullAction[] => {
    if (state !== 'idle' || writing !== null) return []
    if (checkpoint.epoch !== epoch) {
      move('purge')
      writing = { epoch, number: 0 }
      return [{ do: 'reset', to: writing }]
    }
    if (!mustAsk && feedNumber <= checkpoint.number) return []
    move('behind')
    mustAsk = false
    return [ask()]
  }
  const ask = (): PullAction => ({ do: 'pull', from: checkpoint, maxBytes: size.bytes() })

  const handlers: {
    readonly [T in PullEvent['type']]: (event: Extract<PullEvent, { type: T }>) => readonly PullAction[]
  } = {
    welcomed: event => {
      if (state !== 'closed') return []
      epoch = event.epoch
      feedNumber = event.feedNumber
      pagedInSession = false
      unusableInARow = 0
      move('welcomed')
      return next()
    },
    hint: event => {
      feedNumber = Math.max(feedNumber, event.feedNumber)
      return next()
    },
    poll: () => {
      // An answer may have been lost in the collector; a second one does no harm (L3).
      if (state === 'asking') return [ask()]
      mustAsk = state !== 'closed'
      return next()
    },
    page: page => {
      if (state !== 'asking') return []
      if (page.epoch === checkpoint.epoch && page.from !== checkpoint.number) return []
      const usable =
        page.intact && page.epoch === checkpoint.epoch && (page.to > page.from || (page.to === page.from && !page.more))
      if (!usable) {
        unusableInARow += 1
        move('unusable')
        if (unusableInARow >= MAX_UNUSABLE_IN_A_ROW) return [{ do: 'drop' }]
        mustAsk = true
        return next()
      }
      unusableInARow = 0
      pagedInSession = true
      if ((page.tookMs ?? 0) > SLOW_MS) size.onLost(size.bytes())
      else size.onClean()
      // `to` is the newest there is for us, whatever a hint has promised.
      feedNumber = page.more ? Math.max(feedNumber, page.to + 1) : page.to
      writing = { epoch: page.epoch, number: page.to }
      move('paged')
      return [{ do: 'apply', to: writing }]
    },
    applied: event => {
      if (writing === null || event.checkpoint.epoch !== writing.epoch || event.checkpoint.number !== writing.number)
        return []
      checkpoint = writing
      writing = null
      move('applied')
      return next()
    },
    failed: () => {
      writing = null
      // Not at once again: what failed a moment ago would fail now. The next poll or hint asks.
      move('failed')
      return []
    },
    linkDown: () => {
      if (state === 'asking' && !pagedInSession) size.onLost(size.bytes())
      mustAsk = false
      move('linkDown')
      return []
    },
  }

  return {
    state: () => state,
    checkpoint: () => checkpoint,
    handle: event => (handlers[event.type] as (event: PullEvent) => readonly PullAction[])(event),
  }
}
