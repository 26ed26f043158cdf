/**
 * The gate as people at the centre see it: whatever collector a device has its session with,
 * it is connected, and it can be dropped.
 *
 * That a device was revoked is told to the other collectors at once, and found by each of them
 * at its next look if the word was lost.
 */
import { fault, type DeviceId, type Fault } from '@murram/ground'
import type { ReadDb } from '../db/handles.ts'
import { revokedAmong } from '../enrolment/device-repo.ts'
import type { Gate } from '../gate/gate.ts'
import type { Neighbours } from '../neighbours/neighbours.ts'

export interface GateOfAll {
  readonly isConnected: (deviceId: string) => boolean
  readonly connected: () => number
  readonly drop: (deviceId: DeviceId, reason: Fault) => Promise<void>
}

export function gateOfAll(gate: Pick<Gate, 'drop'>, neighbours: Neighbours, read: ReadDb): GateOfAll {
  neighbours.hear('drop', ({ deviceId, reason }) => void gate.drop(deviceId, reason))
  neighbours.onLook(async () => {
    for (const deviceId of await revokedAmong(read, neighbours.here()))
      await gate.drop(deviceId, fault('sync.device-revoked', deviceId))
  })
  return {
    isConnected: neighbours.isConnected,
    connected: neighbours.connected,
    drop: async (deviceId, reason) => {
      neighbours.tell('drop', { deviceId, reason })
      await gate.drop(deviceId, reason)
    },
  }
}
