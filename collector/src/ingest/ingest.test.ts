import { randomUUID } from 'node:crypto'
import type { Submission } from '@murram/fold'
import type { FormId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EntityList, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice, namingEntity } from '../test-device.ts'
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

const connected = async () => {
  const device = await enrolTestDevice({ collector })
  await device.connect()
  return device
}

test('I1 a batch that is sent twice is stored once', async () => {
  await using device = await connected()
  const batch = [device.make({ answers: { name: 'Asha' } }), device.make({ answers: { name: 'Juma' } })]
  const first = await device.push(batch)
  expect(first.results.map(({ result }) => result)).toEqual(['applied', 'applied'])
  expect(first).toMatchObject({ upto: 2, durableUpto: 2, safeUpto: 0 })
  const again = await device.push(batch)
  expect(again.results.map(({ result }) => result)).toEqual(['duplicate', 'duplicate'])
  const { rows } = await collector.read.execute(sql`select 1 from submissions where store_id = ${device.storeId}`)
  expect(rows).toHaveLength(2)
})

test('the same number with other content is forked, and what was stored stays', async () => {
  await using device = await connected()
  await device.submit({ answers: { name: 'Asha' } })
  const ack = await device.push([device.make({ n: 1, answers: { name: 'another' } })])
  expect(ack.results).toMatchObject([{ n: 1, result: 'forked', fault: { fault: 'sync.forked-store' } }])
  const { body } = await collector.get<SubmissionList>(`/submissions?deviceId=${device.deviceId}`)
  expect(body.submissions.map(({ answers }) => answers.name)).toEqual(['Asha'])
})

test('what a copied store queues anew is kept under its new number and counted once', async () => {
  await using device = await connected()
  const entityId = randomUUID()
  const { submission } = await device.submit({ answers: { name: 'Asha', ...namingEntity(entityId, 'create', 'Asha') } })
  await device.disconnect()
  await using copy = await enrolTestDevice({ collector, key: device.key })
  await copy.connect()
  const ack = await copy.push([copy.make({ ...submission, storeId: copy.storeId, n: 1 })])
  expect(ack).toMatchObject({ results: [{ result: 'duplicate' }], durableUpto: 1 })
  const { body } = await collector.get<SubmissionList>(`/submissions?entityId=${entityId}`)
  expect(body.submissions).toHaveLength(1)
})

test('the same instance with other content is held, and the first one stays', async () => {
  await using device = await connected()
  const { submission } = await device.submit({ answers: { name: 'Asha' } })
  const ack = await device.submit({ instanceId: submission.instanceId, answers: { name: 'Not Asha' } })
  expect(ack).toMatchObject({ results: [{ result: 'held', fault: { fault: 'sync.instance-exists' } }], durableUpto: 2 })
})

test('I2 one submission that cannot be folded is held with its reason, and blocks no other', async () => {
  await using device = await connected()
  const entity = () => namingEntity(randomUUID(), 'create', 'fine')
  const batch = [
    device.make({ answers: { name: 'fine', ...entity() } }),
    device.make({ answers: { name: 'broken', ...namingEntity('not-a-uuid', 'create', 'broken') } }),
    device.make({ answers: { name: 'fine too', ...entity() } }),
  ]
  const ack = await device.push(batch)
  expect(ack.results.map(({ result }) => result)).toEqual(['applied', 'held', 'applied'])
  expect(ack.durableUpto).toBe(3)
  const { body } = await collector.get<SubmissionList>(`/submissions?state=held&deviceId=${device.deviceId}`)
  expect(body.submissions).toMatchObject([{ n: 2, reason: { fault: 'fold.held', mend: expect.any(String) } }])
  const repeated = await device.push(batch)
  expect(repeated.results.map(({ result }) => result)).toEqual(['duplicate', 'held', 'duplicate'])
})

test('I2 text that no database can hold is kept as bytes and held, and later queries still work', async () => {
  await using device = await connected()
  const nul = 'a\0b'
  const ack = await device.submit({ answers: { name: nul, ...namingEntity(randomUUID(), 'create', nul) } })
  expect(ack).toMatchObject({ results: [{ result: 'held', fault: { fault: 'wire.malformed' } }], durableUpto: 1 })
  const typed = await device.submit({ answers: { name: 'C:\\u0000\\ud800' } }) // what a person may type
  expect(typed).toMatchObject({ results: [{ result: 'applied' }] })
  const { rows } = await collector.read.execute(
    sql`select body -> 'answers' ->> 'name' as name from submissions where store_id = ${device.storeId} order by n`,
  )
  expect(rows).toEqual([{ name: null }, { name: 'C:\\u0000\\ud800' }])
})

