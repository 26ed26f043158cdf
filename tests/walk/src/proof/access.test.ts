/**
 * A real laptop and a real collector: what it may see, and what becomes of it when it leaves or is
 * stolen. Each half is tested in its own house; here they meet.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import { householdXml, startTestCluster, startTestCollector } from '@murram/collector/weather'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'

type Cluster = Awaited<ReturnType<typeof startTestCluster>>
type Collector = Awaited<ReturnType<typeof startTestCollector>>

let cluster: Cluster
let collector: Collector
const folders: string[] = []
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  // Every interview begins a household of its own.
  const form = householdXml()
    .replace('id="" create="" update=""', 'id="" create="1"')
    .replace(
      '</model>',
      '<setvalue event="odk-instance-first-load" ref="/data/meta/entity/@id" value="uuid()"/></model>',
    )
    .replace('xmlns:entities', 'xmlns:odk="http://www.opendatakit.org/xforms" xmlns:entities')
  const { status } = await collector.publish(form)
  if (status !== 201) throw new Error(`the form was answered ${status}`)
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function newLaptop(officer: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-access-'))
  folders.push(dataDir)
  const key = { kind: 'key-file', path: join(dataDir, 'user.key') } as const
  const { body } = await collector.post<{ token: string }>('/enrolment-tokens', { officer })
  const { deviceId } = unwrap(
    await enrolAgent({
      dataDir,
      key,
      collectorUrl: collector.url,
      token: body.token,
      officer,
      allowDemo: true,
      now: Date.now,
    }),
  )
  const machine = { now: Date.now, random: Math.random, uuid: randomUUID, allowDemo: true }
  const agent = unwrap(await openAgent({ dataDir, key, ...machine }))
  unwrap(await agent.sync.syncOnce())
  return { agent, dataDir, deviceId }
}

async function visit(agent: Agent, name: string, roof: string) {
  const interview = unwrap(await agent.capture.open('household'))
  for (const [ref, answer] of Object.entries({ name, roof, people: '3' })) unwrap(interview.answer(ref, answer))
  unwrap(await interview.finalise())
}
const put = (path: string, body: unknown) =>
  collector.send(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
const labels = async (agent: Agent) => (await agent.mirror.all('entity')).map(({ body }) => body.label ?? '').toSorted()
interface Row {
  readonly deviceId: string
  readonly state: string
  readonly quarantined: number
  readonly order: { readonly receipt: { readonly unsent: number } | null } | null
}
const rowOf = async (deviceId: string) =>
  (await collector.get<{ devices: readonly Row[] }>('/devices')).body.devices.find(row => row.deviceId === deviceId)

test('a laptop is shown its scopes, loses what leaves them, and sends its own work all the while', async () => {
  const [author, reader] = [await newLaptop('Author'), await newLaptop('Reader')]
  for (const [name, roof] of [
    ['Asha', 'iron'],
    ['Brenda', 'thatch'],
  ] as const)
    await visit(author.agent, name, roof)
  unwrap(await author.agent.sync.syncOnce())
  unwrap(await reader.agent.sync.syncOnce())
  expect(await labels(reader.agent)).toEqual(['Asha', 'Brenda'])
  await visit(reader.agent, 'Carol', 'thatch')
  await put('/scopes/datasets/households', { property: 'roof' })
  await put(`/devices/${reader.deviceId}/scopes`, { scopes: ['iron'] })
  unwrap(await reader.agent.sync.syncOnce())
  expect(await labels(reader.agent)).toEqual(['Asha'])
  unwrap(await author.agent.sync.syncOnce())
  expect(await labels(author.agent)).toEqual(['Asha', 'Brenda', 'Carol'])
  await put(`/devices/${reader.deviceId}/scopes`, { scopes: null })
  unwrap(await reader.agent.sync.syncOnce())
  expect(await labels(reader.agent)).toEqual(['Asha', 'Brenda', 'Carol'])
  await author.agent.close()
  await reader.agent.close()
})

test('a laptop that leaves sends what is unsent into quarantine, is emptied, and its receipt is shown', async () => {
  const { agent, dataDir, deviceId } = await newLaptop('Leaver')
  await visit(agent, 'Unsent', 'iron')
  expect((await collector.post(`/devices/${deviceId}/order`, { kind: 'leave' })).status).toBe(201)
  expect(await agent.sync.syncOnce()).toMatchObject({ error: { fault: 'device.purged' } })
  await agent.close()
  expect(readdirSync(dataDir)).toEqual(['receipt.json'])
  expect(await rowOf(deviceId)).toMatchObject({ state: 'left', quarantined: 1, order: { receipt: { unsent: 0 } } })
  expect((await collector.post(`/devices/${deviceId}/accept-quarantined`)).body).toEqual({ accepted: 1, applied: 1 })
})

test('a stolen laptop that is connected loses its key within seconds, and nothing it says is heard', async () => {
  const { agent, dataDir, deviceId } = await newLaptop('Robbed')
  unwrap(agent.sync.start())
  await expect.poll(() => agent.sync.status().link).toBe('live')
  await collector.post(`/devices/${deviceId}/order`, { kind: 'destroy', confirm: 'Robbed' })
  await expect.poll(() => readdirSync(dataDir), { timeout: 20_000 }).toEqual(['receipt.json'])
  await agent.close()
  await expect
    .poll(async () => (await rowOf(deviceId))?.order?.receipt, { timeout: 20_000 })
    .toMatchObject({ unsent: 0 })
  expect(await rowOf(deviceId)).toMatchObject({ state: 'stolen' })
})
