import { randomBytes, randomUUID } from 'node:crypto'
import { readFeedBody, type ConflictBody } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConflictList, EntityDetail, EntityList, OwnSubmission, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let amina: TestDevice
let baraka: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  // Amina's clock is a little behind Baraka's, so that his stamps are the later ones.
  const startMs = Date.now() - 10_000_000
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: startMs })
  baraka = await enrolTestDevice({ collector, officer: 'Baraka', clockMs: startMs + 1_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const entity = async (entityId: string) => (await collector.get<EntityDetail>(`/entities/${entityId}`)).body
const feedNumber = async () => (await collector.get<{ feedNumber: number }>('/summary')).body.feedNumber
/** What a device is told after a number. */
const told = async (device: TestDevice, after: number) => (await device.pull({ epoch: 1, number: after })).rows

const household = async (device: TestDevice, answers: Record<string, string>) => {
  const entityId = randomUUID()
  const { submission } = await device.submit({
    answers: { ...answers, ...namingEntity(entityId, 'create', answers.name ?? 'Asha') },
  })
  return { entityId, submission }
}

const visit = (device: TestDevice, entityId: string, answers: Record<string, string>, base: Record<string, string>) =>
  device.submit({ answers: { ...answers, ...namingEntity(entityId, 'update') }, base })

test('E1 a submission that names no entity touches none', async () => {
  const before = await feedNumber()
  expect(await amina.submit({ answers: { name: 'nobody' } })).toMatchObject({ results: [{ result: 'applied' }] })
  expect(await feedNumber()).toBe(before)
})

test('a visit changes what it changed and leaves the rest', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron', people: '4' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  expect(await entity(entityId)).toMatchObject({
    label: 'Asha',
    properties: { name: 'Asha', roof: 'tile', people: '4' },
    conflicted: [],
    history: [{ officer: 'Amina' }, { officer: 'Baraka' }],
  })
})

test('two visits that did not know of each other: the later stands, the other is in the ledger and in the feed', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  const before = await feedNumber()
  expect(await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })).toMatchObject({
    results: [{ result: 'applied' }],
  })
  const late = await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  expect(late.results).toMatchObject([{ result: 'conflict' }])

  const found = await entity(entityId)
  expect(found).toMatchObject({ properties: { roof: 'tile' }, conflicted: ['roof'] })
  expect(found.conflicts).toMatchObject([
    { property: 'roof', stands: { answer: 'tile' }, other: { answer: 'thatch' }, settledBy: null },
  ])
  const rows = await told(amina, before)
  expect(rows.map(({ kind }) => kind).sort()).toEqual(['conflict', 'entity'])
  const conflict = rows.find(({ kind }) => kind === 'conflict')?.body as ConflictBody
  expect([...conflict.forDevices].sort()).toEqual([amina.deviceId, baraka.deviceId].sort())
  expect(rows.find(({ kind }) => kind === 'entity')?.body).toMatchObject({
    entityId,
    properties: { roof: 'tile' },
    conflicted: ['roof'],
  })
})

test('what the feed says of entities and conflicts is what wire says they are', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  const before = await feedNumber()
  await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const rows = await told(amina, before)
  expect(rows.map(({ kind }) => kind).sort()).toEqual(['conflict', 'entity'])
  for (const { kind, body } of rows) expect(readFeedBody(kind, body)).toMatchObject({ ok: true })
})

test('many devices that write one household at once end where one after the other would', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron', people: '1' })
  const crowd = await Promise.all(
    Array.from({ length: 5 }, (_, i) => enrolTestDevice({ collector, clockMs: Date.now() - 500_000 + i * 1_000 })),
  )
  await Promise.all(crowd.map(device => device.connect()))
  const acks = await Promise.all(
    crowd.map((device, i) => visit(device, entityId, { people: String(10 + i) }, { people: '1' })),
  )
  expect(acks.map(({ durableUpto }) => durableUpto)).toEqual([1, 1, 1, 1, 1])
  const found = await entity(entityId)
  expect(found).toMatchObject({ properties: { people: '14' }, conflicted: ['people'], submissions: 6 })
  expect(found.conflicts.map(({ other }) => other.answer).sort()).toEqual(['10', '11', '12', '13'])
  await Promise.all(crowd.map(device => device.disconnect()))
})

