/**
 * Who may see what: the view of a device, the pages it is given, and the files it may ask for.
 *
 * AC1 a device is shown what belongs to its scopes and what is for all; a device without scopes sees all
 * AC2 what leaves its scopes is told to it as gone
 * AC3 a file is given to whom the feed, or a snapshot of the own view, names it; to anybody else it is not here
 *
 * Not here: a device that left (the gate shows it nothing any more).
 */
import type { Checkpoint, DeviceId, Sha256 } from '@murram/ground'
import type { Page } from '@murram/wire'
import type { ReadDb } from '../db/handles.ts'
import { readPage } from '../feed/read-page.ts'
import { readViews, WHOLE_VIEW, type View } from '../feed/view.ts'
import { isNamedInFeed, isOfView } from './scopes-repo.ts'

export interface Access {
  readonly viewOf: (deviceId: DeviceId) => Promise<View>
  readonly page: (deviceId: DeviceId, from: Checkpoint, maxBytes: number, namedUpto?: number) => Promise<Page>
  readonly mayFetch: (deviceId: DeviceId, sha256: Sha256) => Promise<boolean>
}

export interface AccessDeps {
  readonly read: ReadDb
  readonly projectId: string
  readonly epoch: number
}

export function createAccess({ read, projectId, epoch }: AccessDeps): Access {
  const viewOf = async (deviceId: DeviceId) => (await readViews(read, projectId, deviceId))[0] ?? WHOLE_VIEW
  return {
    viewOf,
    page: (deviceId, from, maxBytes, namedUpto) =>
      readPage(read, { projectId, epoch, deviceId, from, maxBytes, namedUpto }),
    mayFetch: async (deviceId, sha256) =>
      (await isNamedInFeed(read, sha256)) || (await isOfView(read, sha256, (await viewOf(deviceId)).name)),
  }
}
