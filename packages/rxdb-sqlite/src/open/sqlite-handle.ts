/** An open store. `close` gives the lock back; the handle is of no use after it. */
import type Database from 'better-sqlite3'

import type { CollectionState } from '../storage/collection-state.ts'

export interface SqliteHandle {
  readonly path: string
  /** The one connection: the host may keep tables of its own, not named `rx_…`. */
  readonly connection: Database.Database
  /** Which of the two keys fitted: after a re-key that was cut off the host forgets the other. */
  readonly openedWith: 'key' | 'nextKey'
  /** Open collections, by name; shared by all storages on this handle. */
  readonly collections: Map<string, CollectionState>
  readonly close: () => void
}
