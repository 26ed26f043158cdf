/**
 * Photos, orders and what is refused, on a stick.
 *
 *   OP1 photos of unsent interviews travel with them, in the file of a stick and in a sealed copy
 *   OP2 a device that left is taken from by a stick (into quarantine), hears its order by one and goes
 *   OP3 a stolen device's work is refused, and its file back holds the order and nothing else
 *   OP4 what the centre refused is exported again, and its reason comes back by the stick
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { headlessKey, restoreCopy } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLaptop, openStickHouse, save, type StickHouse } from './stick-house.ts'

let house: StickHouse
beforeAll(async () => {
  house = await openStickHouse('photos')
})
afterAll(() => house.close())

const order = (deviceId: string, body: object) => house.post(`/devices/${deviceId}/order`, JSON.stringify(body))

test('OP1 photos go with their interviews, by stick and by copy', async () => {
  const passphrase = 'photos too'
  const laptop = await house.laptop('Xola')
  const photo = randomBytes(150_000)
  const instanceId = await save(laptop.agent, 'x-0', photo)
  const { path, attachments, sizeBytes } = unwrap(await laptop.agent.bundles.exportTo(house.stick, 'unsent'))
  expect({ attachments, isWhole: sizeBytes > 150_000 }).toEqual({ attachments: 1, isWhole: true })
  const disk = join(house.folder, 'x-disk')
  mkdirSync(disk)
  unwrap(await laptop.agent.copies.add(disk, { passphrase }))
  await laptop.agent.close()

  const dataDir = join(house.folder, 'xola-again')
  const keyPath = join(house.folder, 'xola.key')
  const from = join(disk, readdirSync(disk)[0] ?? '')
  const key = { kind: 'key-file', path: keyPath } as const
  unwrap(await restoreCopy({ from, dataDir, opener: headlessKey('', { passphrase }), key, now: Date.now }))
  await using again = await openLaptop(dataDir, keyPath)
  expect(again.agent.attachments.of(instanceId.replace('uuid:', ''))).toMatchObject([
    { sizeBytes: 150_000, isHere: true },
  ])

  expect((await house.importFile(path)).body).toMatchObject({ attachments: 1, faults: [], results: { applied: 1 } })
  expect((await house.photoOf(instanceId))?.equals(photo)).toBe(true)
  unwrap(await again.agent.sync.syncOnce())
  expect(again.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 1 })
  expect(again.agent.attachments.awaiting().size).toBe(0)
})

test('OP2 a device that left: its work into quarantine, its order out, and it goes', async () => {
  const laptop = await house.laptop('Yara')
  const { agent } = laptop
  const { deviceId } = agent.enrolment
  await save(agent, 'y-0')
  expect((await order(deviceId, { kind: 'leave' })).status).toBe(201)
  const { path } = unwrap(await agent.bundles.exportTo(join(house.stick, 'y.murram'), 'unsent'))
  const told = await house.importFile(path)
  expect(told).toMatchObject({ status: 200, body: { missing: [], faults: [] } })
  const back = unwrap(await agent.bundles.importFrom(await house.giveBack(deviceId)))
  expect(back).toMatchObject({ receipted: 1, rows: 0 })
  await agent.close()
  expect(readdirSync(laptop.dataDir).filter(name => name.startsWith('store.sqlite'))).toEqual([])
})

test('OP3 a stolen device: nothing is taken, and its file holds its order alone', async () => {
  const laptop = await house.laptop('Zuri')
  const { agent } = laptop
  const { deviceId } = agent.enrolment
  await save(agent, 'z-0')
  const { path } = unwrap(await agent.bundles.exportTo(join(house.stick, 'z.murram'), 'unsent'))
  expect((await order(deviceId, { kind: 'destroy', confirm: 'Zuri' })).status).toBe(201)
  expect(await house.importFile(path)).toMatchObject({ status: 403, body: { fault: 'sync.device-revoked' } })
  expect((await house.names()).includes('z-0')).toBe(false)
  await agent.bundles.importFrom(await house.giveBack(deviceId))
  await agent.close()
  expect(readdirSync(laptop.dataDir).filter(name => name.startsWith('store.sqlite'))).toEqual([])
})

test('OP4 what the centre refuses keeps its reason on the laptop, and goes into the next file', async () => {
  await using laptop = await house.laptop('Abbo')
  const { agent } = laptop
  await save(agent, 'a-0')
  const { path } = unwrap(await agent.bundles.exportTo(join(house.stick, 'a.murram'), 'unsent'))
  // As if this version had never been published here.
  const known = house.collector.forms.find
  Object.assign(house.collector.forms, { find: async () => ({ ok: false, error: { fault: 'form.not-found' } }) })
  expect((await house.importFile(path)).body).toMatchObject({ results: { refused: 1 }, notFolded: [{ n: 1 }] })
  const back = await house.giveBack(agent.enrolment.deviceId)
  Object.assign(house.collector.forms, { find: known })
  expect(unwrap(await agent.bundles.importFrom(back))).toMatchObject({ receipted: 0, notTaken: 1 })
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 1 })
  const next = unwrap(await agent.bundles.exportTo(join(house.stick, 'a2.murram'), 'unsent'))
  expect(next.submissions).toBe(1)
  expect((await house.importFile(next.path)).body).toMatchObject({ results: { applied: 1 } })
  unwrap(await agent.bundles.importFrom(await house.giveBack(agent.enrolment.deviceId)))
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 0, sent: 1 })
})
