/**
 * What the collectors of a schedule stand on: one database that they share. Two of them exist:
 * the fake (`fake-database.ts`), which is what lets ten thousand schedules run, and the real
 * PostgreSQL (`real-database.ts`), to which the fake is held.
 */
import type { Submission } from '@murram/fold'
import type { Checkpoint, DeviceId, Fault, Result, StoreId } from '@murram/ground'
import type { AckResult, FeedRow, Hello, Page, PushHead } from '@murram/wire'
import type { StoreMarks } from './fake-state.ts'

export interface Batch {
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly submissions: readonly Submission[]
  readonly head: PushHead
}

/** A place at which the process may die, wait, or find the disk full: it throws then. */
export type Step = (name: string) => Promise<void>

export interface BaseRow {
  readonly storeId: StoreId
  readonly n: number
  readonly instanceId: string
  readonly digest: string
  readonly state: string
}

export interface CollectorBase {
  readonly epoch: () => number
  readonly admit: (hello: Hello) => Promise<Result<{ readonly deviceId: DeviceId; readonly publicKey: string }, Fault>>
  readonly marks: (storeId: StoreId) => Promise<StoreMarks>
  readonly feedNumber: () => Promise<number>
  readonly page: (deviceId: DeviceId, from: Checkpoint, maxBytes: number) => Promise<Page>
  readonly ingest: (batch: Batch, step: Step) => Promise<StoreMarks & { readonly results: readonly AckResult[] }>
  readonly publishForm: (version: string) => Promise<void>
  readonly revoke: (deviceId: DeviceId) => Promise<void>
  readonly onRing: (listener: () => void) => () => void
  /** Everything, for a look from outside. */
  readonly inbox: () => Promise<readonly BaseRow[]>
  readonly feed: () => Promise<readonly (FeedRow & { readonly scope: readonly DeviceId[] | null })[]>
}
