/** What goes back to a laptop as a file, made some time after its work came: how that stands by then. */
import { randomUUID } from 'node:crypto'
import { fault, unwrap } from '@murram/ground'
import { boxKeyOf, chainHead } from '@murram/seal'
import { decodeDown, FRAME_RECORD, openBundle, readHeader, signHead, type AckResult } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { expect, onTestFinished, test } from 'vitest'
import { startTestCluster } from '../test-cluster.ts'
import { startTestCollector, testAdminToken, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

async function givenBack({ request }: TestCollector, { deviceId, key }: TestDevice): Promise<readonly string[]> {
  const headers = { Authorization: `Bearer ${testAdminToken}` }
  const reply = await request(`/api/v1/devices/${deviceId}/bundle`, { headers })
  if (reply.body === null) throw new Error('no file')
  const source = reply.body[Symbol.asyncIterator]()
  const bytes = { [Symbol.asyncIterator]: () => source } as AsyncIterable<Uint8Array>
  const results: AckResult[] = []
  for await (const record of unwrap(openBundle(unwrap(await readHeader(bytes)), boxKeyOf(key)))) {
    if (typeof record === 'string' || record.kind !== FRAME_RECORD) continue
    const message = unwrap(decodeDown(record.bytes))
    if (message.type === 'ack') results.push(...message.results)
  }
  return results.map(({ n, result, fault: reason }) => `${n} ${result} ${reason?.fault ?? ''}`.trim())
}

test('EB3 the answer says of each what its ack would say now: also of what waits, never came, or is in a backup', async () => {
  const cluster = await startTestCluster()
  onTestFinished(() => cluster.stop())
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  const making = (kind: 'create' | 'update') =>
    device.make({ answers: { name: 'Asha', ...namingEntity(randomUUID(), kind, 'Asha') } })
  const [there, waits, never] = [making('create'), making('update'), making('create')]
  await device.push([there, waits])
  const chains = [there, waits, never].reduce<string[]>(
    (all, { digest }) => [...all, chainHead(all.at(-1) ?? '', digest)],
    [''],
  )
  const head = signHead(device.key, device.storeId, { n: 3, previous: chains[2] ?? '', chain: chains[3] ?? '' })
  const { instanceId, digest } = never
  device.send({ type: 'void', n: 3, instanceId, digest, reason: fault('wire.frame-too-large'), head })
  await device.next('ack')
  await device.disconnect()
  const said = ['1 duplicate', '2 held fold.waiting', '3 refused wire.frame-too-large']
  expect(await givenBack(collector, device)).toEqual(said)

  // A laptop that sends by file only has heard of none of it.
  await collector.write.execute(sql`update stores set safe_upto = durable_upto`)
  expect(await givenBack(collector, device)).toEqual(said)
})
