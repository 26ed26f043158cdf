/**
 * What people order of a model in the field, each with a name and a reason:
 *
 *   murram model rollback vulnerability --by Grace --why "it names nobody in the north"
 *   murram model halt vulnerability --by Grace --why "two laptops say no number"
 *   murram model resume vulnerability --by Grace --why "it was the laptops"
 *   murram model rings vulnerability
 *   murram model rings vulnerability --open-next --by Grace --why "the pilot is over"
 *   murram model challenger vulnerability 0f3c… --by Grace --why "is it better in the north?"
 *   murram model watch vulnerability --now
 *
 * Exit: 0 done · 1 it cannot be done now, or (watch) there is an alarm · 2 the collector does not answer,
 * or wrong use.
 */
import type { ModelWatch, RolloutReply } from '@murram/collector/api'
import { fault } from '@murram/ground'
import { askAdmin, type Central } from '../ask-admin.ts'
import { findDevice } from '../find-device.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { saidNo } from '../said-no.ts'
import { day, ringLines } from './model-show.ts'

export interface SteerOptions extends Central {
  readonly by: string
  readonly why: string
  readonly json?: boolean
}
type LookOptions = Central & { readonly json?: boolean } & Partial<Pick<SteerOptions, 'by' | 'why'>>

const asJson = (body: object) => ({
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
})
const at = (name: string, verb: string): string => `/models/${encodeURIComponent(name)}/${verb}`

interface Ordered {
  readonly order: RolloutReply['order']
}

export async function modelRollback(name: string, options: SteerOptions & { readonly to?: string }): Promise<ExitCode> {
  const { by, why, to } = options
  const done = await askAdmin<{ readonly release: { readonly releaseId: string; readonly candidateId: string } }>(
    options,
    at(name, 'rollback'),
    asJson({ who: by, reason: why, ...(to === undefined ? {} : { to }) }),
  )
  if (!done.ok) return saidNo(done.error, options)
  const { release } = done.value
  if (options.json === true) print.json({ ok: true, release })
  else print.line(`✓ back to candidate ${release.candidateId}, as the new release ${release.releaseId}`)
  return 0
}

export async function modelOrder(
  verb: 'halt' | 'resume' | 'advance',
  name: string,
  options: SteerOptions,
): Promise<ExitCode> {
  const { by, why } = options
  const done = await askAdmin<Ordered>(options, at(name, verb), asJson({ who: by, reason: why }))
  if (!done.ok) return saidNo(done.error, options)
  const { order } = done.value
  if (options.json === true) print.json({ ok: true, order })
  else
    print.line(
      {
        halt: `✓ ${order.releaseId} is halted: nobody new installs it, who has it keeps it (murram model rollback takes it back)`,
        resume: `✓ ${order.releaseId} goes on from ring ${order.openRing}`,
        advance: `✓ ${order.releaseId} is open up to ring ${order.openRing}${order.state === 'complete' ? ': all have it' : ''}`,
      }[verb],
    )
  return 0
}

export async function modelRings(
  name: string,
  options: LookOptions & { readonly openNext?: boolean },
): Promise<ExitCode> {
  const { by, why } = options
  if (options.openNext === true) {
    if (by === undefined || why === undefined)
      return sayFault(fault('cli.usage', '--open-next needs --by and --why: both are kept'), options)
    return modelOrder('advance', name, { ...options, by, why })
  }
  const found = await askAdmin<RolloutReply & { readonly history: readonly RolloutReply['order'][] }>(
    options,
    at(name, 'rollout'),
    { method: 'GET' },
  )
  if (!found.ok) return saidNo(found.error, options)
  if (options.json === true) print.json({ ok: true, ...found.value })
  else {
    print.line(`${name}: ${found.value.order.releaseId}`)
    for (const text of ringLines(found.value)) print.line(text)
    for (const { atMs, releaseId, state, openRing, who, reason } of found.value.history)
      print.line(`${day(atMs)}  ${releaseId}  ring ${openRing}, ${state}, by ${who}: ${reason}`)
  }
  return 0
}

/** Devices of ring 0, of every model; named anew where some are given. */
export async function modelStaff(
  names: readonly string[],
  options: LookOptions & { readonly none?: boolean },
): Promise<ExitCode> {
  const isSet = names.length > 0 || options.none === true
  if (isSet && options.by === undefined)
    return sayFault(fault('cli.usage', 'say --by: who names the staff is kept'), options)
  const devices: string[] = []
  for (const name of names) {
    const found = await findDevice(name, options)
    if (!found.ok) return sayFault(found.error, options)
    devices.push(found.value.deviceId)
  }
  const done = await askAdmin<{ readonly devices: readonly string[] }>(
    options,
    '/rollout/staff',
    isSet ? { method: 'PUT', ...asJson({ devices, who: options.by }) } : { method: 'GET' },
  )
  if (!done.ok) return saidNo(done.error, options)
  if (options.json === true) print.json({ ok: true, ...done.value })
  else if (done.value.devices.length === 0) print.line('no device is of the staff: ring 0 is empty')
  else for (const deviceId of done.value.devices) print.line(deviceId)
  return 0
}

interface Challengers {
  readonly challengers: readonly { readonly releaseId: string; readonly pairs: number; readonly words: string }[]
}

/** Those there were; or a candidate to be scored in shadow from now on; or (`--stop`) none any more. */
export async function modelChallenger(
  name: string,
  candidateId: string | undefined,
  options: LookOptions & { readonly stop?: boolean },
): Promise<ExitCode> {
  const { by, why } = options
  if (candidateId !== undefined || options.stop === true) {
    if (by === undefined || why === undefined)
      return sayFault(fault('cli.usage', 'say --by and --why: both are kept'), options)
    const body = { candidateId: options.stop === true ? null : candidateId, who: by, reason: why }
    const done = await askAdmin<Ordered>(options, at(name, 'challenger'), asJson(body))
    if (!done.ok) return saidNo(done.error, options)
    if (options.json === true) print.json({ ok: true, order: done.value.order })
    else
      print.line(
        options.stop === true
          ? '✓ no candidate is scored in shadow any more'
          : '✓ devices score it in shadow; murram model challenger shows what comes of it',
      )
    return 0
  }
  const found = await askAdmin<Challengers>(options, at(name, 'challengers'), { method: 'GET' })
  if (!found.ok) return saidNo(found.error, options)
  if (options.json === true) print.json({ ok: true, ...found.value })
  else if (found.value.challengers.length === 0)
    print.line(`nothing was scored in shadow: murram model challenger ${name} CANDIDATE`)
  else for (const { releaseId, words } of found.value.challengers) print.line(`${releaseId}: ${words}`)
  return 0
}

export async function modelWatch(name: string, options: LookOptions & { readonly now?: boolean }): Promise<ExitCode> {
  const found = await askAdmin<ModelWatch>(options, at(name, 'watch'), {
    method: options.now === true ? 'POST' : 'GET',
  })
  if (!found.ok) return saidNo(found.error, options)
  const watch = found.value
  const isAlarm = watch.findings.some(({ severity }) => severity === 'alarm')
  if (options.json === true) print.json({ ok: !isAlarm, ...watch })
  else {
    print.line(`${day(watch.atMs)}  ${watch.summary}`)
    for (const { severity, kind, what, todo } of watch.findings)
      print.line(`${severity}, ${kind}: ${what}\n  to do: ${todo}`)
  }
  return isAlarm ? 1 : 0
}
