/**
 * What the collectors of a schedule ask of the database that they share. It is a fake
 * (`fake-database.ts`), which is what lets ten thousand schedules run; what was asked of it can be
 * recorded, asked of a real collector on PostgreSQL, and compared (`differential.test.ts`).
 */
import type { Submission } from '@murram/fold'
import type { Checkpoint, DeviceId, EntityId, Fault, InstanceId, Result, StoreId } from '@murram/ground'
import type { AckResult, FeedRow, Hello, Page, PushHead, VoidEntry } from '@murram/wire'
import type { FakeFiles } from './fake-files.ts'
import type { FakeSnapshots } from './fake-snapshots.ts'
import type { FakeSticks } from './fake-sticks.ts'
import type { StoreMarks } from './fake-state.ts'

export interface Batch {
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly submissions: readonly Submission[]
  readonly head: PushHead
}

/** A place at which the process may die, wait, or find the disk full: it throws then. */
export type Step = (name: string) => Promise<void>

/** One thing that the database was asked to write, with its answer. */
export type Asked =
  | { readonly do: 'publish'; readonly version: string }
  /** The centre declares two entities one, or takes it back. */
  | {
      readonly do: 'join'
      readonly alias: EntityId
      readonly of: EntityId
      readonly undone: boolean
      readonly atMs: number
    }
  | { readonly do: 'return'; readonly instanceId: InstanceId; readonly atMs: number }
  | { readonly do: 'keep to'; readonly deviceId: DeviceId; readonly scopes: readonly string[] | null }
  | { readonly do: 'divide'; readonly property: string | null }
  | {
      readonly do: 'ingest'
      readonly batch: Batch
      readonly arrivalMs: number
      readonly results: readonly AckResult[]
      readonly durableUpto: number
    }

export interface BaseRow {
  readonly storeId: StoreId
  readonly n: number
  readonly instanceId: string
  readonly digest: string
  readonly state: string
}

export interface CollectorBase {
  readonly epoch: () => number
  readonly admit: (
    hello: Hello,
  ) => Promise<Result<{ readonly deviceId: DeviceId; readonly publicKey: string; readonly view: string }, Fault>>
  /** The device has proved itself. */
  readonly meet: (hello: Hello) => Promise<void>
  readonly marks: (storeId: StoreId) => Promise<StoreMarks>
  readonly feedNumber: () => Promise<number>
  readonly page: (
    of: { readonly deviceId: DeviceId; readonly view: string },
    from: Checkpoint,
    maxBytes: number,
    namedUpto?: number,
  ) => Promise<Page | null>
  readonly ingest: (batch: Batch, step: Step) => Promise<StoreMarks & { readonly results: readonly AckResult[] }>
  readonly storeVoid: (of: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly entry: VoidEntry
  }) => Promise<StoreMarks & { readonly results: readonly AckResult[] }>
  readonly files: FakeFiles
  readonly snapshots: FakeSnapshots
  readonly sticks: FakeSticks
  readonly publishForm: (version: string) => Promise<void>
  readonly revoke: (deviceId: DeviceId) => Promise<void>
  readonly onRing: (listener: () => void) => () => void
  /** Everything, for a look from outside. */
  readonly inbox: () => Promise<readonly BaseRow[]>
  readonly feed: () => Promise<readonly (FeedRow & { readonly scope: readonly DeviceId[] | null })[]>
}
