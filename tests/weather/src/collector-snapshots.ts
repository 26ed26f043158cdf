/** What a collector process offers beside pages: snapshots, and their files to whom they are for. */
import type { GateNeeds } from '@murram/collector/weather'
import type { DeviceId, Sha256 } from '@murram/ground'
import type { CollectorBase } from './collector-base.ts'
import type { Inspector } from './inspector.ts'

export type SnapshotView = Parameters<CollectorBase['snapshots']['refresh']>[0]

export interface SnapshotNeedsDeps {
  readonly base: Pick<CollectorBase, 'snapshots'>
  readonly inspector: Inspector
  /** The process may die before and after what it asks of the database. */
  readonly ask: <T>(place: string, work: () => Promise<T>) => Promise<T>
  readonly refresh: (view: SnapshotView) => void
}

export function createSnapshotNeeds({
  base: { snapshots },
  inspector,
  ask,
  refresh,
}: SnapshotNeedsDeps): Pick<GateNeeds, 'snapshot' | 'mayFetch' | 'blob'> {
  return {
    snapshot: hello =>
      ask('an offer', async () => {
        const checkpoint = hello.more?.checkpoint
        if (checkpoint === undefined) return undefined
        const view = snapshots.viewOf(hello.deviceId)
        refresh(view)
        return snapshots.offer(view, checkpoint)
      }),
    mayFetch: (deviceId: DeviceId, hash: Sha256) =>
      ask('a file asked for', async () => {
        inspector.onPage(deviceId)
        return snapshots.mayFetch(deviceId, hash)
      }),
    blob: (hash, range) => ask('a piece of a file', async () => snapshots.blob(hash, range)),
  }
}
