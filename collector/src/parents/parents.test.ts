import { randomUUID } from 'node:crypto'
import type { Submission } from '@murram/fold'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EntityDetail, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

const DAY_MS = 24 * 3_600_000

let cluster: TestCluster
let collector: TestCollector
let nowMs = Date.now()
let amina: TestDevice
let baraka: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [], now: () => nowMs, waitForParentMs: 10_000 })
  await collector.publish(householdXml())
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 10_000_000 })
  baraka = await enrolTestDevice({ collector, officer: 'Baraka', clockMs: Date.now() - 5_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const entity = async (entityId: string) => (await collector.get<EntityDetail>(`/entities/${entityId}`)).body
const one = async (instanceId: string) =>
  (await collector.get<SubmissionList>(`/submissions?instanceId=${instanceId}`)).body.submissions[0]
const creating = (device: TestDevice, entityId: string, answers: Record<string, string>) =>
  device.make({ answers: { ...answers, ...namingEntity(entityId, 'create', answers.name ?? 'Asha') } })
const visiting = (device: TestDevice, entityId: string, answers: Record<string, string>, base = {}) =>
  device.make({ answers: { ...answers, ...namingEntity(entityId, 'update') }, base })
const correcting = (device: TestDevice, parent: Submission, answers: Record<string, string>) =>
  device.make({ answers: { ...parent.answers, ...answers }, deprecatedId: parent.instanceId })
const waiting = { result: 'held', fault: { fault: 'fold.waiting' } }

test('P1 a visit to a household that is not here yet waits, blocks nobody, and is folded when it comes', async () => {
  const entityId = randomUUID()
  const created = creating(amina, entityId, { name: 'Asha', roof: 'iron' })
  const visit = visiting(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const next = creating(baraka, randomUUID(), { name: 'Other' })
  const ack = await baraka.push([visit, next])
  expect(ack).toMatchObject({ results: [waiting, { result: 'applied' }], durableUpto: 2 })
  expect(await one(visit.instanceId)).toMatchObject({
    state: 'waiting',
    reason: { fault: 'fold.waiting', detail: entityId, mend: expect.any(String) },
  })
  expect(await baraka.push([visit])).toMatchObject({ results: [waiting] })
  expect(await entity(entityId)).toMatchObject({ fault: 'http.not-found' })
  await amina.push([created])
  expect(await entity(entityId)).toMatchObject({ properties: { name: 'Asha', roof: 'tile' }, conflicted: [] })
  expect(await one(visit.instanceId)).toMatchObject({ state: 'applied', reason: null })
  expect(await baraka.push([visit])).toMatchObject({ results: [{ result: 'duplicate' }] })
})

test('P1 a correction of a correction of what is not here yet: all are folded when the first one comes', async () => {
  const entityId = randomUUID()
  const created = creating(amina, entityId, { name: 'Asha', roof: 'iron' })
  await using newLaptop = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 900_000 })
  await newLaptop.connect()
  const first = correcting(newLaptop, created, { roof: 'tile' })
  const second = correcting(newLaptop, first, { roof: 'thatch' })
  expect(await newLaptop.push([second])).toMatchObject({ results: [waiting] })
  expect(await newLaptop.push([first])).toMatchObject({ results: [waiting] })
  await amina.push([created])
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'thatch' }, conflicted: [], submissions: 3 })
})

test('P1 a correction of what waits is folded where the first of its chain stands, when that comes', async () => {
  const fold = async (inOrder: boolean) => {
    const entityId = randomUUID()
    await using laptop = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 900_000 })
    const created = creating(amina, entityId, { name: 'Asha', roof: 'iron' })
    const visit = visiting(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
    await laptop.connect()
    const first = correcting(laptop, created, { roof: 'grass' })
    const second = correcting(laptop, first, { roof: 'thatch' })
    if (inOrder) await amina.push([created])
    await laptop.push([first])
    await laptop.push([second])
    if (!inOrder) await amina.push([created])
    await baraka.push([visit])
    // Without the one in the middle the chain is what the places say.
    await collector.post(`/submissions/${first.instanceId}/review`, { verdict: 'return', comments: [{ text: '?' }] })
    const { properties, conflicts } = await entity(entityId)
    return { properties, conflicts: conflicts.map(({ stands, other }) => [stands.answer, other.answer]) }
  }
  expect(await fold(false)).toEqual(await fold(true))
})

