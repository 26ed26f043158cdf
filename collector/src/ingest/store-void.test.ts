import { randomUUID } from 'node:crypto'
import { fault } from '@murram/ground'
import { signHead, toPushBatch } from '@murram/wire'
import { chainHead } from '@murram/seal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let device: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  device = await enrolTestDevice({ collector })
  await device.connect({ protocol: 2 })
})
afterAll(async () => {
  await device.disconnect()
  await collector.close()
  await cluster.stop()
})

const reason = fault('wire.frame-too-large', 'submission 2')

test('V1 V2 the numbers behind a void entry become durable; its content may come after all, another content not', async () => {
  const make = (name: string) => device.make({ answers: { name, ...namingEntity(randomUUID(), 'create', name) } })
  const [one, two, three] = [make('A'), make('B'), make('C')]
  const chains = [one, two, three].reduce<string[]>(
    (all, { digest }) => [...all, chainHead(all.at(-1) ?? '', digest)],
    [],
  )
  const headOf = (n: number) =>
    signHead(device.key, device.storeId, { n, previous: chains[n - 2] ?? '', chain: chains[n - 1] ?? '' })
  const push = async (submission: typeof one) => {
    device.send(toPushBatch([submission], headOf(submission.n)))
    return device.next('ack')
  }
  await push(one)
  expect(await push(three)).toMatchObject({ durableUpto: 1 })

  const entry = { type: 'void', n: 2, instanceId: two.instanceId, digest: two.digest, reason, head: headOf(2) } as const
  device.send(entry)
  expect(await device.next('ack')).toMatchObject({ upto: 2, durableUpto: 3, results: [{ n: 2, result: 'refused' }] })
  device.send(entry)
  expect(await device.next('ack')).toMatchObject({ durableUpto: 3, results: [{ result: 'refused' }] })
  const { body } = await collector.get<{ submissions: { state: string }[] }>('/submissions')
  expect(body.submissions.map(({ state }) => state).sort()).toEqual(['applied', 'applied', 'void'])

  expect(await push(two)).toMatchObject({ durableUpto: 3, results: [{ n: 2, result: 'applied' }] })
  device.send(entry)
  expect(await device.next('ack')).toMatchObject({ results: [{ n: 2, result: 'duplicate' }] })
  const again = await collector.get<{ submissions: { state: string }[] }>('/submissions')
  expect(again.body.submissions.map(({ state }) => state)).toEqual(['applied', 'applied', 'applied'])
})

test('a void entry that its device did not sign is refused, and the session with it', async () => {
  const thief = await enrolTestDevice({ collector })
  await thief.connect({ protocol: 2 })
  const mine = thief.make({ answers: { name: 'X' } })
  const head = signHead(device.key, thief.storeId, { n: 1, previous: '', chain: chainHead('', mine.digest) })
  thief.send({ type: 'void', n: 1, instanceId: mine.instanceId, digest: mine.digest, reason, head })
  await expect(thief.next('ack')).rejects.toThrow('sync.bad-signature')
})
