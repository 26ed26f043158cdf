/**
 * Submissions that were set aside when they came and are folded now: announced to whoever
 * listens to arrivals, as those that are folded at once.
 *
 * LA1 each is announced once, by whichever collector takes it first, whoever folded it
 * LA2 a word is a hint: one that is lost costs the time until the next look
 *
 * Not here: what was folded in its own batch (`ingest.ts` says so itself).
 */
import type { DeviceId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { reasonOf, type WriteDb } from '../db/handles.ts'

interface LateArrival {
  readonly instanceId: InstanceId
  readonly formId: string
  readonly version: string
  readonly deviceId: DeviceId
}

interface LateArrivals {
  /** One may have been folded; its transaction may still be under way. */
  readonly soon: () => void
  readonly look: () => Promise<void>
  readonly close: () => Promise<void>
}

interface LateArrivalsDeps {
  readonly write: WriteDb
  readonly log: Logger
  readonly announce: (arrivals: readonly LateArrival[]) => void
}

/** Many are folded together, and the transaction that folds them ends first. */
const SOON_MS = 50

export function createLateArrivals({ write, log, announce }: LateArrivalsDeps): LateArrivals {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()
  const take = async (): Promise<void> => {
    const arrivals = await takeUnannounced(write)
    if (arrivals.length > 0) announce(arrivals)
  }
  const look = () => {
    looking = looking.then(take).catch((cause: unknown) => log.warn({ reason: reasonOf(cause) }, 'late arrivals'))
    return looking
  }
  return {
    look,
    soon: () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void look()
      }, SOON_MS)
    },
    close: async () => {
      clearTimeout(timer)
      await looking
    },
  }
}

/** LA1. Two collectors at once: the second one waits for the first, and finds the mark gone. */
async function takeUnannounced(write: WriteDb): Promise<readonly LateArrival[]> {
  const { rows } = await write.execute<LateArrival & Record<string, unknown>>(sql`
    update submissions set unannounced = false where unannounced and state = 'applied'
    returning instance_id as "instanceId", form_id as "formId", version, device_id as "deviceId"`)
  return rows
}
