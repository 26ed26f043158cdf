/**
 * murram collector devices: the laptops of the project, and what of theirs is not here yet.
 *
 *   murram collector devices --data ./centre
 *
 * Exit: 0 listed · 2 the collector does not answer, or wrong use.
 */
import type { DeviceList, DeviceRow } from '@murram/collector/api'
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

export async function collectorDevices(options: Central & { readonly json?: boolean }): Promise<ExitCode> {
  const list = await askAdmin<DeviceList>(options, '/devices', { method: 'GET' })
  if (!list.ok) return sayFault(list.error, options)
  const { devices } = list.value
  if (options.json === true) print.json({ ok: true, devices })
  else if (devices.length === 0) print.line('no laptop is enrolled yet: murram collector token --officer NAME')
  else for (const device of devices) print.line(lineOf(device))
  return 0
}

function lineOf(device: DeviceRow): string {
  const { deviceId, officer, state, connected, lastSeenAtMs, submissions, queued, quarantined, order } = device
  const receipt = order?.receipt ?? null
  const seen = connected
    ? 'connected'
    : lastSeenAtMs === null
      ? 'never seen'
      : `last seen ${new Date(lastSeenAtMs).toISOString()}`
  return [
    `${deviceId}  ${officer}`,
    ...(state === 'active' ? [] : [state]),
    seen,
    `${counted(submissions, 'submission')} here`,
    ...(receipt === null && (queued ?? 0) > 0 ? [`${queued} on it when last heard`] : []),
    ...(receipt === null ? [] : [`emptied ${new Date(receipt.atMs).toISOString()}, ${receipt.unsent} never sent`]),
    ...(quarantined === 0 ? [] : [`${quarantined} quarantined: murram collector accept-quarantined`]),
  ].join(', ')
}
