/**
 * The collector's answers out of a file: what it received of this store. They mark the outbox
 * as an ack over a socket does, with one care more: a file may be old.
 *
 * TR1 only what still waits learns from a file: what was answered since is not taken back by it
 * TR2 a reason why not is believed only from a file that is not older than the last one
 * TR3 results for another life of this store mark nothing; its digests are known at the centre
 * TR4 a new epoch (the collector was restored) queues again all that was acked, as a welcome does,
 *     however far the file says that it is complete: what the file names is as it says, and of the
 *     rest a copy of this store may have filled the number
 * TR5 what was refused is tried again when a file brings forms, as when a page over a link does, and with the
 *     next link where a file says that it was refused: that may be an answer of long ago
 */
import type { AckResult, Ack, BundleHeader, Welcome } from '@murram/wire'
import type { OutboxTable, StateChange } from '../queue/outbox-table.ts'
import type { WriteStates } from '../queue/write-states.ts'
import { REFUSED_BY_FILE, type DeviceValues } from '../store/device-values.ts'

export interface TakeReceipt {
  readonly begin: (welcome: Welcome, header: BundleHeader) => Promise<void>
  readonly take: (
    ack: Ack,
    welcome: Welcome,
    header: BundleHeader,
  ) => Promise<{ readonly receipted: number; readonly notTaken: number }>
  /** TR5. A session that is open notices it with the next word (PD12). */
  readonly onForms: () => Promise<void>
}

export interface ReceiptDeps {
  readonly outbox: OutboxTable
  readonly values: DeviceValues
  readonly writeStates: WriteStates
  /** No session is open that holds numbers of this store in its hand. */
  readonly isAlone: () => boolean
}

const LAST_FILE = 'bundle.last-receipt'
const EPOCH = 'sync.epoch'
const BAD = new Set<AckResult['result']>(['held', 'refused'])

export function createTakeReceipt({ outbox, values, writeStates, isAlone }: ReceiptDeps): TakeReceipt {
  const knownEpoch = (): number => Number(values.get(EPOCH) ?? '0')
  const isOfThisStore = ({ storeId }: BundleHeader): boolean => storeId === outbox.storeId()
  const lastFileMs = (epoch: number): number => {
    const [inEpoch, atMs] = (values.get(LAST_FILE) ?? '0 0').split(' ').map(Number)
    return inEpoch === epoch ? (atMs ?? 0) : 0
  }

  /** The state that each result finds, so that an old file changes nothing that was settled since. */
  const news = (results: readonly AckResult[], isOld: boolean): readonly StateChange[] => {
    const waiting = results.filter(({ n, result }) => {
      const state = outbox.rows(n, n, 1)[0]?.state
      return state === 'queued' ? !(isOld && BAD.has(result)) : state === 'refused' && !BAD.has(result)
    })
    return outbox.acked(waiting)
  }

  return {
    begin: async (welcome, header) => {
      const { epoch, durableUpto } = welcome
      const isNewEpoch = knownEpoch() > 0 && epoch > knownEpoch()
      // The collector has numbers that this store never gave: a copy of it went on elsewhere.
      if (isOfThisStore(header) && durableUpto > outbox.lastN() && isAlone()) outbox.renewStore()
      if (isNewEpoch && isAlone()) {
        await writeStates(outbox.lost(0)) // TR4
        await writeStates(outbox.refused())
        await writeStates(outbox.adoptFormerStores())
      }
      if (epoch > knownEpoch() && (knownEpoch() === 0 || isAlone())) values.set(EPOCH, String(epoch))
      if (isOfThisStore(header) && epoch === knownEpoch())
        await writeStates(outbox.safe(Math.min(welcome.safeUpto, durableUpto)))
    },
    take: async ({ results }, { epoch }, header) => {
      if (!isOfThisStore(header) || epoch < knownEpoch()) return { receipted: 0, notTaken: 0 } // TR3
      if (results.some(({ result }) => result === 'forked')) {
        if (isAlone()) outbox.renewStore()
        return { receipted: 0, notTaken: 0 }
      }
      const changes = news(results, header.createdAtMs < lastFileMs(epoch))
      await writeStates(changes)
      if (changes.some(({ state }) => state === 'refused')) values.set(REFUSED_BY_FILE, 'yes')
      if (header.createdAtMs > lastFileMs(epoch)) values.set(LAST_FILE, `${epoch} ${header.createdAtMs}`)
      const notTaken = changes.filter(({ state }) => state === 'refused').length
      return { receipted: changes.length - notTaken, notTaken }
    },
    onForms: () => writeStates(outbox.refused()),
  }
}
