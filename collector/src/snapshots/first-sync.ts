/** What the gate offers beside pages: snapshots for who is far behind, patches for who has an older file. */
import type { Sha256 } from '@murram/ground'
import type { Hello, Welcome } from '@murram/wire'
import type { Logger } from 'pino'
import type { View } from '../feed/view.ts'
import { createPatches, type FindPatch } from '../patches/patches.ts'
import type { BuildDeps } from './build-snapshot.ts'
import { createSnapshots, type SnapshotsDeps } from './snapshots.ts'

export interface FirstSync {
  readonly snapshotFor: (hello: Hello, view: View) => Promise<NonNullable<Welcome['more']>['snapshot']>
  readonly patch: FindPatch
  readonly close: () => Promise<void>
}

export function openFirstSync(deps: BuildDeps & Pick<SnapshotsDeps, 'log' | 'views' | 'onRing'>): FirstSync {
  const snapshots = createSnapshots(deps)
  return {
    snapshotFor: async ({ more }, view) => {
      if (more?.checkpoint === undefined) return undefined
      const offer = await snapshots.offer(view, more.checkpoint)
      return offer === undefined ? undefined : { ...offer, sha256: offer.sha256 as Sha256 }
    },
    patch: createPatches(deps),
    close: snapshots.close,
  }
}
