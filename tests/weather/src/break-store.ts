/** Variants of a laptop that break one rule each (`broken-rules.ts`). */
import type { BareStore } from '@murram/agent/weather'
import type { Down } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'

export function wrapStore(broken: BrokenRule | null, store: BareStore): BareStore {
  if (broken === 'writes the checkpoint before the rows') {
    const { mirror } = store.collections
    const { storageInstance } = mirror
    const bulkWrite: typeof storageInstance.bulkWrite = async (rows, context) => {
      const isCheckpoint = ({ document }: (typeof rows)[number]) => document.kind === 'checkpoint'
      const first = await storageInstance.bulkWrite(rows.filter(isCheckpoint), context)
      const others = rows.filter(row => !isCheckpoint(row))
      return others.length === 0 ? first : storageInstance.bulkWrite(others, context)
    }
    const apart = Object.assign(Object.create(mirror) as typeof mirror, {
      storageInstance: { ...storageInstance, bulkWrite },
    })
    return { ...store, collections: { ...store.collections, mirror: apart } }
  }
  if (broken === 'sends nothing again after a restore')
    return {
      ...store,
      outbox: { ...store.outbox, lost: () => [], adoptFormerStores: () => [] },
    }
  return store
}

export function markAllSent({ outbox }: BareStore): void {
  const rows = outbox.rows(1, outbox.lastN(), 1_000).filter(({ state }) => state === 'queued')
  outbox.apply(rows.map(({ n, instanceId }) => ({ n, instanceId, state: 'sent', fault: null })))
}

export const breakWelcome = (broken: BrokenRule | null, message: Down): Down =>
  message.type === 'welcome' && broken === 'knows no epochs' ? { ...message, epoch: 1 } : message
