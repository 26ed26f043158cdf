/** What an entity is, as everyone reads it, and what was said of it that did not stand. */
import type { DeviceId, EntityId, InstanceId } from '@murram/ground'
import type { Stamp } from './stamp.ts'

export interface StandingAnswer {
  readonly answer: string
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  /** The effective stamp: safe to observe. */
  readonly stamp: Stamp
}

/** Both answers are kept, whichever stands, so that a person can choose. */
export interface ConflictEntry {
  /** 32 hex digits, the same in every fold in which this conflict occurs. */
  readonly conflictId: string
  readonly entityId: EntityId
  readonly property: string
  /** What stands now; in a settled conflict, what was chosen. */
  readonly stands: StandingAnswer
  readonly other: StandingAnswer
  readonly settledBy: InstanceId | null
}

export interface FoldedEntity {
  readonly entityId: EntityId
  readonly dataset: string
  readonly label: string | null
  readonly properties: Readonly<Record<string, StandingAnswer>>
  /** By property, then by id. */
  readonly conflicts: readonly ConflictEntry[]
  /** In their order. */
  readonly live: readonly InstanceId[]
  /** Deprecated by an edit, in their order. */
  readonly superseded: readonly InstanceId[]
}
