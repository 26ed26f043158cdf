/** Who is shown a conflict, whatever else a batch holds and whenever they wrote. */
import { randomUUID } from 'node:crypto'
import type { ConflictBody } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let devices: Readonly<Record<'amina' | 'baraka' | 'chipo', TestDevice>>
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  const startMs = Date.now() - 10_000_000
  const enrol = async (officer: string, clockMs: number) => {
    const device = await enrolTestDevice({ collector, officer, clockMs })
    await device.connect()
    return device
  }
  devices = {
    amina: await enrol('Amina', startMs),
    baraka: await enrol('Baraka', startMs + 1_000_000),
    chipo: await enrol('Chipo', startMs + 2_000_000),
  }
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

const create = (entityId: string) => ({ name: 'Asha', roof: 'iron', ...namingEntity(entityId, 'create', 'Asha') })
const update = (entityId: string, answers: Record<string, string>) => ({
  ...answers,
  ...namingEntity(entityId, 'update'),
})

const conflictsOf = async (device: TestDevice, entityId: string): Promise<readonly ConflictBody[]> =>
  (await device.pull({ epoch: 1, number: 0 })).rows
    .filter(({ kind, body }) => kind === 'conflict' && (body as ConflictBody | null)?.entityId === entityId)
    .map(({ body }) => body as ConflictBody)

test('who wrote the property of another household in the same batch is not shown the conflict', async () => {
  const { amina, baraka, chipo } = devices
  const [one, other] = [randomUUID(), randomUUID()]
  await amina.submit({ answers: create(one) })
  await chipo.submit({ answers: create(other) })
  await amina.submit({ answers: update(one, { roof: 'thatch' }), base: { roof: 'iron' } })
  await baraka.push([
    baraka.make({ answers: update(one, { roof: 'tile' }), base: { roof: 'iron' } }),
    baraka.make({ answers: update(other, { people: '4' }), base: {} }),
  ])
  expect(await conflictsOf(amina, one)).toHaveLength(1)
  expect(await conflictsOf(chipo, one)).toEqual([])
})

test('who writes the property after the conflict was told is told of it too', async () => {
  const { amina, baraka, chipo } = devices
  const entityId = randomUUID()
  await amina.submit({ answers: create(entityId) })
  await amina.submit({ answers: update(entityId, { roof: 'thatch' }), base: { roof: 'iron' } })
  await baraka.submit({ answers: update(entityId, { roof: 'tile' }), base: { roof: 'iron' } })
  expect(await conflictsOf(chipo, entityId)).toEqual([])
  // He agrees with what stands, so the conflict itself stays as it is.
  await chipo.submit({ answers: update(entityId, { roof: 'tile' }), base: { roof: 'iron' } })
  const everybody = [amina, baraka, chipo].map(({ deviceId }) => deviceId).sort()
  const [shown] = await conflictsOf(chipo, entityId)
  expect(shown?.forDevices).toEqual(everybody)
})

test('who was told a row is told what becomes of it, also when it is for others now', async () => {
  const { amina, chipo } = devices
  const key = randomUUID().replaceAll('-', '')
  const publish = (scope: readonly TestDevice['deviceId'][], say: string) =>
    collector.feed.publish([{ kind: 'conflict', key, body: { say }, scope }])
  const lastTold = async () =>
    (await chipo.pull({ epoch: 1, number: 0 })).rows.filter(row => row.key === key).map(({ body }) => body)
  await publish([amina.deviceId, chipo.deviceId], 'first')
  expect(await lastTold()).toEqual([{ say: 'first' }])
  await publish([amina.deviceId], 'second')
  expect(await lastTold()).toEqual([{ say: 'second' }])
})
