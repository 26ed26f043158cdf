/**
 * Has releases looked at when devices have said something: in the background, one look at a time,
 * however much comes in. A look that took long is followed by a long pause, so that looking costs a
 * bounded share of the collector.
 *
 * WR1 what is said while a look is under way is looked at by the next one
 * WR2 after a restore nothing is concluded until a person says so
 */
import type { Logger } from 'pino'
import type { Recovering } from '../recovering/recovering-room.ts'

export interface RolloutWatch {
  /** Something was said. */
  readonly soon: () => void
  readonly close: () => Promise<void>
}

export interface RolloutWatchDeps {
  readonly evaluate: () => Promise<void>
  readonly recovering: Recovering
  readonly log: Logger
  readonly waitMs?: number
}

const WAIT_MS = 500
/** Of the time at most this share is spent looking: one part in twenty. */
const PAUSE = 19

export function createRolloutWatch({ evaluate, recovering, log, waitMs = WAIT_MS }: RolloutWatchDeps): RolloutWatch {
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> | null = null
  let again = false
  let isClosed = false
  let tookMs = 0

  const look = async (): Promise<void> => {
    again = false
    if (recovering.isOpen()) return // WR2
    const startMs = performance.now()
    try {
      await evaluate()
    } catch (cause) {
      log.error({ reason: String(cause) }, 'rollouts were not looked at')
    }
    tookMs = performance.now() - startMs
  }
  const soon = (): void => {
    again = true // WR1
    if (isClosed || timer !== null || looking !== null) return
    timer = setTimeout(
      () => {
        timer = null
        looking = look().finally(() => {
          looking = null
          if (again) soon()
        })
      },
      Math.max(waitMs, tookMs * PAUSE),
    )
    timer.unref()
  }
  recovering.onClosed(soon)
  return {
    soon,
    close: async () => {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      await looking
    },
  }
}
