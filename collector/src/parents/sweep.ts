/**
 * What has waited long enough for a parent is folded without it, and says so. Any collector of a
 * project may do it, at any time: what one did, the others find done.
 */
import type { InstanceId } from '@murram/ground'
import type { Logger } from 'pino'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { giveUpBefore } from './parents-repo.ts'

export const WAIT_FOR_PARENT_MS = 30 * 24 * 3_600_000

export interface SweepDeps {
  readonly write: WriteDb
  readonly reconsider: (tx: WriteDb, instanceId: InstanceId) => Promise<unknown>
  readonly now: () => number
  readonly log: Logger
  /** How long a submission waits for its parent. */
  readonly waitMs: number
  readonly onChange: () => void
  /** After a restore the parent may be still to come: nothing is given up on. */
  readonly isPaused: () => boolean
}

export interface Sweep {
  readonly start: () => void
  /** @returns What was given up on. */
  readonly once: () => Promise<readonly InstanceId[]>
  readonly close: () => Promise<void>
}

export function createSweep({ write, reconsider, now, log, waitMs, onChange, isPaused }: SweepDeps): Sweep {
  const once = async (): Promise<readonly InstanceId[]> => {
    const given = await inTransaction(write, async tx => {
      const instanceIds = await giveUpBefore(tx, now() - waitMs)
      for (const instanceId of instanceIds) await reconsider(tx, instanceId)
      return instanceIds
    })
    for (const instanceId of given) log.warn({ instanceId }, 'folded without what it corrects or updates')
    if (given.length > 0) onChange()
    return given
  }
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> = Promise.resolve()
  const tick = () => {
    if (isPaused()) return
    running = once().catch((error: unknown) =>
      log.error({ error: String(error) }, 'the sweep of waiting submissions failed'),
    )
  }
  return {
    once,
    start: () => {
      timer = setInterval(tick, Math.min(3_600_000, Math.max(1_000, waitMs / 10)))
      timer.unref()
      tick()
    },
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}
