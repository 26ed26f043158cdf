/**
 * Which part of the households an officer's device is shown. A dataset is divided by the answer to
 * one of its properties (a district, a team); a device is kept to some of these answers, or sees all.
 *
 * SR1 whatever a change of scopes takes from a device, its session ends: what it is shown next, it is
 *     shown under another view, and it removes the rest
 */
import { fault, type DeviceId, type Fault } from '@murram/ground'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { ScopesDoor } from './routes.ts'
import { countScopes, devicesInScopes, putDeviceScopes, putScopeProperty, readScopeProperties } from './scopes-repo.ts'

export interface ScopesDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly projectId: string
  readonly drop: (deviceId: DeviceId, reason: Fault) => Promise<void>
}

export function createScopesDoor({ read, write, projectId, drop }: ScopesDeps): ScopesDoor {
  const changed = fault('sync.view-changed')
  return {
    list: async () => ({ properties: await readScopeProperties(read, projectId), scopes: await countScopes(read) }),
    divide: async (dataset, property) => {
      await inTransaction(write, tx => putScopeProperty(tx, projectId, { dataset, property }))
      for (const deviceId of await devicesInScopes(read)) await drop(deviceId, changed)
    },
    keepTo: async (deviceId, scopes) => {
      const isKnown = await putDeviceScopes(write, deviceId, scopes)
      if (isKnown) await drop(deviceId, changed)
      return isKnown
    },
  }
}
