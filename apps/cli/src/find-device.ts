/** The device that a person means, at a running collector. */
import type { DeviceList, DeviceRow } from '@murram/collector/api'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { askAdmin, type Central } from './ask-admin.ts'

/** By its id, the beginning of it, or the name of its officer where one device has it. */
export async function findDevice(name: string, options: Central): Promise<Result<DeviceRow, Fault>> {
  const list = await askAdmin<DeviceList>(options, '/devices', { method: 'GET' })
  if (!list.ok) return list
  const found = list.value.devices.filter(
    ({ deviceId, officer }) => officer === name || (name.length >= 6 && deviceId.startsWith(name)),
  )
  const [device] = found
  if (device !== undefined && found.length === 1) return ok(device)
  return err(
    found.length === 0
      ? fault('cli.usage', `no device is called ${name}; murram collector devices lists them`)
      : fault('cli.usage', `${name} is ${found.map(({ deviceId }) => deviceId.slice(0, 8)).join(' or ')}: give the id`),
  )
}