test('I5 a database whose disk is full holds nothing back: the batch is sent again and folded', async () => {
  await using device = await connected()
  const one = device.make({ answers: { name: 'fine', ...namingEntity(randomUUID(), 'create', 'fine') } })
  await collector.write.execute(sql`
    create function full_disk() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`)
  await collector.write.execute(
    sql`create trigger full_disk before insert on entity_writes for each row execute function full_disk()`,
  )
  await expect(device.push([one])).rejects.toThrow('http.internal')
  await collector.write.execute(sql`drop function full_disk cascade`)
  expect(await device.connect()).toMatchObject({ durableUpto: 0 })
  expect(await device.push([one])).toMatchObject({ results: [{ result: 'applied' }], durableUpto: 1 })
})

test('I3 a form that was never published is refused and not stored; later numbers wait behind it', async () => {
  await using device = await connected()
  const unknown = device.make({ formId: 'strange' as FormId, answers: { name: 'Asha' } })
  const refused = await device.push([unknown])
  expect(refused).toMatchObject({
    results: [{ result: 'refused', fault: { fault: 'sync.unknown-form' } }],
    durableUpto: 0,
  })
  const after = await device.submit({ answers: { name: 'Asha' } })
  expect(after).toMatchObject({ results: [{ n: 2, result: 'applied' }], durableUpto: 0 })
  await collector.publish(householdXml().replace('id="household"', 'id="strange"'))
  expect(await device.push([unknown])).toMatchObject({ results: [{ result: 'applied' }], durableUpto: 2 })
})

test('I4 a version published later is accepted beside the earlier one', async () => {
  await using device = await connected()
  await collector.publish(householdXml('2'))
  await device.submit({ version: '1', answers: { name: 'by the old form' } })
  const ack = await device.submit({ version: '2', answers: { name: 'by the new form' } })
  expect(ack).toMatchObject({ results: [{ result: 'applied' }], durableUpto: 2 })
})

test('a session that takes the place of another, with the same batch under way, stores it once', async () => {
  const first = await connected()
  await using second = await enrolTestDevice({ collector, key: first.key, storeId: first.storeId })
  const batch = Array.from({ length: 50 }, (_, i) => first.make({ answers: { name: `household ${i}` } }))
  const [, again] = await Promise.allSettled([first.push(batch), second.connect().then(() => second.push(batch))])
  expect(again).toMatchObject({ status: 'fulfilled', value: { upto: 50, durableUpto: 50 } })
  const { rows } = await collector.read.execute(sql`select 1 from submissions where store_id = ${first.storeId}`)
  expect(rows).toHaveLength(50)
  await first.disconnect()
})

test('an instance id of another kind never reaches the store', async () => {
  await using device = await connected()
  const strange = device.make({ instanceId: 'no-instance' as InstanceId, answers: {} })
  await expect(device.push([strange])).rejects.toThrow('wire.malformed')
})

test('I1 of two collectors that take the same numbers at once, the second one stores nothing unfolded', async () => {
  await using first = await connected()
  const { databaseUrl, keys } = collector
  await using other = await startTestCollector({ cluster, databaseUrl, keys, join: true, rooms: [] })
  await using second = createTestDevice({ ...first, collector: other })
  await second.connect()
  const [one, two] = [1, 2].map(k =>
    first.make({ answers: { name: `Zawadi ${k}`, ...namingEntity(randomUUID(), 'create', `Zawadi ${k}`) } }),
  ) as [Submission, Submission]
  const isWaiting = async (count: number) => {
    for (;;) {
      const { rows } = await collector.read.execute(sql`select 1 from pg_locks where not granted`)
      if (rows.length === count) return
    }
  }
  const acks = await collector.write.transaction(async tx => {
    await tx.execute(sql`select 1 from projects for update`) // whoever folds waits
    const early = first.push([one])
    await isWaiting(1)
    const late = second.push([one, two]) // finds the number of the first, which has not committed
    await isWaiting(2)
    return { early, late }
  })
  expect((await acks.early).results).toMatchObject([{ result: 'applied' }])
  expect((await acks.late).results).toMatchObject([{ result: 'duplicate' }, { result: 'applied' }])
  const { body } = await collector.get<EntityList>('/entities?q=Zawadi')
  expect(body.entities.map(({ label }) => label).sort()).toEqual(['Zawadi 1', 'Zawadi 2'])
})
