/**
 * murram collector revoke | accept-quarantined | scopes: who may see what.
 *
 * Exit: 0 done · 1 not confirmed, or the device is gone already · 2 the collector does not answer, or wrong use.
 */
import { writeFileSync } from 'node:fs'
import type { DeviceList, ScopeList } from '@murram/collector/api'
import { fault, type Fault, type Result } from '@murram/ground'
import { askAdmin, type Central } from '../ask-admin.ts'
import { findDevice } from '../find-device.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'

export interface ScopesOptions extends Central {
  readonly json?: boolean
}
export type DeviceOptions = ScopesOptions
export interface RevokeOptions extends ScopesOptions {
  readonly left?: boolean
  readonly stolen?: boolean
  readonly undo?: boolean
  readonly confirm?: string
  readonly order?: string
}
export interface DivideOptions extends ScopesOptions {
  readonly by?: string
  readonly forAll?: boolean
}
export interface KeepOptions extends ScopesOptions {
  readonly to?: string
  readonly all?: boolean
}

const JSON_BODY = { 'Content-Type': 'application/json' }
const NO_ANSWER: ReadonlySet<string> = new Set(['device.confirm-missing', 'device.purged'])

export async function collectorRevoke(name: string, options: RevokeOptions): Promise<ExitCode> {
  const kinds = [options.left && 'leave', options.stolen && 'destroy', options.undo && 'stay'].filter(Boolean)
  const [kind] = kinds
  if (kinds.length !== 1) return sayFault(fault('cli.usage', 'one of --left, --stolen and --undo'), options)
  const device = await findDevice(name, options)
  if (!device.ok) return sayFault(device.error, options)
  const { deviceId, officer } = device.value
  const ordered = await askAdmin<{ order: unknown }>(options, `/devices/${deviceId}/order`, {
    body: JSON.stringify({ kind, ...(options.confirm === undefined ? {} : { confirm: options.confirm }) }),
    headers: JSON_BODY,
  })
  if (!ordered.ok) {
    sayFault(ordered.error, options)
    return NO_ANSWER.has(ordered.error.fault) ? 1 : 2
  }
  if (options.order !== undefined) writeFileSync(pathOf(options.order), `${JSON.stringify(ordered.value.order)}\n`)
  if (options.json === true) print.json({ ok: true, deviceId, officer, kind, order: ordered.value.order })
  else {
    print.line(`${officer} (${deviceId.slice(0, 8)}): ${WORDS[String(kind)]}`)
    print.line(`without a link it takes the order from a stick: murram collector export-bundle --device ${deviceId}`)
  }
  return 0
}

const WORDS: Readonly<Record<string, string>> = {
  leave: 'left. At its next contact it is locked, sends what is unsent, and is emptied.',
  destroy: 'stolen. At its next contact its key is destroyed; what it never sent is lost.',
  stay: 'taken back.',
}

export async function acceptQuarantined(name: string, options: DeviceOptions): Promise<ExitCode> {
  const device = await findDevice(name, options)
  if (!device.ok) return sayFault(device.error, options)
  const path = `/devices/${device.value.deviceId}/accept-quarantined`
  const done = await askAdmin<{ accepted: number; applied: number }>(options, path, {})
  if (!done.ok) return sayFault(done.error, options)
  if (options.json === true) print.json({ ok: true, ...done.value })
  else print.line(`${done.value.accepted} accepted, ${done.value.applied} of them count now`)
  return 0
}

export async function listScopes(options: ScopesOptions): Promise<ExitCode> {
  const scopes = await askAdmin<ScopeList>(options, '/scopes', { method: 'GET' })
  if (!scopes.ok) return sayFault(scopes.error, options)
  const list = await askAdmin<DeviceList>(options, '/devices', { method: 'GET' })
  if (!list.ok) return sayFault(list.error, options)
  const kept = list.value.devices.filter(device => device.scopes !== null)
  if (options.json === true) {
    const devices = kept.map(({ deviceId, officer, scopes: names }) => ({ deviceId, officer, scopes: names }))
    print.json({ ok: true, ...scopes.value, devices })
    return 0
  }
  sayScopes(scopes.value)
  for (const { officer, deviceId, scopes: names } of kept)
    print.line(`${officer} (${deviceId.slice(0, 8)}) sees ${(names ?? []).join(', ') || 'nothing that is divided'}`)
  return 0
}

export async function divideDataset(dataset: string, options: DivideOptions): Promise<ExitCode> {
  const { by, forAll = false } = options
  if ((by === undefined) === !forAll) return sayFault(fault('cli.usage', 'either --by PROPERTY or --for-all'), options)
  const path = `/scopes/datasets/${encodeURIComponent(dataset)}`
  return sayChange(await put(options, path, { property: by ?? null }), options)
}

export async function keepDevice(name: string, options: KeepOptions): Promise<ExitCode> {
  const { to, all = false } = options
  if ((to === undefined) === !all) return sayFault(fault('cli.usage', 'either --to SCOPES or --all'), options)
  const device = await findDevice(name, options)
  if (!device.ok) return sayFault(device.error, options)
  const scopes =
    to
      ?.split(',')
      .map(scope => scope.trim())
      .filter(scope => scope !== '') ?? null
  return sayChange(await put(options, `/devices/${device.value.deviceId}/scopes`, { scopes }), options)
}

const put = (options: ScopesOptions, path: string, body: object): Promise<Result<ScopeList, Fault>> =>
  askAdmin<ScopeList>(options, path, { method: 'PUT', body: JSON.stringify(body), headers: JSON_BODY })

function sayChange(changed: Result<ScopeList, Fault>, options: ScopesOptions): ExitCode {
  if (!changed.ok) return sayFault(changed.error, options)
  if (options.json === true) print.json({ ok: true, ...changed.value })
  else sayScopes(changed.value)
  return 0
}

function sayScopes({ properties, scopes }: ScopeList): void {
  if (Object.keys(properties).length === 0) print.line('no dataset is divided: every device sees everything')
  for (const [dataset, property] of Object.entries(properties)) print.line(`${dataset} is divided by ${property}`)
  for (const { dataset, scope, entities } of scopes)
    print.line(`  ${dataset} ${scope === '' ? '(no answer)' : scope}: ${entities}`)
}
