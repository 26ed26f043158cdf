/**
 * Marks in the outbox and what the documents show of them, in one transaction, so that a
 * screen never says "sent" of what the outbox would send again.
 */
import { copyWith } from '@murram/rxdb-sqlite'
import type { BulkWriteRow } from 'rxdb'
import type { SubmissionDoc } from '../store/collections.ts'
import type { Store } from '../store/open-store.ts'
import type { OutboxTable, StateChange } from './outbox-table.ts'

export type WriteStates = (changes: readonly StateChange[]) => Promise<void>

export function createWriteStates({
  collections: { submissions },
  alongside,
  outbox,
}: Pick<Store, 'collections' | 'alongside'> & { readonly outbox: OutboxTable }): WriteStates {
  const storage = submissions.storageInstance
  return async changes => {
    if (changes.length === 0) return
    const byId = new Map(changes.map(change => [change.instanceId as string, change]))
    const stored = await storage.findDocumentsById([...byId.keys()], false)
    const rows: BulkWriteRow<SubmissionDoc>[] = stored.flatMap(previous => {
      const change = byId.get(previous.instanceId)
      if (change === undefined) return []
      // A backup does not cure what the collector could not fold.
      const isKept = change.told !== true && change.state === 'safe' && previous.state === 'held'
      const state = isKept ? 'held' : change.state
      const fault = isKept ? previous.body.fault : change.fault
      return [{ previous, document: { ...previous, state, body: copyWith(previous.body, { fault }) } }]
    })
    await alongside(
      () => outbox.apply(changes),
      async context => {
        const { error } = await storage.bulkWrite(rows, context)
        if (error.length > 0) throw new Error(`${error.length} submissions changed while they were marked`)
      },
    )
  }
}
