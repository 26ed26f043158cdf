import { createHash } from 'node:crypto'
import type { DeviceId } from '@murram/ground'
import { createSigningKey, signDocument } from '@murram/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOW_MS } from './fixture-bundle.ts'
import { RELEASE_KEY_PURPOSE, type ReleaseKeyCertificate } from './manifest.ts'
import { placeOf, ringOf, ROLLOUT_PURPOSE, stepOf, verifyRolloutOrder, type RolloutOrder } from './rollout-order.ts'

const device = (n: number) => createHash('sha256').update(`device ${n}`).digest('hex').slice(0, 32) as DeviceId
const order: RolloutOrder = {
  projectId: 'p',
  modelName: 'vulnerability',
  releaseId: 'vulnerability-7',
  counter: 7,
  orderNumber: 3,
  openRing: 1,
  shares: [0.1, 0.5, 1],
  staff: [device(0)],
  state: 'advancing',
  challenger: null,
  atMs: 1,
}

test('RO1 places are spread evenly, and of two models each has its own', () => {
  const devices = Array.from({ length: 20_000 }, (_, i) => device(i))
  for (const modelName of ['vulnerability', 'sentiment']) {
    const bins = Array.from({ length: 20 }, () => 0)
    for (const id of devices) bins[Math.floor(placeOf(id, modelName) * 20)]! += 1
    // χ² of 19 degrees of freedom: 43.8 is passed once in a thousand.
    expect(bins.reduce((sum, n) => sum + (n - 1_000) ** 2 / 1_000, 0)).toBeLessThan(43.8)
  }
  const rings = devices.map(id => ringOf(order, id))
  const share = (ring: number) => rings.filter(one => one <= ring).length / devices.length
  expect(share(1)).toBeCloseTo(0.1, 1)
  expect(share(2)).toBeCloseTo(0.5, 1)
  expect(share(3)).toBe(1)
  const both = devices.filter(id => placeOf(id, 'vulnerability') < 0.1 && placeOf(id, 'sentiment') < 0.1)
  expect(both.length / devices.length).toBeCloseTo(0.01, 2)
})

test('RO1 a place is the same for ever: what it is today is pinned', () => {
  expect(placeOf('0123456789abcdef0123456789abcdef', 'vulnerability')).toBe(0.07809498347342014)
  expect(ringOf(order, device(0))).toBe(0)
})

test('RO3 more devices install it with each ring, all of them in the last, and none once it is halted', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(3), (n, openRing) => {
      const at = (ring: number) => stepOf({ ...order, openRing: ring }, device(n))
      expect([at(openRing), at(openRing + 1)]).not.toEqual(['install', 'shadow'])
      expect(['install', 'shadow']).toContain(at(openRing))
      expect(at(3)).toBe('install')
      expect(stepOf({ ...order, openRing, state: 'complete' }, device(n))).toBe('install')
      expect(stepOf({ ...order, openRing, state: 'halted' }, device(n))).toBe('leave')
    }),
  )
})

const [root, releaseKey, stranger] = [createSigningKey(), createSigningKey(), createSigningKey()]
const certificate: ReleaseKeyCertificate = {
  projectId: 'p',
  publicKey: releaseKey.publicKey,
  demo: false,
  issuedAtMs: 0,
}
const chain = signDocument(root, RELEASE_KEY_PURPOSE, certificate)
const check = (body: RolloutOrder, { key = releaseKey, purpose = ROLLOUT_PURPOSE, heard = 0, by = chain } = {}) =>
  verifyRolloutOrder({
    order: signDocument(key, purpose, body),
    chain: by,
    rootPublicKey: root.publicKey,
    projectId: 'p',
    heard: () => heard,
    allowDemo: false,
    nowMs: NOW_MS,
  })

test('RO2 what is signed by another key, for another purpose or project, or older than what was heard', () => {
  expect(check(order)).toEqual({ ok: true, value: order })
  expect(check(order, { heard: 3 }).ok).toBe(true)
  expect(check(order, { heard: 4 })).toMatchObject({ error: { fault: 'bundle.order-not-higher' } })
  const forged = { error: { fault: 'bundle.bad-signature' } }
  expect(check(order, { key: stranger })).toMatchObject(forged)
  expect(check(order, { purpose: 'release' })).toMatchObject(forged)
  expect(check(order, { by: signDocument(stranger, RELEASE_KEY_PURPOSE, certificate) })).toMatchObject(forged)
  expect(check({ ...order, projectId: 'q' })).toMatchObject({ error: { fault: 'bundle.incompatible' } })
  const demo = signDocument(root, RELEASE_KEY_PURPOSE, { ...certificate, demo: true })
  expect(check(order, { by: demo })).toMatchObject({ error: { fault: 'key.demo-refused' } })
})

test('RO4 a number years ahead, after which none could come, is refused', () => {
  const absurd = { error: { fault: 'bundle.counter-absurd' } }
  for (const orderNumber of [Number.MAX_SAFE_INTEGER, Math.floor(NOW_MS / 1_000) + 3 * 31_557_600])
    expect(check({ ...order, orderNumber })).toMatchObject(absurd)
  expect(check({ ...order, orderNumber: Math.floor(NOW_MS / 1_000) + 31_557_600 }).ok).toBe(true)
})

test('an order whose rings do not rise, or do not reach all, is malformed', () => {
  for (const shares of [[0.5, 0.1, 1], [0.1, 0.5], []])
    expect(check({ ...order, shares })).toMatchObject({ error: { fault: 'bundle.malformed' } })
})
