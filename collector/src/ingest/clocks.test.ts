/** Laptops whose clock is wrong: an officer can always save and send, and nobody else's work moves for it. */
import { randomUUID } from 'node:crypto'
import type { Stamp } from '@murram/fold'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceList, SubmissionList } from '../http/api-types.ts'
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

const DAY = 86_400_000
const stampAt = (atMs: number, { deviceId }: TestDevice) =>
  `${Math.max(0, atMs).toString(16).padStart(12, '0')}-0000-${deviceId.slice(0, 8)}` as Stamp

test.each([
  ['a day back', (): number => Date.now() - DAY, null],
  ['a year ahead', (): number => Date.now() + 365 * DAY, 'ahead'],
  ['in 1970', (): number => 1_000, 'dead'],
] as const)(
  'a laptop whose clock is %s is heard, its skew is shown, and what it says is placed and marked',
  async (name, clock, mark) => {
    await using device = await enrolTestDevice({ collector, officer: name })
    await device.connect({ clockMs: clock() })
    const entityId = randomUUID()
    const wrong = { answers: { name: 'Wrong', roof: 'iron', ...namingEntity(entityId, 'create', 'Wrong') } }
    const { results } = await device.submit({ ...wrong, stamp: stampAt(clock(), device) })
    expect(results).toMatchObject([{ result: 'applied' }])
    const { body } = await collector.get<DeviceList>('/devices')
    const skewMs = body.devices.find(({ deviceId }) => deviceId === device.deviceId)?.clockSkewMs ?? 0
    expect(Math.abs(skewMs - (clock() - Date.now()))).toBeLessThan(30_000)
    const list = await collector.get<SubmissionList>(`/submissions?deviceId=${device.deviceId}`)
    expect(list.body.submissions).toMatchObject([{ clock: mark }])

    // Somebody else's visit of today, finished after the wrong one had come, stands.
    await using other = await enrolTestDevice({ collector, officer: `after ${name}` })
    await other.connect()
    await other.submit({
      answers: { name: 'Right', ...namingEntity(entityId, 'update', 'Right') },
      base: { name: 'Wrong' },
      stamp: stampAt(Date.now() + 1_000, other),
    })
    const { body: entity } = await collector.get<{ properties: Record<string, string> }>(`/entities/${entityId}`)
    expect(entity.properties).toMatchObject({ name: 'Right', roof: 'iron' })
  },
)
