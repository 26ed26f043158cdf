import { randomUUID } from 'node:crypto'
import type { EntityId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '../db/handles.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const household = (entityId: string, roof: string, action: 'create' | 'update' = 'create') => ({
  answers: { name: 'Asha', roof, people: '3', ...namingEntity(entityId, action, 'Asha') },
})
/** What a device that reads from nought ends up with: rows by key; `null` was told as gone. */
const read = async (device: TestDevice, from = 0) => {
  const rows: { kind: string; key: string; body: unknown }[] = []
  for (let at = { epoch: 1, number: from }; ;) {
    const page = await device.pull(at, 2_000)
    rows.push(...page.rows.map(({ kind, key, body }) => ({ kind, key, body })))
    at = { epoch: page.epoch, number: page.to }
    if (!page.more)
      return {
        rows,
        entities: new Map(rows.filter(r => r.kind === 'entity').map(r => [r.key, r.body])),
        number: page.to,
      }
  }
}

/** Divided by `roof`: iron and thatch are two districts. */
async function start(): Promise<TestCollector & { iron: TestDevice; thatch: TestDevice; author: TestDevice }> {
  const collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  expect((await collector.send('/scopes/datasets/households', put({ property: 'roof' }))).status).toBe(200)
  const [iron, thatch, author] = await Promise.all(
    // Whoever comes later in the list comes later in time, however busy the machine is.
    ['Iron', 'Thatch', 'Author'].map((officer, i) =>
      enrolTestDevice({ collector, officer, clockMs: Date.now() - 3_000_000 + i * 1_000_000 }),
    ),
  )
  if (iron === undefined || thatch === undefined || author === undefined) throw new Error('three devices')
  await collector.send(`/devices/${iron.deviceId}/scopes`, put({ scopes: ['iron'] }))
  await collector.send(`/devices/${thatch.deviceId}/scopes`, put({ scopes: ['thatch'] }))
  await Promise.all([iron.connect(), thatch.connect(), author.connect()])
  return { ...collector, iron, thatch, author }
}
const put = (body: unknown): RequestInit => ({
  method: 'PUT',
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
})

test('AC1 a device is shown the households of its scopes, and the forms; one without scopes is shown all', async () => {
  await using collector = await start()
  const { iron, thatch, author } = collector
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()]
  await author.submit(household(a, 'iron'))
  await author.submit(household(b, 'thatch'))
  await author.submit(household(c, ''))
  expect([...(await read(iron)).entities.keys()]).toEqual([a])
  expect([...(await read(thatch)).entities.keys()]).toEqual([b])
  expect([...(await read(author)).entities.keys()]).toEqual([a, b, c])
  expect((await read(iron)).rows.filter(({ kind }) => kind === 'form')).toHaveLength(1)
})

test('AC2 what moves to another scope is gone for those who read it, and there for the others, with its conflicts', async () => {
  await using collector = await start()
  const { iron, thatch, author } = collector
  const a = randomUUID()
  await author.submit(household(a, 'iron'))
  const before = await read(iron)
  expect(before.entities.get(a)).not.toBeNull()
  await iron.submit({
    ...household(a, 'iron', 'update'),
    answers: { ...household(a, 'iron', 'update').answers, name: 'Brenda' },
  })
  expect((await read(iron)).rows.some(({ kind, body }) => kind === 'conflict' && body !== null)).toBe(true)
  await author.submit({ ...household(a, 'thatch', 'update'), base: { roof: 'iron', name: 'Brenda', people: '3' } })
  const after = await read(iron, before.number)
  expect(after.entities.get(a)).toBeNull()
  const conflicts = after.rows.filter(({ kind }) => kind === 'conflict')
  expect(conflicts.length).toBeGreaterThan(0)
  expect(conflicts.every(({ body }) => body === null)).toBe(true)
  expect((await read(thatch)).entities.get(a)).toMatchObject({ properties: { roof: 'thatch' } })
  // And back: there again for the one, gone for the other.
  await author.submit({ ...household(a, 'iron', 'update'), base: { roof: 'thatch' } })
  expect((await read(iron, after.number)).entities.get(a)).toMatchObject({ properties: { roof: 'iron' } })
  expect((await read(thatch)).entities.get(a)).toBeNull()
})

test('SC2 a conflict that nobody touched moves with its household', async () => {
  await using collector = await start()
  const { iron, thatch, author } = collector
  const a = randomUUID()
  await author.submit(household(a, 'iron'))
  for (const [device, people] of [
    [iron, '5'],
    [thatch, '6'],
  ] as const)
    await device.submit({ answers: { people, ...namingEntity(a, 'update') } })
  const conflictsOf = async (device: TestDevice, from = 0) => {
    const rows = (await read(device, from)).rows.filter(({ kind }) => kind === 'conflict')
    return rows.map(({ body }) => (body as { property: string } | null)?.property ?? null)
  }
  const { number } = await read(iron)
  expect(await conflictsOf(iron)).toEqual(['people', 'people'])
  expect(await conflictsOf(thatch)).toEqual([])
  await author.submit({ answers: { roof: 'thatch', ...namingEntity(a, 'update') }, base: { roof: 'iron' } })
  expect(await conflictsOf(iron, number)).toEqual([null, null])
  expect(await conflictsOf(thatch, number)).toEqual(['people', 'people'])
})

