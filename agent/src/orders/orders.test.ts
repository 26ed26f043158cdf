import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap, type DeviceId } from '@murram/ground'
import { createSigningKey, signDocument, verifyDocument, type Signed } from '@murram/seal'
import { DEVICE_ORDER_PURPOSE, DEVICE_RECEIPT_PURPOSE, type DeviceOrder } from '@murram/wire'
import { expect, test, vi } from 'vitest'
import { enrolmentPath } from '../enrolment/enrolment-file.ts'
import { startLoopback } from '../loopback/start-loopback.ts'
import { openHere, saveHousehold, startTestAgent, type TestAgent } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { TEST_FORM_ID } from '../test-house/test-form.ts'
import { readReceipt } from './receipt-file.ts'

const orderFor = (
  { root, projectId }: TestCollector,
  agent: TestAgent,
  change: Partial<DeviceOrder> & Pick<DeviceOrder, 'kind'>,
  key = root,
): Signed<DeviceOrder> =>
  signDocument(key, DEVICE_ORDER_PURPOSE, {
    projectId,
    deviceId: agent.enrolment.deviceId,
    counter: 1,
    issuedAtMs: 1,
    ...change,
  })

async function start() {
  const collector = await startTestCollector()
  collector.publishForm()
  return { collector, agent: await startTestAgent(collector) }
}

test('OR3 a device that leaves is locked, sends what is unsent, and only then removes everything', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  await saveHousehold(laptop, 'Asha')
  await saveHousehold(laptop, 'Brenda')
  collector.orders.push(orderFor(collector, laptop, { kind: 'leave' }))
  const publicKey = JSON.parse(readFileSync(enrolmentPath(laptop.folder.dataDir), 'utf8')).certificate.body.publicKey
  expect(await laptop.sync.syncOnce()).toMatchObject({ error: { fault: 'device.purged' } })
  expect(house.stored()).toHaveLength(2)
  await laptop.close()
  expect(readdirSync(laptop.folder.dataDir)).toEqual(['receipt.json'])
  const [receipt] = house.receipts as [Parameters<typeof verifyDocument>[2]]
  expect(verifyDocument(publicKey, DEVICE_RECEIPT_PURPOSE, receipt)).toMatchObject({
    ok: true,
    value: { kind: 'leave', orderCounter: 1, unsent: 0 },
  })
  expect(await openHere(laptop.folder)).toMatchObject({ error: { fault: 'device.purged' } })
})

test('OR2 OR3 while the collector takes nothing, a leaving device stays locked, over restarts, and keeps its work', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  await saveHousehold(laptop, 'Asha')
  unwrap(await laptop.orders.hear(orderFor(house, laptop, { kind: 'leave' })))
  expect(await laptop.capture.open(TEST_FORM_ID)).toMatchObject({ error: { fault: 'device.locked' } })
  await laptop.close()
  const again = unwrap(await openHere(laptop.folder))
  const page = unwrap(await startLoopback(again, { port: 0, now: Date.now }))
  const ask = async (path: string) => {
    const reply = await fetch(`${page.url}${path}`, { headers: { Authorization: `Bearer ${page.token}` } })
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
  }
  expect(again.orders.state()).toBe('leaving')
  expect(await ask('/api/status')).toMatchObject({ status: 200, body: { access: 'leaving', outbox: { waiting: 1 } } })
  for (const path of ['/api/households', '/api/outbox', '/api/drafts', '/api/conflicts'])
    expect(await ask(path), path).toMatchObject({ status: 423, body: { fault: 'device.locked' } })
  const headers = { Authorization: `Bearer ${page.token}` }
  const file = await fetch(`${page.url}/api/bundles/export?which=unsent`, { headers })
  expect([file.status, file.headers.get('X-Murram-Contents')], 'work leaves by stick where no link is').toEqual([
    200,
    '1 0',
  ])
  await file.body?.cancel()

  // The central team takes it back: nothing was removed.
  unwrap(await again.orders.hear(orderFor(house, laptop, { kind: 'stay', counter: 2 })))
  expect(await ask('/api/households')).toMatchObject({ status: 200, body: { total: 1 } })
  await page.close()
  await again.close()
})

test('OR4 a stolen device loses its key at the next contact, unsent work with it, and says so', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  await saveHousehold(laptop, 'Asha')
  const { dataDir } = laptop.folder
  const key = readFileSync(join(dataDir, 'key.json'))
  house.orders.push(orderFor(house, laptop, { kind: 'destroy' }))
  expect(await laptop.sync.syncOnce()).toMatchObject({ error: { fault: 'device.purged' } })
  expect(existsSync(join(dataDir, 'key.json'))).toBe(false)
  await laptop.close()
  expect(readdirSync(dataDir)).toEqual(['receipt.json'])
  expect(house.stored()).toEqual([])
  expect(house.receipts).toMatchObject([{ body: { kind: 'destroy', unsent: 1 } }])
  expect(key.length).toBeGreaterThan(0)
})

test('OR4 a removal that is cut after the receipt is gone on with at the next start', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  const { dataDir } = laptop.folder
  await laptop.close()
  // As `kill -9` leaves it between the receipt and the rest: all the files are there.
  const receipt = signDocument(createSigningKey(), DEVICE_RECEIPT_PURPOSE, {
    projectId: house.projectId,
    deviceId: laptop.enrolment.deviceId,
    kind: 'destroy' as const,
    orderCounter: 1,
    atMs: 1,
    unsent: 0,
  })
  const { writeReceipt } = await import('./receipt-file.ts')
  await writeReceipt(dataDir, { format: 1, collectorUrl: house.url, receipt, delivered: false })
  expect(await openHere(laptop.folder)).toMatchObject({ error: { fault: 'device.purged' } })
  expect(readdirSync(dataDir)).toEqual(['receipt.json'])
  expect(await readReceipt(dataDir)).toMatchObject({ delivered: true })
})

test('OR1 an order for another device, with another signature, or obeyed before moves nothing and is reported', async () => {
  const { collector, agent } = await start()
  await using house = collector
  await using laptop = agent
  const warn = vi.spyOn(laptop.log, 'warn')
  const others: readonly Signed<DeviceOrder>[] = [
    orderFor(house, laptop, { kind: 'destroy', deviceId: 'b'.repeat(32) as DeviceId }),
    orderFor(house, laptop, { kind: 'destroy' }, createSigningKey()),
    { ...orderFor(house, laptop, { kind: 'leave' }), body: orderFor(house, laptop, { kind: 'destroy' }).body },
  ]
  for (const order of others) expect((await laptop.orders.hear(order)).ok).toBe(false)
  expect(warn).toHaveBeenCalledTimes(others.length)
  unwrap(await laptop.orders.hear(orderFor(house, laptop, { kind: 'leave', counter: 5 })))
  unwrap(await laptop.orders.hear(orderFor(house, laptop, { kind: 'stay', counter: 6 })))
  expect(await laptop.orders.hear(orderFor(house, laptop, { kind: 'leave', counter: 5 }))).toMatchObject({
    error: { fault: 'device.order-ignored' },
  })
  expect(laptop.orders.state()).toBe('open')
  unwrap(await laptop.sync.syncOnce())
})
