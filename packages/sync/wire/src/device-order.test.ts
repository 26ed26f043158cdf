import type { DeviceId, ProjectId } from '@murram/ground'
import { createSigningKey, signDocument, type Signed } from '@murram/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEVICE_ORDER_PURPOSE, verifyOrder, type DeviceOrder } from './device-order.ts'

const root = createSigningKey()
const here = {
  rootPublicKey: root.publicKey,
  projectId: 'survey',
  deviceId: 'a'.repeat(32),
  obeyed: 7,
}
const body: DeviceOrder = {
  projectId: 'survey' as ProjectId,
  deviceId: 'a'.repeat(32) as DeviceId,
  kind: 'destroy',
  counter: 8,
  issuedAtMs: 1,
}
const order = (change: Partial<DeviceOrder> = {}, key = root, purpose = DEVICE_ORDER_PURPOSE): Signed<DeviceOrder> =>
  signDocument(key, purpose, { ...body, ...change })

test('an order of the project for this device, newer than the last, is obeyed', () => {
  expect(verifyOrder(here, order())).toEqual({ ok: true, value: body })
})

test('DO1 an order for another device, of another project or with another signature orders nothing', () => {
  const ignored = { ok: false, error: { fault: 'device.order-ignored' } }
  const forged = { ok: false, error: { fault: 'sync.bad-signature' } }
  expect(verifyOrder(here, order({ deviceId: 'b'.repeat(32) as DeviceId }))).toMatchObject(ignored)
  expect(verifyOrder(here, order({ projectId: 'other' as ProjectId }))).toMatchObject(ignored)
  expect(verifyOrder(here, order({}, createSigningKey()))).toMatchObject(forged)
  expect(verifyOrder(here, order({}, root, 'release'))).toMatchObject(forged)
  expect(verifyOrder(here, { ...order(), body: { ...body, kind: 'leave' } })).toMatchObject(forged)
})

test('DO2 an order counts once, and an older one never after a newer one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 }), counters => {
      let obeyed = 0
      const kept: number[] = []
      for (const counter of counters) {
        const read = verifyOrder({ ...here, obeyed }, order({ counter }))
        if (read.ok) kept.push((obeyed = read.value.counter))
      }
      expect(kept).toEqual([...new Set(kept)].toSorted((a, b) => a - b))
      expect(obeyed).toBe(Math.max(0, ...counters))
    }),
    { seed: 6, numRuns: 30 },
  )
})
