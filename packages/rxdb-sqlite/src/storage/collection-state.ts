/** What the open instances of one collection share: their table and their change stream. */
import type { EventBulk, RxDocumentData, RxStorageChangeEvent } from 'rxdb'
import type { Subject } from 'rxjs'

import type { CollectionTable } from './collection-table.ts'
import type { SeqCheckpoint } from './seq-checkpoint.ts'

export interface CollectionState {
  readonly table: CollectionTable
  readonly changes: Subject<EventBulk<RxStorageChangeEvent<RxDocumentData<unknown>>, SeqCheckpoint>>
  instances: number
  removed: boolean
}
