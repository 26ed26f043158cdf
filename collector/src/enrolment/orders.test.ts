import { randomUUID } from 'node:crypto'
import { signDocument, verifyDocument, type Signed } from '@murram/seal'
import { DEVICE_ORDER_PURPOSE, DEVICE_RECEIPT_PURPOSE, verifyOrder, type DeviceOrder } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceList, EntityList, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const household = (entityId: string, name: string) => ({
  answers: { name, roof: 'iron', people: '3', ...namingEntity(entityId, 'create', name) },
})
const order = (device: TestDevice, body: object) =>
  collector.post<{ order: Signed<DeviceOrder> }>(`/devices/${device.deviceId}/order`, body)
const rowOf = async ({ deviceId }: TestDevice) =>
  (await collector.get<DeviceList>('/devices')).body.devices.find(row => row.deviceId === deviceId)
const householdsOf = async (name: string) =>
  (await collector.get<EntityList>(`/entities?q=${name}`)).body.entities.map(({ label }) => label)
const receiptOf = (device: TestDevice, { body }: Signed<DeviceOrder>, key = device.key) =>
  signDocument(key, DEVICE_RECEIPT_PURPOSE, {
    projectId: body.projectId,
    deviceId: device.deviceId,
    orderCounter: body.counter,
    kind: 'leave' as const,
    atMs: 1,
    unsent: 0,
  })

test('a device that left is told so, shown nothing, and what it still sends waits for a person', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  await device.submit(household(randomUUID(), 'Before'))
  const { body } = await order(device, { kind: 'leave' })
  expect(await device.closed()).toBe(1008)
  expect(await device.connect()).toMatchObject({ feedNumber: 0, more: { state: 'left' } })
  const told = await device.next('order')
  expect(told.order).toEqual(body.order)
  const { rootPublicKey, projectId } = device.enrolment
  expect(verifyOrder({ rootPublicKey, projectId, deviceId: device.deviceId, obeyed: 0 }, told.order)).toMatchObject({
    value: { kind: 'leave' },
  })
  expect(await device.pull({ epoch: 1, number: 0 })).toMatchObject({ rows: [], to: 0, more: false })

  const { results, durableUpto, submission } = await device.submit(household(randomUUID(), 'Afterwards'))
  expect({ results, durableUpto }).toMatchObject({
    results: [{ result: 'held', fault: { fault: 'device.quarantined' } }],
    durableUpto: 2,
  })
  expect(await householdsOf('Afterwards')).toEqual([])
  expect(await rowOf(device)).toMatchObject({ state: 'left', quarantined: 1, order: { kind: 'leave', receipt: null } })
  expect((await collector.post(`/submissions/${submission.instanceId}/fold`)).status).not.toBe(500)
  expect(await householdsOf('Afterwards')).toEqual([])

  const accepted = await collector.post(`/devices/${device.deviceId}/accept-quarantined`)
  expect(accepted.body).toEqual({ accepted: 1, applied: 1 })
  expect(await householdsOf('Afterwards')).toEqual(['Afterwards'])
  expect(await rowOf(device)).toMatchObject({ quarantined: 0 })
})

test('the receipt that the device signed is kept and shown; nobody else can write one', async () => {
  await using device = await enrolTestDevice({ collector })
  await using other = await enrolTestDevice({ collector })
  const { body } = await order(device, { kind: 'leave' })
  const post = async (receipt: unknown) =>
    (
      await fetch(`${collector.url}/api/v1/device-receipts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(receipt),
      })
    ).status
  expect(await post(receiptOf(device, body.order, other.key))).toBe(401)
  expect(await post(receiptOf(other, body.order))).toBe(404)
  expect(await post(receiptOf(device, body.order))).toBe(200)
  expect(await post(receiptOf(device, body.order))).toBe(200)
  expect(await rowOf(device)).toMatchObject({ order: { receipt: { atMs: 1, unsent: 0 } } })
  // It is emptied: there is nothing to take back.
  expect(await order(device, { kind: 'stay' })).toMatchObject({ status: 410, body: { fault: 'device.purged' } })
})

test('RO2 a key is destroyed only by who repeats the name of the officer', async () => {
  await using device = await enrolTestDevice({ collector, officer: 'Amina Okello' })
  await device.connect()
  for (const confirm of [undefined, '', 'amina okello', 'yes'])
    expect(await order(device, { kind: 'destroy', confirm })).toMatchObject({
      status: 422,
      body: { fault: 'device.confirm-missing' },
    })
  expect(await rowOf(device)).toMatchObject({ state: 'active', order: null })
  expect((await order(device, { kind: 'destroy', confirm: 'Amina Okello' })).status).toBe(201)
  expect(await rowOf(device)).toMatchObject({ state: 'stolen' })
})

test('a stolen device hears its order and nothing else, whatever it says; its work is refused', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  await order(device, { kind: 'destroy', confirm: 'Amina' })
  expect(await device.closed()).toBe(1008)
  await expect(device.connect()).rejects.toThrow('sync.device-revoked')
  expect((await device.next('order')).order.body).toMatchObject({ kind: 'destroy' })
  await expect(device.connect({ protocol: 1 })).rejects.toThrow('sync.device-revoked')
  const token = await collector.post<{ token: string }>('/enrolment-tokens', { officer: 'Amina' })
  const again = await collector.post('/enrol', {
    token: token.body.token,
    publicKey: device.key.publicKey,
    officer: 'Amina',
  })
  expect(again).toMatchObject({ body: { fault: 'sync.device-revoked' } })
  expect(await order(device, { kind: 'stay' })).toMatchObject({ status: 410 })
})

test('RO1 what was taken back is taken back: the newest order counts, with the highest counter', async () => {
  await using device = await enrolTestDevice({ collector })
  const left = (await order(device, { kind: 'leave' })).body.order
  const back = (await order(device, { kind: 'stay' })).body.order
  expect(back.body.counter).toBeGreaterThan(left.body.counter)
  expect(left.body.counter).toBeGreaterThanOrEqual(1_700_000_000)
  expect(await device.connect()).toMatchObject({ more: { state: 'open' } })
  expect((await device.next('order')).order).toEqual(back)
  expect((await device.submit(household(randomUUID(), 'Again'))).results).toMatchObject([{ result: 'applied' }])
  expect((await collector.get<SubmissionList>('/submissions?limit=1')).body.submissions).toHaveLength(1)
  expect(verifyDocument(device.enrolment.rootPublicKey, DEVICE_ORDER_PURPOSE, back).ok).toBe(true)
})
