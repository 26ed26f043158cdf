/**
 * Notices that this machine's networks changed: a cable, a hotspot, a wake from sleep. The sync
 * then tries at once instead of sleeping through its backoff.
 *
 * By looking, every few seconds: no system tells a process of all of them.
 */
import { networkInterfaces } from 'node:os'
import type { Timers } from './timers.ts'

const LOOK_EVERY_MS = 3_000
/** A timer that comes this late: the machine slept. */
const SLEPT_MS = 30_000

export interface NetworkWatchDeps {
  readonly timers: Timers
  readonly onChange: () => void
  /** Names of the addresses there are. */
  readonly look?: () => string
  readonly now?: () => number
}

/** @returns How to stop. */
export function watchNetwork({ timers, onChange, look = addresses, now = Date.now }: NetworkWatchDeps): () => void {
  let seen = look()
  let lookedAtMs = now()
  let cancel = (): void => {}
  const next = (): void => {
    cancel = timers.after(LOOK_EVERY_MS, () => {
      const present = look()
      const slept = now() - lookedAtMs > SLEPT_MS
      lookedAtMs = now()
      const changed = present !== seen
      seen = present
      if (changed || slept) onChange()
      next()
    })
  }
  next()
  return () => cancel()
}

const addresses = (): string =>
  Object.entries(networkInterfaces())
    .flatMap(([name, all]) =>
      (all ?? []).filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
    )
    .toSorted()
    .join('\n')
