/**
 * What the open instances of one collection share: their table, and the streams of those
 * that asked to hear each other (RxDB's `multiInstance`).
 */
import type { EventBulk, RxDocumentData, RxStorageChangeEvent } from 'rxdb'
import type { Subject } from 'rxjs'

import type { CollectionTable } from './collection-table.ts'
import type { SeqCheckpoint } from './seq-checkpoint.ts'

export type ChangeStream = Subject<EventBulk<RxStorageChangeEvent<RxDocumentData<unknown>>, SeqCheckpoint>>

export interface CollectionState {
  readonly table: CollectionTable
  readonly shared: Set<ChangeStream>
  instances: number
  removed: boolean
}
