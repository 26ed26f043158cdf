/**
 * Lists beside a form, from the command at the centre to the interview: a real collector, real laptops.
 *
 *   LI1 a form is offered when its lists are here; until then it says which is missing, and how far
 *   LI2 of a list of which little changed a patch comes, and the next interview uses it
 *   LI3 a cut and a restart in mid-download cost what was on its way, and no more
 *   LI4 a list lies sealed
 *   LI7 a list that changes takes no answer from a draft
 *   LI8 a sealed copy of a laptop holds the lists of its drafts
 *   LI5 a stick carries lists
 *   LI6 a form's own list of entities holds who is known here, sent or not; what the officer saw is told
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { headlessKey, restoreCopy, type Agent } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { startFaultyLink } from '@murram/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesWith } from '../proof/find-text.ts'
import { openLaptop, openStickHouse, save, type StickHouse } from '../stick/stick-house.ts'
import { ITEMSETS, ROWS, villageRow, villagesCsv, VISIT, visitXml } from './visit-form.ts'

let house: StickHouse
const VILLAGES = villagesCsv()
beforeAll(async () => {
  house = await openStickHouse('lists')
  await publish('1', { 'villages.csv': VILLAGES, 'itemsets.csv': ITEMSETS })
})
afterAll(() => house.close())

const parts = (lists: Readonly<Record<string, string>>): FormData => {
  const data = new FormData()
  for (const [name, text] of Object.entries(lists)) data.append('list', new File([text], name))
  return data
}
async function publish(version: string, lists: Readonly<Record<string, string>>): Promise<void> {
  const data = parts(lists)
  data.append('form', new File([visitXml(version)], 'visit.xml'))
  const { status, body } = await house.post('/forms', data)
  if (status > 201) throw new Error(JSON.stringify(body))
}
async function publishLists(lists: Readonly<Record<string, string>>): Promise<void> {
  const { status, body } = await house.post(`/forms/${VISIT}/lists`, parts(lists))
  if (status !== 200) throw new Error(JSON.stringify(body))
}
const labelOf = async (agent: Agent, village: string): Promise<string | undefined> => {
  const visit = unwrap(await agent.capture.open(VISIT))
  const label = visit.question('village')?.choices.find(({ value }) => value === village)?.label
  await agent.capture.dropDraft(visit.interviewId)
  return label
}
const bytesDown = (agent: Agent): number => agent.sync.status().bytesDown

test('LI2 of 10,000 rows one changed: a patch far smaller than the list comes, and the next interview uses the row', async () => {
  await using laptop = await house.laptop('Akello')
  const { agent } = laptop
  const first = unwrap(await agent.capture.open(VISIT))
  expect(first.question('village')?.choices).toHaveLength(ROWS)
  unwrap(first.answer('village', 'v1'))
  expect(first.answers()).toMatchObject({ code: villageRow(1).split(',')[3] })
  expect(first.question('well')?.choices).toEqual([{ value: 'w2', label: 'Well of the second' }])

  const before = bytesDown(agent)
  await publishLists({ 'villages.csv': villagesCsv({ 4_321: 'v4321,New name,d1,c' }) })
  unwrap(await agent.sync.syncOnce())
  const cost = bytesDown(agent) - before
  // The session itself, two rows of the feed and the patch; the list has more than 300,000 bytes.
  expect(VILLAGES.length).toBeGreaterThan(300_000)
  expect(cost).toBeLessThan(6_000)
  expect(await labelOf(agent, 'v4321')).toBe('New name')
  // Who began before goes on with the list that they began with.
  expect(first.question('village')?.choices.find(({ value }) => value === 'v4321')?.label).not.toBe('New name')
})

test('LI1 LI3 LI4 over a slow link that is cut, and through a restart: how far it is, then all of it, and sealed', async () => {
  await publishLists({ 'villages.csv': villagesCsv({ 5: 'v5,Only in three,d1,c' }) })
  await using link = await startFaultyLink({ targetPort: house.collector.port, seed: 5 })
  await using laptop = await house.laptop('Chebet', { synced: false })
  const address = `http://127.0.0.1:${link.port}`
  link.setFaults({ bytesPerSecond: 60_000, cutEveryMs: [900, 1_200] })
  unwrap(laptop.agent.sync.start(address))
  let far: string | undefined
  while (far === undefined) {
    await sleep(50)
    const [awaited] = laptop.agent.shelf.awaited().filter(({ name }) => name === 'villages.csv')
    if ((awaited?.haveBytes ?? 0) === 0) continue
    expect(awaited).toMatchObject({ formId: VISIT, hasEarlier: false, sizeBytes: expect.any(Number) as number })
    expect(laptop.agent.shelf.forms().map(({ formId }) => String(formId))).not.toContain(VISIT)
    const opened = await laptop.agent.capture.open(VISIT)
    expect(opened).toMatchObject({ error: { fault: 'form.lists-awaited' } })
    far = opened.ok ? '' : opened.error.detail
  }
  expect(far).toMatch(/villages\.csv: [\d.]+ of \d+ kB/)
  await laptop.agent.sync.stop()
  const spent = bytesDown(laptop.agent)
  await laptop.agent.close()

  await using again = await laptop.reopen()
  link.setFaults({})
  unwrap(await again.agent.sync.syncOnce({ address }))
  expect(await labelOf(again.agent, 'v5')).toBe('Only in three')
  // What was here is not sent again: beside one whole list, what was on its way when it was cut.
  const whole = await wholeCost()
  expect(spent + bytesDown(again.agent)).toBeLessThan(whole * 1.35)
  expect(filesWith('Only in three', [again.dataDir])).toEqual([]) // LI4
})

/** What all of it costs a laptop on a good link. */
async function wholeCost(): Promise<number> {
  await using laptop = await house.laptop('Daudi', { synced: false })
  unwrap(await laptop.agent.sync.syncOnce())
  return bytesDown(laptop.agent)
}

