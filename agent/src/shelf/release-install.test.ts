/** Rings, halts and shadows as one device follows them, with scorers that do not score. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, fault, noCrashPoint, ok, type DeviceId } from '@murram/ground'
import { CHALLENGER_PURPOSE, parseManifest, rootOfEnrolment, type RolloutOrder } from '@murram/score'
import type { Scorer } from '@murram/score/onnx'
import { createSigningKey, sha256 } from '@murram/seal'
import type { ReleaseBody, RolloutBody } from '@murram/wire'
import { expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { makeTestRelease, makeTestRollout, type TestRelease } from '../test-house/test-release.ts'
import { openModelSlots, type ModelSlots } from './model-slots.ts'
import { createReleaseInstall, type FetchBlob, type ReleaseInstall } from './release-install.ts'

const [root, releaseKey] = [createSigningKey(), createSigningKey()]
const projectId = 'p'
const deviceId = 'd'.repeat(32) as DeviceId
const release = (counter: number, options: { readonly purpose?: string } = {}) =>
  makeTestRelease({ root, projectId, counter, releaseKey, ...options })
const bodyOf = ({ signed, chain }: TestRelease) => ({ signed, chain }) as ReleaseBody
const rollout = (of: TestRelease, said: Partial<RolloutOrder> & { orderNumber: number }, challenger?: TestRelease) =>
  makeTestRollout({ releaseKey, release: of, said, ...(challenger === undefined ? {} : { challenger }) })

async function laptop() {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-install-'))
  const kept = new Map<string, string>()
  const values: DeviceValues = { get: name => kept.get(name) ?? null, set: (name, value) => void kept.set(name, value) }
  let [fetched, open, isFull] = [0, 0, false]
  const blobs = new Map<string, Uint8Array>()
  const fetchBlob: FetchBlob = async hash => {
    const bytes = blobs.get(hash)
    if (bytes === undefined) return err(fault('http.not-found', hash))
    fetched += 1
    return ok(bytes)
  }
  const enrolment = {
    rootPublicKey: root.publicKey,
    certificate: { body: { projectId, deviceId, demo: true } },
  } as unknown as EnrolmentFile
  let slots: ModelSlots
  let install: ReleaseInstall
  const restart = async () => {
    slots = await openModelSlots({
      dataDir,
      values,
      log: silentLog,
      openScorer: async ({ manifest }) => {
        open += 1
        return ok({ manifest, [Symbol.asyncDispose]: async () => void (open -= 1) } as unknown as Scorer)
      },
      verifyStored: stored => parseManifest(stored.signed),
    })
    const current = () => rootOfEnrolment({ projectId, rootPublicKey: root.publicKey, demo: true })
    const writeSlot: ModelSlots['writeSlot'] = async (...slot) => {
      if (isFull) throw new Error('ENOSPC: no space left on device')
      await slots.writeSlot(...slot)
    }
    install = createReleaseInstall({
      enrolment,
      forms: { versions: () => ['1'] },
      slots: { ...slots, writeSlot },
      values,
      trust: {
        current,
        vouch: () => ok(undefined),
        statement: () => null,
        ordersStated: () => ({}),
        nowMs: () => 1_700_000_000_000,
      },
      allowDemo: true,
      now: () => 1_700_000_000_000,
      log: silentLog,
      crashPoint: noCrashPoint,
    })
  }
  await restart()
  return {
    restart,
    publish: ({ files }: TestRelease) => {
      for (const bytes of files.values()) blobs.set(sha256(bytes), bytes)
    },
    consider: (of: TestRelease) => install.consider(bodyOf(of), fetchBlob),
    follow: (row: RolloutBody) => {
      install.hear(row)
      return install.follow(row, fetchBlob)
    },
    inForce: () => slots.active('household')?.manifest.counter ?? null,
    shadow: () => slots.shadow('household')?.manifest.counter ?? null,
    slots: () => slots,
    fetched: () => fetched,
    /** Models that are held in memory. */
    open: () => open,
    fill: (full: boolean) => void (isFull = full),
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

/** The device's place lies above this share, and below that one. */
const CLOSED = { openRing: 1, shares: [0.0001, 1] }

test('RI4 RI5 outside the open rings it is scored in shadow; when the ring opens it is installed without a byte more', async () => {
  using device = await laptop()
  const [first, second] = [release(1), release(2)]
  device.publish(first)
  expect(await device.consider(first)).toMatchObject({ state: 'installed', counter: 1 })
  const before = device.fetched()
  expect(await device.follow(rollout(second, { orderNumber: 5, ...CLOSED }))).toBeNull()
  expect([device.inForce(), device.shadow()]).toEqual([1, 2])
  // By way of the other row, neither.
  expect(await device.consider(second)).toBeNull()
  await device.restart()
  expect([device.inForce(), device.shadow()]).toEqual([1, 2])
  expect(await device.follow(rollout(second, { orderNumber: 6, ...CLOSED, openRing: 2 }))).toMatchObject({
    state: 'installed',
    counter: 2,
  })
  expect([device.inForce(), device.shadow()]).toEqual([2, null])
  expect(device.fetched()).toBe(before)
  // What all have is behind it, which is nothing to report.
  expect(await device.consider(first)).toBeNull()
})

