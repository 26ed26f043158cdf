/** What the gate offers beside pages: snapshots for who is far behind, patches for who has an older file. */
import type { Sha256 } from '@murram/ground'
import type { Hello, Welcome } from '@murram/wire'
import type { View } from '../feed/view.ts'
import { createPatches, type FindPatch } from '../patches/patches.ts'
import type { BuildDeps } from './build-snapshot.ts'
import { isBelowFloor, readFloor, viewNameFor } from './old-tombstones.ts'
import { createSnapshots, type SnapshotsDeps } from './snapshots.ts'

export interface FirstSync {
  readonly snapshotFor: (hello: Hello, view: View) => Promise<NonNullable<Welcome['more']>['snapshot']>
  /** The name of its view that the device is told; another one than before has it read from nought. */
  readonly viewFor: (hello: Hello, view: string) => Promise<string>
  readonly patch: FindPatch
  readonly close: () => Promise<void>
}

export function openFirstSync(deps: BuildDeps & Pick<SnapshotsDeps, 'log' | 'views' | 'onRing'>): FirstSync {
  const { read, epoch } = deps
  const snapshots = createSnapshots(deps)
  return {
    viewFor: async (hello, view) => viewNameFor(hello, view, { epoch, floor: await readFloor(read) }),
    snapshotFor: async (hello, view) => {
      if (hello.more?.checkpoint === undefined) return undefined
      const startsAnew = isBelowFloor(hello, epoch, await readFloor(read))
      const offer = await snapshots.offer(view, startsAnew ? { epoch, number: 0 } : hello.more.checkpoint)
      return offer === undefined ? undefined : { ...offer, sha256: offer.sha256 as Sha256 }
    },
    patch: createPatches(deps),
    close: snapshots.close,
  }
}
