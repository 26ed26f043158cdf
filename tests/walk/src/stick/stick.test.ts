/**
 * Work that travels on a stick, between a real agent and a real collector.
 *
 *   ST1 what is exported arrives once, however often the file is imported and whatever came by socket
 *   ST2 nothing is marked as sent before the centre's signed answer is in
 *   ST3 the way back carries receipts, changes and forms; twice, or an older one later, changes nothing
 *   ST4 a damaged file gives what is readable and names the rest
 *   ST5 other projects, other devices and forged heads change nothing
 *   ST6 a kill during an export leaves no file under its name
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStickHouse, save, type StickHouse } from './stick-house.ts'

let house: StickHouse
let other: StickHouse
beforeAll(async () => {
  house = await openStickHouse()
  other = await openStickHouse('other')
})
afterAll(async () => {
  await house.close()
  await other.close()
})

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`)
const held = async (prefix: string) => (await house.names()).filter(name => name.startsWith(prefix))

test('ST1 ST2 ST3 out, in, and the answer back; each of it twice', async () => {
  await using laptop = await house.laptop('Akello')
  const { agent } = laptop
  for (const name of names('one-', 40)) await save(agent, name)
  const out = unwrap(await agent.bundles.exportTo(house.stick, 'unsent'))
  expect(out).toMatchObject({ submissions: 40, path: expect.stringContaining('Akello-') })
  expect(agent.queue.summary()).toMatchObject({ waiting: 40, sent: 0 })

  const told = await house.importFile(out.path)
  expect(told).toMatchObject({
    status: 200,
    body: { before: false, results: { applied: 40 }, missing: [], faults: [] },
  })
  expect(await held('one-')).toEqual(names('one-', 40))
  const again = await house.importFile(out.path)
  expect(again.body).toMatchObject({ before: true, results: { duplicate: 40 } })
  expect(await held('one-')).toEqual(names('one-', 40))
  expect(agent.queue.summary()).toMatchObject({ waiting: 40, sent: 0 })

  await house.publish('2')
  const { deviceId } = agent.enrolment
  const back = await house.giveBack(deviceId)
  const before = await agent.mirror.checkpoint()
  expect(unwrap(await agent.bundles.importFrom(back))).toMatchObject({
    receipted: 40,
    files: 1,
    wasKnown: false,
    faults: [],
  })
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 40 })
  expect(agent.shelf.forms()).toMatchObject([{ version: '2' }])
  expect((await agent.mirror.checkpoint()).number).toBeGreaterThan(before.number)
  expect(await agent.mirror.all('entity')).toHaveLength(40)

  // Twice, and by the network afterwards: nothing comes again.
  expect(unwrap(await agent.bundles.importFrom(back))).toMatchObject({
    receipted: 0,
    rows: 0,
    wasKnown: true,
    faults: [],
  })
  unwrap(await agent.sync.syncOnce())
  expect(await held('one-')).toEqual(names('one-', 40))
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 40 })
})

test('ST3 an older file after a newer one, and after the network, changes nothing', async () => {
  await using laptop = await house.laptop('Baraka')
  const { agent } = laptop
  await save(agent, 'two-0')
  await house.importFile(unwrap(await agent.bundles.exportTo(join(house.stick, 'b1.murram'), 'unsent')).path)
  const older = await house.giveBack(agent.enrolment.deviceId, { name: 'b1-back.murram', full: true })
  await save(agent, 'two-1')
  await house.importFile(unwrap(await agent.bundles.exportTo(join(house.stick, 'b2.murram'), 'unsent')).path)
  const newer = await house.giveBack(agent.enrolment.deviceId, { name: 'b2-back.murram', full: true })

  unwrap(await agent.bundles.importFrom(newer))
  const state = async () => [
    await agent.mirror.checkpoint(),
    agent.queue.summary(),
    (await agent.mirror.all('entity')).length,
  ]
  const after = await state()
  expect(unwrap(await agent.bundles.importFrom(older))).toMatchObject({ receipted: 0, rows: 0, wasKnown: true })
  expect(await state()).toEqual(after)
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 2 })
})

test('ST4 a damaged file gives what is readable; the rest is named, and comes with the next one', async () => {
  await using laptop = await house.laptop('Chebet')
  const { agent } = laptop
  for (const name of names('three-', 300)) await save(agent, name)
  const { path, sizeBytes } = unwrap(await agent.bundles.exportTo(join(house.stick, 'c.murram'), 'unsent'))
  const whole = readFileSync(path)
  const changed = Buffer.from(whole)
  changed[Math.floor(sizeBytes * 0.6)] = (changed[Math.floor(sizeBytes * 0.6)] ?? 0) ^ 1
  writeFileSync(path, changed)
  const told = await house.importFile(path)
  expect(told.body.faults[0]).toMatchObject({ fault: 'carry.damaged' })
  expect(told.body.results['applied']).toBeGreaterThan(50)
  const lost = told.body.missing.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  expect(lost).toBeGreaterThan(0)
  expect(await held('three-')).toHaveLength(300 - lost)

  // Cut off as well, as by a stick that was pulled out: what stood before the cut is there.
  writeFileSync(path, whole.subarray(0, Math.floor(sizeBytes * 0.9)))
  expect((await house.importFile(path)).body.faults[0]).toMatchObject({ fault: 'carry.damaged' })
  unwrap(await agent.bundles.importFrom(await house.giveBack(agent.enrolment.deviceId)))
  expect(agent.queue.summary().waiting).toBeGreaterThan(0)
  const rest = unwrap(await agent.bundles.exportTo(join(house.stick, 'c2.murram'), 'unsent'))
  expect(rest.submissions).toBe(agent.queue.summary().waiting)
  expect((await house.importFile(rest.path)).body).toMatchObject({ missing: [], faults: [] })
  unwrap(await agent.bundles.importFrom(await house.giveBack(agent.enrolment.deviceId)))
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 300 })
  expect(await held('three-')).toEqual(names('three-', 300))
})

test('ST5 another project, another device, a revoked one, the wrong direction: refused, and nothing moves', async () => {
  await using laptop = await house.laptop('Dembe')
  const { agent } = laptop
  await using stranger = await other.laptop('Esi')
  await save(agent, 'four-0')
  await save(stranger.agent, 'four-x')
  const own = unwrap(await agent.bundles.exportTo(join(house.stick, 'd.murram'), 'unsent')).path
  const foreign = unwrap(await stranger.agent.bundles.exportTo(join(house.stick, 'e.murram'), 'unsent')).path
  expect(await house.importFile(foreign)).toMatchObject({ status: 409, body: { fault: 'carry.wrong-project' } })
  expect(await other.importFile(own)).toMatchObject({ status: 409, body: { fault: 'carry.wrong-project' } })
  expect(await agent.bundles.importFrom(own)).toMatchObject({ error: { fault: 'carry.wrong-device' } })

  await using elsewhere = await house.laptop('Faraja')
  const back = await house.giveBack(elsewhere.agent.enrolment.deviceId)
  expect(await agent.bundles.importFrom(back)).toMatchObject({ error: { fault: 'carry.wrong-device' } })
  expect(await house.importFile(back)).toMatchObject({ body: { fault: 'carry.wrong-device' } })
  // A head that names another device is not what was signed.
  const forged = readFileSync(back, 'latin1').replaceAll(elsewhere.agent.enrolment.deviceId, agent.enrolment.deviceId)
  writeFileSync(back, forged, 'latin1')
  expect(await agent.bundles.importFrom(back)).toMatchObject({ error: { fault: 'sync.bad-signature' } })
  expect(await agent.bundles.importFrom(join(house.stick, 'absent'))).toMatchObject({
    error: { fault: 'carry.unreadable' },
  })
  expect(agent.queue.summary().waiting).toBe(1)
  expect(await held('four-')).toEqual([])
})
