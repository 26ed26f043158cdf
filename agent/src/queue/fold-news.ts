/**
 * What the feed says of this laptop's own submissions after their acks, shown where they are kept.
 *
 * FN1 what was held and is folded now stands as what was folded at once: sent, or safe
 * FN2 a kill between page and mark, an ack that is marked late: the newest row of this epoch counts
 * FN3 what was folded while a collector of version 1 was spoken to, or an older build was at work,
 *     came in no row: what is still held is sent again once, and its ack says how it stands
 *
 * Not here: what keeps a submission from being folded (the collector).
 */
import type { Fault, InstanceId } from '@murram/ground'
import { PROTOCOL_WITH_MORE } from '@murram/wire'
import type { SubmissionDoc } from '../store/collections.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import type { OutboxTable, StateChange } from './outbox-table.ts'
import type { WriteStates } from './write-states.ts'

export interface FoldNews {
  /** Before anything is sent. */
  readonly onWelcome: (protocol: number) => Promise<void>
  /** Rows of submissions came, or acks that say `held` were marked. */
  readonly look: () => Promise<void>
}

export interface FoldNewsDeps extends Pick<Store, 'collections'> {
  readonly mirror: Pick<Mirror, 'all'>
  readonly outbox: Pick<OutboxTable, 'placeOf' | 'again'>
  readonly values: DeviceValues
  readonly writeStates: WriteStates
}

/** The version that was spoken last. */
const SPOKEN = 'sync.protocol'

export function createFoldNews({
  collections: { submissions },
  mirror,
  outbox,
  values,
  writeStates,
}: FoldNewsDeps): FoldNews {
  const look = async (): Promise<void> => {
    const epoch = Number(values.get('sync.epoch'))
    const rows = (await mirror.all('submission')).filter(row => row.epoch === epoch)
    if (rows.length === 0) return
    const told = new Map(rows.map(({ body }) => [body.instanceId as string, body.held]))
    const docs = await submissions.storageInstance.findDocumentsById([...told.keys()], false)
    const changes = docs.flatMap(doc => changeOf(doc, told.get(doc.instanceId) ?? null))
    await writeStates(changes)
  }

  const changeOf = ({ instanceId, state, body }: SubmissionDoc, held: Fault | null): readonly StateChange[] => {
    const place = outbox.placeOf(instanceId)
    // What is on its way is answered there.
    if (place === null || state === 'queued' || state === 'refused') return []
    const next = held === null ? (place.state === 'safe' ? 'safe' : 'sent') : 'held'
    const isShown = state === 'held' ? next === 'held' && isSame(body.fault, held) : next !== 'held'
    return isShown ? [] : [{ n: place.n, instanceId: place.instanceId, state: next, fault: held, told: true }]
  }

  return {
    look,
    onWelcome: async protocol => {
      const isHeard = protocol >= PROTOCOL_WITH_MORE
      if (isHeard && Number(values.get(SPOKEN)) < PROTOCOL_WITH_MORE) {
        const held = await submissions.find({ selector: { state: 'held' } }).exec()
        await writeStates(outbox.again(held.map(doc => doc.toJSON().instanceId as InstanceId))) // FN3
      }
      values.set(SPOKEN, String(protocol))
      await look()
    },
  }
}

const isSame = (a: Fault | null, b: Fault | null): boolean => a?.fault === b?.fault && a?.detail === b?.detail
