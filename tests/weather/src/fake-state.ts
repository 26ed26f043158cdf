/** What the fake database holds: plain maps of rows that never change, so that a backup is a copy of the maps. */
import type { Alias, Attachment, EntityWrite, Submission } from '@murram/fold'
import type { Imported, InboxRow, KnownRow } from '@murram/collector/weather'
import type { Checkpoint, DeviceId, EntityId, InstanceId, Sha256, StoreId } from '@murram/ground'
import type { FeedRow } from '@murram/wire'

export interface StoredRow extends Omit<InboxRow, 'state'> {
  readonly state: KnownRow['state']
  readonly arrivalMs: number
}

export interface StoredFeedRow extends FeedRow {
  readonly scope: readonly DeviceId[] | null
  /** Of which parts of the households it is; `null`: of all. */
  readonly scopes: readonly string[] | null
  readonly leftScopes: readonly string[]
}

export interface StoreMarks {
  readonly durableUpto: number
  readonly safeUpto: number
}

/** A file that a stored submission names. */
export interface NamedFile extends Attachment {
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  /** `null` while it is awaited. */
  readonly arrivedAtMs: number | null
}

export interface Upload {
  readonly sizeBytes: number
  readonly haveBytes: number
  readonly pieces: readonly Uint8Array[]
}

/** Of a view, ready to be read. */
export interface StoredSnapshot {
  readonly view: string
  readonly epoch: number
  readonly number: number
  readonly rows: number
  readonly manifest: { readonly sha256: Sha256; readonly sizeBytes: number }
  /** The manifest and its blocks. */
  readonly files: readonly Sha256[]
}

/** Of the newest file that a device wrote, as it was imported. */
export interface NotedStick {
  readonly storeId: StoreId
  readonly createdAtMs: number
  readonly checkpoint: Checkpoint
  readonly told: Pick<Imported, 'notFolded'>
}

export interface FakeState {
  epoch: number
  feedNumber: number
  /** By `store n`. */
  readonly inbox: Map<string, StoredRow>
  /** The copy that counts. */
  readonly byInstance: Map<InstanceId, StoredRow>
  readonly marks: Map<StoreId, StoreMarks>
  readonly forms: Set<string>
  /** The answer that divides the households; `null`: they are not divided. */
  scopeProperty: string | null
  /** How often that has changed. */
  divisions: number
  /** Devices that do not see everything. */
  readonly deviceScopes: Map<DeviceId, readonly string[]>
  /** Of each device that was ever welcomed. Not part of a backup: a device that comes again is known again. */
  readonly officers: Map<DeviceId, string>
  /** By `kind:key`. */
  readonly feed: Map<string, StoredFeedRow>
  readonly writes: Map<EntityId, readonly EntityWrite[]>
  readonly aliases: Map<InstanceId, Alias>
  /** Of what a reviewer sent back. */
  readonly returnedAtMs: Map<InstanceId, number>
  /** What the ledger's row says, by conflict; with its entity. */
  readonly conflicts: Map<string, { readonly entityId: EntityId; readonly text: string }>
  /** By `store n name`. */
  readonly named: Map<string, NamedFile>
  /** By `device sha256`. */
  readonly uploads: Map<string, Upload>
  /** Whole ones. */
  readonly files: Map<Sha256, Uint8Array>
  readonly sticks: Map<DeviceId, NotedStick>
  snapshots: readonly StoredSnapshot[]
  /** Of snapshots. */
  readonly blobs: Map<Sha256, Uint8Array>
}

export const createFakeState = (): FakeState => ({
  epoch: 1,
  feedNumber: 0,
  inbox: new Map(),
  byInstance: new Map(),
  marks: new Map(),
  forms: new Set(),
  scopeProperty: null,
  divisions: 0,
  deviceScopes: new Map(),
  officers: new Map(),
  feed: new Map(),
  writes: new Map(),
  aliases: new Map(),
  conflicts: new Map(),
  returnedAtMs: new Map(),
  named: new Map(),
  uploads: new Map(),
  files: new Map(),
  sticks: new Map(),
  snapshots: [],
  blobs: new Map(),
})

export const copyFakeState = (state: FakeState): FakeState => ({
  ...state,
  inbox: new Map(state.inbox),
  byInstance: new Map(state.byInstance),
  marks: new Map(state.marks),
  forms: new Set(state.forms),
  deviceScopes: new Map(state.deviceScopes),
  feed: new Map(state.feed),
  writes: new Map(state.writes),
  aliases: new Map(state.aliases),
  conflicts: new Map(state.conflicts),
  returnedAtMs: new Map(state.returnedAtMs),
  named: new Map(state.named),
  uploads: new Map(state.uploads),
  files: new Map(state.files),
  sticks: new Map(state.sticks),
  blobs: new Map(state.blobs),
})

export const inboxKey = (storeId: StoreId, n: number): string => `${storeId} ${n}`

export const noMarks: StoreMarks = { durableUpto: 0, safeUpto: 0 }

export const isLive = (state: FakeState, instanceId: InstanceId): boolean =>
  state.byInstance.get(instanceId)?.state === 'applied'

export const correctionsOf = (state: FakeState, instanceId: InstanceId): readonly Submission[] =>
  [...state.byInstance.values()].flatMap(({ submission }) =>
    submission.deprecatedId === instanceId && isLive(state, submission.instanceId) ? [submission] : [],
  )