test('a conflict is shown to those who wrote in it, and to nobody else', async () => {
  await using stranger = await enrolTestDevice({ collector, officer: 'Chiku' })
  await stranger.connect()
  const rows = await told(stranger, 0)
  expect(rows.filter(({ kind }) => kind === 'conflict')).toEqual([])
  expect(rows.filter(({ kind }) => kind === 'entity')).not.toEqual([])
})

test('a settlement at the centre is a submission of the collector; its choice stands, and everyone is told', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const [conflict] = (await entity(entityId)).conflicts
  const before = await feedNumber()
  const settled = await collector.post<OwnSubmission>(`/conflicts/${conflict?.conflictId}/settle`, { choose: 'other' })
  expect(settled).toMatchObject({ status: 200, body: { entityIds: [entityId] } })

  expect(await entity(entityId)).toMatchObject({
    properties: { roof: 'thatch' },
    conflicted: [],
    conflicts: [{ settledBy: settled.body.instanceId }],
  })
  for (const device of [amina, baraka])
    expect((await told(device, before)).map(({ kind }) => kind).sort()).toEqual(['conflict', 'entity'])
  const { body } = await collector.get<SubmissionList>('/submissions?formId=murram:settlement')
  expect(body.submissions).toMatchObject([{ instanceId: settled.body.instanceId, officer: null, state: 'applied' }])
  const { body: open } = await collector.get<ConflictList>('/conflicts?state=open')
  expect(open.conflicts.map(({ conflictId }) => conflictId)).not.toContain(conflict?.conflictId)
})

test('a settlement that came from a device counts as well', async () => {
  const { entityId } = await household(amina, { name: 'Asha', roof: 'iron' })
  await visit(amina, entityId, { roof: 'thatch' }, { roof: 'iron' })
  await visit(baraka, entityId, { roof: 'tile' }, { roof: 'iron' })
  const [conflict] = (await entity(entityId)).conflicts
  const ack = await baraka.submit({
    formId: 'murram:settlement' as never,
    answers: {
      conflict_id: conflict?.conflictId ?? '',
      entity_id: entityId,
      dataset: 'households',
      property: 'roof',
      answer: 'thatch',
    },
    base: { roof: 'tile' },
  })
  expect(ack).toMatchObject({ results: [{ result: 'applied' }] })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'thatch' }, conflicted: [] })
})

test('E2 a correction takes the place of what it corrects, and does not overwrite a later visit', async () => {
  const { entityId, submission } = await household(amina, { name: 'Asha', roof: 'iron', people: '4' })
  await visit(baraka, entityId, { people: '5' }, { people: '4' })
  await amina.submit({
    answers: { name: 'Asha', roof: 'thatch', people: '4', ...namingEntity(entityId, 'create', 'Asha') },
    deprecatedId: submission.instanceId,
  })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'thatch', people: '5' }, conflicted: [] })
  const { history } = await entity(entityId)
  expect(history.filter(({ superseded }) => superseded)).toMatchObject([{ instanceId: submission.instanceId }])
})

test('E2 a correction that names another entity takes the submission away from the first', async () => {
  const { entityId, submission } = await household(amina, { name: 'Asha' })
  const other = randomUUID()
  const before = await feedNumber()
  await amina.submit({
    answers: { name: 'Asha', ...namingEntity(other, 'create', 'Asha') },
    deprecatedId: submission.instanceId,
  })
  expect(await entity(entityId)).toMatchObject({ fault: 'http.not-found' })
  expect(await entity(other)).toMatchObject({ properties: { name: 'Asha' } })
  const rows = await told(baraka, before)
  expect(rows.find(({ key }) => key === entityId)).toMatchObject({ kind: 'entity', body: null })
})

test('E2 a correction that names no entity any more takes it away too, also when it arrives first', async () => {
  const entityId = randomUUID()
  const original = amina.make({ answers: { name: 'Asha', ...namingEntity(entityId, 'create', 'Asha') } })
  await using newLaptop = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 500_000 })
  await newLaptop.connect()
  const first = await newLaptop.submit({ answers: { name: 'not a household' }, deprecatedId: original.instanceId })
  expect(first).toMatchObject({ results: [{ result: 'held', fault: { fault: 'fold.waiting' } }], durableUpto: 1 })
  await amina.push([original])
  expect(await entity(entityId)).toMatchObject({ fault: 'http.not-found' })
})

