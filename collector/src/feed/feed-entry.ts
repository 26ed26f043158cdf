/** One key of the feed as a room appends it: the whole present state, or that it is gone. */
import type { DeviceId } from '@murram/ground'

type FeedKind = 'entity' | 'conflict' | 'form' | 'release' | 'return' | 'submission' | 'rollout' | 'task'

export interface FeedEntry {
  readonly kind: FeedKind
  readonly key: string
  /** `null` is a tombstone; it is told to whom the row was told. */
  readonly body: unknown
  /** Devices that may read it; absent: every device. */
  readonly scope?: readonly DeviceId[]
}
