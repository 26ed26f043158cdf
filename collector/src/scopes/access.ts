/**
 * Who may see what: the view of a device, the pages it is given, and the files it may ask for.
 *
 * AC1 a device is shown what belongs to its scopes and what is for all; a device without scopes sees all
 * AC2 what leaves its scopes is told to it as gone
 * AC3 a file is given to whom the feed, or a snapshot of the own view, names it; to anybody else it is not here
 * AC4 what is read under another view than the reader came with is not given to it: the checkpoint would
 *     pass over rows that its view holds
 *
 * Not here: a device that left (the gate shows it nothing any more).
 */
import type { Checkpoint, DeviceId, Sha256 } from '@murram/ground'
import type { Page } from '@murram/wire'
import type { ReadDb } from '../db/handles.ts'
import { readPageAs } from '../feed/read-page.ts'
import { readViews, WHOLE_VIEW, type View } from '../feed/view.ts'
import { isNamedInFeed, isOfView } from './scopes-repo.ts'

export interface Access {
  readonly viewOf: (deviceId: DeviceId) => Promise<View>
  /** `null`: AC4. */
  readonly page: (
    of: { readonly deviceId: DeviceId; readonly view: string },
    from: Checkpoint,
    maxBytes: number,
    namedUpto?: number,
  ) => Promise<Page | null>
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
    page: async (of, from, maxBytes, namedUpto) => {
      const { page, view } = await readPageAs(read, {
        projectId,
        epoch,
        deviceId: of.deviceId,
        from,
        maxBytes,
        namedUpto,
      })
      return view === of.view ? page : null
    },
    mayFetch: async (deviceId, sha256) =>
      (await isNamedInFeed(read, sha256)) || (await isOfView(read, sha256, (await viewOf(deviceId)).name)),
  }
}