test('a device whose scopes change is sent away and welcomed with another view; the same scopes are the same view', async () => {
  await using collector = await start()
  const { iron } = collector
  const view = async () => (await iron.connect()).more?.view
  const first = await view()
  expect(await view()).toBe(first)
  await collector.send(`/devices/${iron.deviceId}/scopes`, put({ scopes: ['iron', 'thatch'] }))
  expect(await iron.closed()).toBe(1008)
  const second = await view()
  expect(second).not.toBe(first)
  await collector.send(`/devices/${iron.deviceId}/scopes`, put({ scopes: ['iron'] }))
  expect(await view()).toBe(first)
  await collector.send(`/devices/${iron.deviceId}/scopes`, put({ scopes: null }))
  expect(await view()).toBe('')
})

test('what moved while a laptop was away is gone for it, also when the households were divided anew meanwhile', async () => {
  await using collector = await start()
  const { iron, author } = collector
  const a = randomUUID()
  await author.submit(household(a, 'iron'))
  const first = (await iron.connect()).more?.view
  const { number } = await read(iron)
  await author.submit({ answers: { roof: 'thatch', ...namingEntity(a, 'update') }, base: { roof: 'iron' } })
  const divide = (property: string) => collector.send('/scopes/datasets/households', put({ property }))
  // By what they are divided by already: nothing changes, and what has moved is told.
  await divide('roof')
  expect((await iron.connect()).more?.view).toBe(first)
  expect((await read(iron, number)).entities.get(a)).toBeNull()
  // There and back again: whoever comes then reads all of it anew.
  await divide('people')
  await divide('roof')
  expect((await iron.connect()).more?.view).not.toBe(first)
})

test('AC4 a session that outlives a change of its scopes is given no page of the other view', async () => {
  await using collector = await start()
  const { iron, author } = collector
  await author.submit(household(randomUUID(), 'iron'))
  await author.submit(household(randomUUID(), 'thatch'))
  // As where the word that ends its session was lost.
  await collector.write.execute(sql`update devices set scopes = '{thatch}' where device_id = ${iron.deviceId}`)
  await expect(iron.pull({ epoch: 1, number: 0 })).rejects.toThrow('sync.view-changed')
  await iron.connect()
  expect([...(await read(iron)).entities.keys()]).toHaveLength(1)
})

test('a dataset that is divided later divides what is there', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  await using author = await enrolTestDevice({ collector })
  await author.connect()
  const [a, b] = [randomUUID(), randomUUID()]
  await author.submit(household(a, 'iron'))
  await author.submit(household(b, 'thatch'))
  await using reader = await enrolTestDevice({ collector })
  await collector.send(`/devices/${reader.deviceId}/scopes`, put({ scopes: ['iron'] }))
  const whole = (await reader.connect()).more?.view
  expect((await read(reader)).entities.size).toBe(2)
  await collector.send('/scopes/datasets/households', put({ property: 'roof' }))
  expect((await reader.connect()).more?.view).not.toBe(whole)
  expect([...(await read(reader)).entities.keys()]).toEqual([a])
  expect((await collector.get('/scopes')).body).toMatchObject({
    properties: { households: 'roof' },
    scopes: [
      { dataset: 'households', scope: 'iron', entities: 1 },
      { dataset: 'households', scope: 'thatch', entities: 1 },
    ],
  })
  await collector.send('/scopes/datasets/households', put({ property: null }))
  await reader.connect()
  expect((await read(reader)).entities.size).toBe(2)
})

test('AC3 a file is given to whom the feed names it: a form to all, what somebody else sent to nobody', async () => {
  await using collector = await start()
  const { iron } = collector
  const { putBlob } = await import('../blobs/blobs.ts')
  const secret = await putBlob(collector.write, new TextEncoder().encode('of another district'), 0)
  iron.send({ type: 'want', sha256: secret.sha256, offset: 0, length: 100 })
  await expect(iron.next('chunk')).rejects.toThrow('http.not-found')
  await iron.connect()
  const form = (await read(iron)).rows.find(({ kind }) => kind === 'form')?.body as { sha256: typeof secret.sha256 }
  iron.send({ type: 'want', sha256: form.sha256, offset: 0, length: 100 })
  expect(await iron.next('chunk')).toMatchObject({ offset: 0 })
})

test('a scope that rolls back with its transaction moves nothing', async () => {
  await using collector = await start()
  const { iron, author } = collector
  const a = randomUUID() as EntityId
  await author.submit(household(a, 'iron'))
  await expect(
    inTransaction(collector.write, async tx => {
      await collector.feed.append(tx, [
        { kind: 'entity', key: a, body: { entityId: a, dataset: 'households', properties: { roof: 'thatch' } } },
      ])
      throw new Error('cut')
    }),
  ).rejects.toThrow('cut')
  expect((await read(iron)).entities.get(a)).toMatchObject({ properties: { roof: 'iron' } })
})