test('P2 what waits for two things is folded when the second one comes', async () => {
  const [home, other] = [randomUUID(), randomUUID()]
  const created = creating(amina, home, { name: 'Asha' })
  const visit = visiting(amina, home, { roof: 'iron' })
  const moved = amina.make({
    answers: { roof: 'tile', ...namingEntity(other, 'update') },
    deprecatedId: visit.instanceId,
  })
  const target = creating(amina, other, { name: 'Other' })
  await amina.push([created])
  expect((await amina.push([moved])).results).toMatchObject([waiting])
  await amina.push([visit])
  expect(await one(moved.instanceId)).toMatchObject({ state: 'waiting', reason: { detail: other } })
  await amina.push([target])
  expect((await entity(other)).properties).toEqual({ name: 'Other', roof: 'tile' })
  expect((await entity(home)).properties).toEqual({ name: 'Asha' })
})

test('P2 what waits for a submission that waits itself is not folded before it, and is folded with it', async () => {
  const [home, other] = [randomUUID(), randomUUID()]
  const missing = creating(amina, randomUUID(), { name: 'Asha' })
  const waits = amina.make({
    answers: { name: 'Other', ...namingEntity(other, 'create', 'Other') },
    deprecatedId: missing.instanceId,
  })
  const visit = visiting(amina, other, { roof: 'tile' })
  const fine = creating(amina, home, { name: 'Fine' })
  expect((await amina.push([waits, visit, fine])).results).toMatchObject([waiting, waiting, { result: 'applied' }])
  expect(await entity(other)).toMatchObject({ fault: 'http.not-found' })
  await amina.push([missing])
  expect(await entity(other)).toMatchObject({ properties: { name: 'Other', roof: 'tile' } })
})

test('P3 a parent that could not be folded, and then could, brings its children', async () => {
  const entityId = randomUUID()
  const strange = amina.make({ answers: { name: 'Asha', new: 'x', ...namingEntity(entityId, 'create', 'Asha') } })
  await amina.push([strange])
  const visit = visiting(baraka, entityId, { roof: 'iron' })
  expect((await baraka.push([visit])).results).toMatchObject([waiting])
  await collector.post(`/submissions/${strange.instanceId}/review`, { verdict: 'approve' })
  expect(await entity(entityId)).toMatchObject({ properties: { name: 'Asha', roof: 'iron' } })
})

test('P4 after the period it is folded without, and says so; when its parent comes after all, both are as they belong', async () => {
  const entityId = randomUUID()
  const january = creating(amina, entityId, { name: 'Asha', roof: 'iron' })
  const march = visiting(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const lost = correcting(amina, january, { roof: 'thatch' })
  await baraka.push([march])
  await amina.push([lost])
  nowMs += DAY_MS
  await expect.poll(async () => (await one(lost.instanceId))?.state, { timeout: 15_000 }).toBe('applied')
  expect(await one(lost.instanceId)).toMatchObject({
    reason: { fault: 'fold.without-parent', detail: january.instanceId },
  })
  const alone = await entity(entityId)
  await amina.push([january])
  expect(await one(lost.instanceId)).toMatchObject({ state: 'applied', reason: null })

  // The same story in the order in which it happened.
  const again = randomUUID()
  const inOrder = creating(amina, again, { name: 'Asha', roof: 'iron' })
  await amina.push([inOrder])
  await baraka.push([visiting(baraka, again, { roof: 'tile' }, { roof: 'iron' })])
  await amina.push([correcting(amina, inOrder, { roof: 'thatch', 'meta/entity@id': again })])
  const [late, expected] = [await entity(entityId), await entity(again)]
  expect([late.properties, late.conflicted]).toEqual([expected.properties, expected.conflicted])
  expect(alone.properties).toMatchObject({ name: 'Asha' })
})

test('P5 two that correct each other end, and neither is lost', async () => {
  const entityId = randomUUID()
  const first = creating(amina, entityId, { name: 'Asha' })
  const second = correcting(amina, first, { roof: 'iron' })
  await amina.push([{ ...first, ...amina.make({ ...first, n: first.n, deprecatedId: second.instanceId }) }])
  await amina.push([second])
  const states = [await one(first.instanceId), await one(second.instanceId)].map(row => row?.state)
  expect(states).toEqual(['applied', 'applied'])
})

test('P6 what waits has written nothing yet', async () => {
  const visit = visiting(baraka, randomUUID(), { roof: 'iron' })
  await baraka.push([visit])
  const { rows } = await collector.read.execute(
    sql`select 1 from entity_writes where instance_id = ${visit.instanceId}`,
  )
  expect(rows).toEqual([])
  nowMs += DAY_MS
  await expect.poll(async () => (await one(visit.instanceId))?.state, { timeout: 15_000 }).toBe('applied')
})