test('E3 two households joined are one for every reader, and two again when it is undone', async () => {
  const { entityId: first } = await household(amina, { name: 'Asha', roof: 'iron' })
  const { entityId: second } = await household(baraka, { name: 'Asha', people: '6' })
  expect(await collector.post('/aliases', { alias: second, of: first })).toMatchObject({ status: 200 })
  expect(await entity(first)).toMatchObject({
    canonicalId: first,
    properties: { roof: 'iron', people: '6' },
    aliases: [second],
  })
  expect(await entity(second)).toMatchObject({ canonicalId: first, properties: { people: '6' } })
  const rows = await told(amina, 0)
  expect(rows.find(({ key }) => key === second)?.body).toMatchObject({ canonicalId: first })

  expect(await collector.send(`/aliases/${second}`, { method: 'DELETE' })).toMatchObject({ status: 200 })
  const parted = await entity(first)
  expect(parted.properties).toEqual({ name: 'Asha', roof: 'iron' })
  expect(parted.aliases).toEqual([])
  expect(await entity(second)).toMatchObject({ canonicalId: second })
})

test('E3 a list counts which of its households are the same as another', async () => {
  const { entityId: first } = await household(amina, { name: 'Nabirye One' })
  const { entityId: second } = await household(baraka, { name: 'Nabirye Two' })
  await collector.post('/aliases', { alias: second, of: first })
  expect((await collector.get<EntityList>('/entities?q=nabirye')).body).toMatchObject({ total: 2, aliases: 1 })
  await collector.send(`/aliases/${second}`, { method: 'DELETE' })
  expect((await collector.get<EntityList>('/entities?q=nabirye')).body).toMatchObject({ total: 2, aliases: 0 })
})

test('a submission in the list goes by the label its household has now', async () => {
  const { entityId } = await household(amina, { name: 'Asha' })
  await baraka.submit({ answers: { name: 'Aisha', ...namingEntity(entityId, 'update', 'Aisha') } })
  const { label } = await entity(entityId)
  const { body } = await collector.get<SubmissionList>(`/submissions?entityId=${entityId}`)
  expect(body.submissions.map(({ entityLabel }) => entityLabel)).toEqual([label, label])
  await baraka.submit({ answers: { name: 'no household' } })
  const { body: all } = await collector.get<SubmissionList>('/submissions?limit=1')
  expect(all.submissions).toMatchObject([{ entityId: null, entityLabel: '' }])
})

test('E3 what joined households differ in is a conflict of the one, and none once they are parted', async () => {
  const { entityId: first } = await household(amina, { name: 'Asha', roof: 'iron' })
  const { entityId: second } = await household(baraka, { name: 'Asha', roof: 'tile' })
  await collector.post('/aliases', { alias: second, of: first })
  expect(await entity(first)).toMatchObject({ conflicted: ['roof'] })
  await collector.send(`/aliases/${second}`, { method: 'DELETE' })
  expect(await entity(first)).toMatchObject({ conflicted: [], conflicts: [] })
})

test('E3 a household that is joined to another one after all leaves the first as it was', async () => {
  const { entityId: third } = await household(amina, { name: 'Asha', people: '6' })
  const { entityId: first } = await household(baraka, { name: 'Asha', roof: 'iron' })
  const { entityId: second } = await household(baraka, { name: 'Asha', roof: 'iron' })
  await collector.post('/aliases', { alias: third, of: first })
  expect(await entity(first)).toMatchObject({ properties: { people: '6' } })
  const before = await feedNumber()
  await collector.post('/aliases', { alias: third, of: second })
  expect((await entity(first)).properties).toEqual({ name: 'Asha', roof: 'iron' })
  expect(await entity(second)).toMatchObject({ properties: { people: '6' }, aliases: [third] })
  expect((await told(amina, before)).map(({ key }) => key)).toContain(first)
  await collector.send(`/aliases/${third}`, { method: 'DELETE' })
  for (const id of [first, second]) expect((await entity(id)).properties).toEqual({ name: 'Asha', roof: 'iron' })
})