test('LI7 a draft keeps what was chosen, though the list has it no more; a new interview is not offered it', async () => {
  await using laptop = await house.laptop('Hadija')
  const { agent } = laptop
  const begun = unwrap(await agent.capture.open(VISIT))
  unwrap(begun.answer('village', 'v9999'))
  await begun.save()
  const left = unwrap(await agent.capture.open(VISIT))
  unwrap(left.answer('village', 'v3'))
  await left.save()
  await publishLists({ 'villages.csv': villagesCsv({ 9_999: 'v10001,Another,d1,c', 3: 'v3,Renamed,d1,c' }) })
  unwrap(await agent.sync.syncOnce())
  await agent.close()

  await using again = await laptop.reopen()
  const draft = unwrap(await again.agent.capture.open(null, { draft: begun.interviewId }))
  expect(draft.answers()).toMatchObject({ village: 'v9999', code: villageRow(9_999).split(',')[3] })
  const fresh = unwrap(await again.agent.capture.open(VISIT))
  expect(fresh.question('village')?.choices.some(({ value }) => value === 'v9999')).toBe(false)
  // A draft that loses nothing has the list of today.
  const other = unwrap(await again.agent.capture.open(null, { draft: left.interviewId }))
  expect(other.question('village')?.choices.find(({ value }) => value === 'v3')?.label).toBe('Renamed')
})

test('LI8 a laptop that comes back from its copy opens its drafts, without a network', async () => {
  const disk = join(house.folder, 'disk')
  mkdirSync(disk)
  const passphrase = 'the river took it'
  const laptop = await house.laptop('Imani')
  const begun = unwrap(await laptop.agent.capture.open(VISIT))
  unwrap(begun.answer('village', 'v123'))
  await begun.save()
  unwrap(await laptop.agent.copies.add(disk, { passphrase }))
  await laptop.agent.close()
  const from = join(disk, readdirSync(disk).toSorted().at(-1) ?? '')
  const dataDir = join(house.folder, 'imani-restored')
  const keyPath = `${dataDir}.key`
  const key = { kind: 'key-file', path: keyPath } as const
  unwrap(await restoreCopy({ from, dataDir, key, opener: headlessKey('', { passphrase }), now: Date.now }))
  await using again = await openLaptop(dataDir, keyPath)
  const draft = unwrap(await again.agent.capture.open(null, { draft: begun.interviewId }))
  expect(draft.answers()).toMatchObject({ village: 'v123', code: villageRow(123).split(',')[3] })
})

test('LI5 what comes on a stick is used as what comes by the line is, and twice is harmless', async () => {
  await using laptop = await house.laptop('Esther')
  const { agent } = laptop
  await publishLists({ 'villages.csv': villagesCsv({ 77: 'v77,By stick,d1,c' }) })
  const back = await house.giveBack(agent.enrolment.deviceId)
  expect(await labelOf(agent, 'v77')).not.toBe('By stick')
  expect(unwrap(await agent.bundles.importFrom(back))).toMatchObject({ faults: [] })
  expect(await labelOf(agent, 'v77')).toBe('By stick')
  expect(unwrap(await agent.bundles.importFrom(back)).faults).toEqual([])
  await using other = await house.laptop('Faraja', { synced: false })
  const whole = await house.giveBack(other.agent.enrolment.deviceId, { full: true })
  unwrap(await other.agent.bundles.importFrom(whole))
  expect(await labelOf(other.agent, 'v77')).toBe('By stick')
})

test('LI6 a follow-up chooses whom this laptop knows, sent or not, and says what its officer saw', async () => {
  await using laptop = await house.laptop('Grace')
  const { agent } = laptop
  await save(agent, 'Sent Akello')
  unwrap(await agent.sync.syncOnce())
  await save(agent, 'Unsent Okot')
  const visit = unwrap(await agent.capture.open(VISIT))
  const choices = visit.question('household')?.choices ?? []
  expect(choices.map(({ label }) => label)).toEqual(['Sent Akello', 'Unsent Okot'])
  unwrap(visit.answer('household', choices[0]?.value ?? ''))
  expect(visit.answers()).toMatchObject({ was: 'iron', 'meta/entity@baseVersion': '1' })
  unwrap(visit.answer('roof', 'tile'))
  unwrap(visit.answer('village', 'v1'))
  unwrap(await visit.finalise())
  // Its own visit is in the list of the next one.
  const next = unwrap(await agent.capture.open(VISIT, { entityId: choices[0]?.value ?? '' }))
  expect(next.answers()).toMatchObject({ household: choices[0]?.value, was: 'tile' })
  await agent.capture.dropDraft(next.interviewId)

  unwrap(await agent.sync.syncOnce())
  const { body } = await house.get<{ conflicts: readonly unknown[] }>('/conflicts?state=open')
  expect(body.conflicts).toEqual([]) // It knew that the roof was of iron: nobody is contradicted.
  const household = await agent.households.find(choices[0]?.value ?? '')
  expect(household).toMatchObject({ local: false, properties: { name: 'Sent Akello', roof: 'tile' } })
})
