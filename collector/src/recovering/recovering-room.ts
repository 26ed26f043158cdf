/**
 * After a restore the project is *recovering* until a person closes it: devices send again what
 * the copy lacks, and until then nothing is concluded from what is there: no training, no ring
 * advance, no sweeps, no alarms.
 *
 * Laws, in `recovering.test.ts`:
 *   RC1 it is open from the restore until somebody closes it, at every collector
 *   RC2 the report names who has come, who has not, and every number that is known and missing
 *   RC3 it names the batches of outcomes that are known and missing, and counts what was said besides
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { err, fault, ok, type DeviceId, type Fault, type Result, type StoreId } from '@murram/ground'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { RecoveryReport } from '../http/api-types.ts'
import { lostOutcomes, outcomesNow } from './noted-outcomes.ts'
import {
  closeRecovery,
  devicesOf,
  findRecovery,
  knowStore,
  listRecoveries,
  missingOf,
  replaysOf,
} from './recovery-repo.ts'
import { recoveringRoutes } from './routes.ts'

/** What other rooms ask. */
export interface Recovering {
  readonly isOpen: () => boolean
  /** Once, when it is closed. Never called where nothing is to be recovered. */
  readonly onClosed: (listener: () => void) => void
}

export interface RecoveringRoom extends Recovering {
  readonly routes: OpenAPIHono
  /** A device said hello: how far its store goes. */
  readonly heard: (said: {
    readonly storeId: StoreId
    readonly deviceId: DeviceId
    readonly lastN: number
  }) => Promise<void>
  /** Another collector may have closed it. */
  readonly look: () => Promise<void>
}

export interface RecoveringDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly epoch: number
  readonly ownDeviceId: string
  readonly now: () => number
  /** Other collectors should look. */
  readonly onChange: () => void
}

const MAX_RANGES = 1_000

export async function openRecovering(deps: RecoveringDeps): Promise<RecoveringRoom> {
  const { read, write, epoch, ownDeviceId, now, onChange } = deps
  const listeners: (() => void)[] = []
  let isOpen = false

  const look = async () => {
    const recovery = await findRecovery(read, epoch)
    const wasOpen = isOpen
    isOpen = recovery !== undefined && recovery.closedAtMs === null
    if (wasOpen && !isOpen) for (const listener of listeners.splice(0)) listener()
  }
  const report = async (): Promise<RecoveryReport> => {
    const recovery = await findRecovery(read, epoch)
    const past = (await listRecoveries(read)).filter(other => other.epoch !== epoch)
    const earlier = past.map(({ epoch: of, openedAtMs, closedAtMs }) => ({ epoch: of, openedAtMs, closedAtMs }))
    if (recovery === undefined) return { state: 'none', epoch, earlier }
    const { openedAtMs, closedAtMs, closedNote, backup } = recovery
    return {
      state: closedAtMs === null ? 'open' : 'closed',
      epoch,
      openedAtMs,
      closedAtMs,
      closedNote,
      backup,
      devices: await devicesOf(read, recovery, ownDeviceId),
      missing: await missingOf(read, recovery, MAX_RANGES),
      lostOutcomes:
        recovery.notedOutcomes === null ? null : lostOutcomes(recovery.notedOutcomes, await outcomesNow(read)),
      journals: (await replaysOf(read, epoch)).map(({ journal, atMs, counts, failures }) => ({
        journal,
        atMs,
        counts: counts as Readonly<Record<string, { replayed: number; known: number; failed: number }>>,
        failures: failures as readonly string[],
      })),
      earlier,
    }
  }
  const close = async (note: string | null): Promise<Result<RecoveryReport, Fault>> => {
    if (!(await closeRecovery(write, epoch, { nowMs: now(), note })))
      return err(fault('http.not-found', 'no recovery is open'))
    await look()
    onChange()
    return ok(await report())
  }

  await look()
  return {
    isOpen: () => isOpen,
    onClosed: listener => void listeners.push(listener),
    routes: recoveringRoutes({ report, close }),
    heard: async said => {
      if (isOpen) await knowStore(write, epoch, said)
    },
    look,
  }
}
