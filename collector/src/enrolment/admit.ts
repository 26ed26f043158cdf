/**
 * Who may open a session: a device whose certificate the project's root key signed and that
 * nobody revoked. One that left, or was stolen, is admitted to be told so. A device that a restored database has forgotten is let in and written down
 * again: its certificate says everything.
 */
import { err, fault, ok, type DeviceId, type Fault, type Result } from '@murram/ground'
import { keyIdOf, verifyDocument, type Signed } from '@murram/seal'
import { DEVICE_CERTIFICATE_PURPOSE, type DeviceOrder, type Hello } from '@murram/wire'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { ReadDb } from '../db/handles.ts'
import { readViews, WHOLE_VIEW } from '../feed/view.ts'
import { findDevice, ownerOfStore } from './device-repo.ts'
import { pendingOrder } from './orders.ts'

export interface Admitted {
  readonly deviceId: DeviceId
  readonly publicKey: string
  readonly state: 'active' | 'left' | 'stolen'
  /** Names what it may see. */
  readonly view: string
  readonly order?: Signed<DeviceOrder> | undefined
}

export async function admitDevice(
  { read, keys, demo }: { readonly read: ReadDb; readonly keys: ProjectKeys; readonly demo: boolean },
  { projectId, deviceId, storeId, certificate }: Hello,
): Promise<Result<Admitted, Fault>> {
  if (projectId !== keys.projectId) return err(fault('sync.not-enrolled', `this is the project ${keys.projectId}`))
  const verified = verifyDocument(keys.root.publicKey, DEVICE_CERTIFICATE_PURPOSE, certificate)
  if (!verified.ok) return verified
  const { publicKey, ...body } = verified.value
  if (body.projectId !== projectId || body.deviceId !== deviceId || keyIdOf(publicKey) !== deviceId)
    return err(fault('sync.bad-signature', 'the certificate is that of another device'))
  if (body.demo && !demo) return err(fault('key.demo-refused', deviceId))
  const known = await findDevice(read, deviceId)
  if (known?.state === 'revoked') return err(fault('sync.device-revoked', deviceId))
  // Numbers of another device's store would be taken before it sends them.
  const owner = await ownerOfStore(read, storeId)
  if (owner !== undefined && owner !== deviceId)
    return err(fault('sync.bad-signature', 'the store is that of another device'))
  const state = known?.state ?? 'active'
  const [view = WHOLE_VIEW] = state === 'active' ? await readViews(read, keys.projectId, deviceId) : []
  return ok({ deviceId, publicKey, state, view: view.name, order: await pendingOrder(read, deviceId) })
}