test('E5 a property that no device could read back is held, and the feed goes on for all', async () => {
  const { entityId } = await household(amina, { name: 'Asha' })
  const before = await feedNumber()
  for (const property of ['__proto__', 'x'.repeat(501)]) {
    const { results } = await amina.submit({
      formId: 'murram:settlement' as never,
      answers: { conflict_id: 'a'.repeat(32), entity_id: entityId, dataset: 'households', property, answer: 'q' },
    })
    expect(results).toMatchObject([{ result: 'held', fault: { fault: 'fold.held' } }])
  }
  await visit(amina, entityId, { roof: 'tile' }, {})
  expect((await told(baraka, before)).find(({ key }) => key === entityId)?.body).toMatchObject({
    properties: { name: 'Asha', roof: 'tile' },
  })
})

test('E5 an entity grows to what fits into a frame; what goes beyond is held, and the feed goes on for all', async () => {
  const { entityId } = await household(amina, { name: 'Asha' })
  const before = await feedNumber()
  const noise = randomBytes(120_000).toString('base64')
  expect((await visit(amina, entityId, { remark: 'x', roof: noise }, {})).results).toMatchObject([
    { result: 'applied' },
  ])
  expect((await visit(amina, entityId, { name: noise }, { name: 'Asha' })).results).toMatchObject([{ result: 'held' }])
  expect((await visit(baraka, entityId, { people: '4' }, {})).results).toMatchObject([{ result: 'applied' }])
  const found = (await told(baraka, before)).find(({ key }) => key === entityId)
  expect(found?.body).toMatchObject({ properties: { name: 'Asha', people: '4', roof: noise } })
})

test('joining asks for two entities that exist', async () => {
  const { entityId } = await household(amina, { name: 'Asha' })
  expect(await collector.post('/aliases', { alias: entityId, of: randomUUID() })).toMatchObject({ status: 404 })
  expect(await collector.post('/aliases', { alias: entityId, of: entityId })).toMatchObject({ status: 400 })
  expect(await collector.send(`/aliases/${entityId}`, { method: 'DELETE' })).toMatchObject({ status: 404 })
  expect(await collector.post('/conflicts/nothing/settle', { choose: 'stands' })).toMatchObject({ status: 404 })
})

test('an entity of one dataset is not written by a form of another: it is held', async () => {
  await collector.publish(
    householdXml().replace('id="household"', 'id="shop"').replace('dataset="households"', 'dataset="shops"'),
  )
  const { entityId } = await household(amina, { name: 'Asha' })
  const ack = await amina.submit({
    formId: 'shop' as never,
    answers: { name: 'Duka', ...namingEntity(entityId, 'update') },
  })
  expect(ack.results).toMatchObject([{ result: 'held', fault: { fault: 'fold.held' } }])
  expect(await entity(entityId)).toMatchObject({ dataset: 'households', properties: { name: 'Asha' } })
})

test('a clock that is years ahead is clamped to its arrival, and the officer is not refused', async () => {
  await using ahead = await enrolTestDevice({ collector, clockMs: Date.now() + 10 * 31_536_000_000 })
  await ahead.connect()
  const { entityId } = await household(ahead, { name: 'Asha', roof: 'iron' })
  const soon = await enrolTestDevice({ collector, clockMs: Date.now() + 60_000 })
  await soon.connect()
  expect(await visit(soon, entityId, { roof: 'tile' }, { roof: 'iron' })).toMatchObject({
    results: [{ result: 'applied' }],
  })
  expect(await entity(entityId)).toMatchObject({ properties: { roof: 'tile' } })
  await soon.disconnect()
})

test('entities are found by part of their label or of an answer, page by page', async () => {
  for (const name of ['Zuhura One', 'Zuhura Two', 'Zuhura Three']) await household(amina, { name })
  const first = (await collector.get<EntityList>('/entities?q=zuhura&limit=2')).body
  expect(first).toMatchObject({ total: 3, entities: [{ label: 'Zuhura Three' }, { label: 'Zuhura Two' }] })
  const rest = (await collector.get<EntityList>(`/entities?q=zuhura&limit=2&after=${first.next}`)).body
  expect(rest).toMatchObject({ entities: [{ label: 'Zuhura One' }], next: null })
  expect((await collector.get<EntityList>('/entities?q=100%25')).body.total).toBe(0)
})