test('RI4 halted, nobody new installs it and who has it keeps it; an older order that comes again is not heard', async () => {
  using device = await laptop()
  const [first, second] = [release(1), release(2)]
  device.publish(first)
  await device.consider(first)
  const open = rollout(second, { orderNumber: 5 })
  await device.follow(rollout(second, { orderNumber: 6, state: 'halted' }))
  await device.restart()
  for (const row of [open, rollout(second, { orderNumber: 6, state: 'halted' })])
    expect(await device.follow(row)).toBeNull()
  expect(await device.consider(second)).toBeNull()
  expect([device.inForce(), device.shadow()]).toEqual([1, null])
  // Resumed, installed, and halted once more.
  expect(await device.follow(rollout(second, { orderNumber: 7 }))).toMatchObject({ state: 'installed' })
  await device.follow(rollout(second, { orderNumber: 8, state: 'halted' }))
  expect(device.inForce()).toBe(2)
})

test('RI4 an order of a stranger, or about another release than it comes with, is not followed', async () => {
  using device = await laptop()
  const [first, second] = [release(1), release(2)]
  device.publish(first)
  const row = rollout(second, { orderNumber: 5 })
  const forged = makeTestRollout({ releaseKey: createSigningKey(), release: second, said: { orderNumber: 9 } })
  expect(await device.follow(forged)).toBeNull()
  expect(await device.follow({ ...row, release: bodyOf(first) })).toBeNull()
  expect(device.inForce()).toBeNull()
  expect(await device.follow(row)).toMatchObject({ state: 'installed', counter: 2 })
})

test('RI5 a challenger is scored in shadow, is never put into force, and goes when the order names it no more', async () => {
  using device = await laptop()
  const [first, challenger] = [release(1), release(9, { purpose: CHALLENGER_PURPOSE })]
  device.publish(first)
  await device.follow(rollout(first, { orderNumber: 5, state: 'complete' }, challenger))
  expect([device.inForce(), device.shadow()]).toEqual([1, 9])
  expect(await device.consider(challenger)).toMatchObject({
    state: 'refused',
    fault: { fault: 'bundle.bad-signature' },
  })
  expect(device.inForce()).toBe(1)
  await device.follow(rollout(first, { orderNumber: 6, state: 'complete' }))
  expect([device.inForce(), device.shadow()]).toEqual([1, null])
})

test('RI5 a challenger under the number of what is in force is none: it would take its place on the disk', async () => {
  using device = await laptop()
  const first = release(1)
  device.publish(first)
  await device.consider(first)
  await device.follow(
    rollout(first, { orderNumber: 5, state: 'complete' }, release(1, { purpose: CHALLENGER_PURPOSE })),
  )
  expect([device.inForce(), device.shadow()]).toEqual([1, null])
})

test('RI1 a full disk: the model before stays, the other is held in memory no longer, and it is installed when there is room', async () => {
  using device = await laptop()
  const [first, second] = [release(1), release(2)]
  device.publish(first)
  await device.consider(first)
  device.fill(true)
  for (const step of [rollout(second, { orderNumber: 5, ...CLOSED }), rollout(second, { orderNumber: 6 })])
    await expect(device.follow(step)).rejects.toThrow('ENOSPC')
  expect([device.inForce(), device.shadow(), device.open()]).toEqual([1, null, 1])
  device.fill(false)
  expect(await device.follow(rollout(second, { orderNumber: 6 }))).toMatchObject({ state: 'installed' })
  expect([device.inForce(), device.open()]).toEqual([2, 1])
})

test('RI3 a release that this device has left is not installed again, a rollback above it is', async () => {
  using device = await laptop()
  const [first, second, third] = [release(1), release(2), release(3)]
  device.publish(first)
  await device.consider(first)
  const row = rollout(second, { orderNumber: 5 })
  await device.follow(row)
  for (let n = 0; n < 3; n += 1) await device.slots().noteScore('household', 2, fault('score.not-finite', 'r'))
  expect(device.inForce()).toBe(1)
  expect(await device.follow(row)).toBeNull()
  await device.restart()
  expect(await device.follow(row)).toBeNull()
  expect(device.inForce()).toBe(1)
  const before = device.fetched()
  expect(await device.follow(rollout(third, { orderNumber: 6, state: 'complete' }))).toMatchObject({
    state: 'installed',
  })
  expect(device.inForce()).toBe(3)
  expect(device.fetched()).toBe(before) // RI6: the old bytes are here
})
