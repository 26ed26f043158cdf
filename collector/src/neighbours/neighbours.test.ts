/** Two collectors in one process on one database: what each of them knows of the other. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { unwrap, type ProjectId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import type { ConflictList, DeviceList, EntityList, LiveEvent, OwnSubmission, Summary } from '../http/api-types.ts'
import { startCollector, type Collector, type CollectorOptions } from '../main/start-collector.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { apiOf, testAdminToken, type TestApi } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import { whyEnded } from './neighbours.ts'

type House = Collector & TestApi & { readonly dataDir: string }

let cluster: TestCluster
let databaseUrl: string
let here: House
let there: House
const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
const folders: string[] = []

const open = (options: Partial<CollectorOptions> = {}) => {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'murram-neighbours-'))
  folders.push(dataDir)
  return startCollector({
    dataDir,
    databaseUrl,
    port: 0,
    keys,
    demo: true,
    adminToken: testAdminToken,
    now: Date.now,
    rooms: [],
    log: pino({ level: 'silent' }),
    ...options,
  })
}
const house = async (options: Partial<CollectorOptions> = {}): Promise<House> => {
  const collector = unwrap(await open(options))
  const dataDir = folders.at(-1) ?? ''
  return { ...collector, dataDir, ...apiOf((path, init) => collector.request(path, init), testAdminToken) }
}

beforeAll(async () => {
  cluster = await startTestCluster()
  databaseUrl = await cluster.freshDatabase()
  here = await house()
  there = await house({ join: true, lookEveryMs: 1_000 })
  await here.publish(householdXml())
})
afterAll(async () => {
  await here.close()
  await there.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  await cluster.stop()
})

const at = (device: TestDevice, collector: House) => createTestDevice({ ...device, collector })
const stateOf = async (collector: House, { deviceId }: TestDevice) =>
  (await collector.get<DeviceList>('/devices')).body.devices.find(device => device.deviceId === deviceId)
const waitFor = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 10_000, interval: 25 })

test('a collector joins a running project only with its keys, and only where there is one', async () => {
  expect(await open()).toMatchObject({ ok: false, error: { fault: 'house.epoch-mismatch', detail: /--join/ } })
  const others = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  expect(await open({ join: true, keys: others })).toMatchObject({ ok: false, error: { fault: 'house.other-keys' } })
  const otherDevice = { ...keys, collector: others.collector }
  expect(await open({ join: true, keys: otherDevice })).toMatchObject({
    ok: false,
    error: { fault: 'house.other-keys', detail: expect.stringContaining('collector') },
  })
  expect(await open({ join: true, databaseUrl: await cluster.freshDatabase() })).toMatchObject({
    ok: false,
    error: { fault: 'house.database-unreachable', detail: expect.stringContaining('empty') },
  })
})

test('two collectors that start at once on an empty database share it', async () => {
  const empty = await cluster.freshDatabase()
  const both = await Promise.all([0, 1].map(() => open({ databaseUrl: empty })))
  const [first, second] = both.map(unwrap) as [Collector, Collector]
  expect([first.epoch, second.epoch]).toEqual([1, 1])
  await first.close()
  await second.close()
})

test('C1 a device at one collector is hinted of what came to the other one, at once', async () => {
  await using reader = at(await enrolTestDevice({ collector: here }), there)
  const { feedNumber } = await reader.connect()
  await using writer = await enrolTestDevice({ collector: here })
  await writer.connect()
  const sentAt = performance.now()
  await writer.submit({ answers: { name: 'Asha', ...namingEntity(randomUUID(), 'create', 'Asha') } })
  // What was told before may be told once more.
  for (let told = feedNumber; told <= feedNumber;) told = (await reader.next('hint')).feedNumber
  expect(performance.now() - sentAt).toBeLessThan(1_500) // the next look would have come after two seconds
})

test('C1 a line that breaks is made anew, and what was missed meanwhile is found', async () => {
  await using reader = at(await enrolTestDevice({ collector: here }), there)
  await reader.connect()
  await using writer = await enrolTestDevice({ collector: here })
  await writer.connect()
  const cut = () =>
    here.write.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query ilike 'listen%'`)
  expect((await cut()).rowCount).toBe(2)
  await writer.submit({ answers: { name: 'Juma', ...namingEntity(randomUUID(), 'create', 'Juma') } })
  await reader.next('hint')
  await waitFor(async () => {
    const { rows } = await here.read.execute(
      sql`select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
    )
    expect(rows).toHaveLength(2)
  })
})

test('pages that are open at one collector see what happens at the other one', async () => {
  const stream = await there.request('/api/v1/live', { headers: { Authorization: `Bearer ${testAdminToken}` } })
  const seen: LiveEvent[] = []
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
  void (async () => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      for (const line of new TextDecoder().decode(value).split('\n'))
        if (line.startsWith('data: ')) seen.push(JSON.parse(line.slice(6)) as LiveEvent)
    }
  })()
  await using device = await enrolTestDevice({ collector: here })
  await device.connect()
  await device.submit({ answers: { name: 'Neema' } })
  await here.publish(householdXml('7'))
  await waitFor(async () => {
    expect(seen).toContainEqual({ kind: 'device', deviceId: device.deviceId, connected: true })
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'submissions', deviceId: device.deviceId, count: 1 }))
    expect(seen).toContainEqual({ kind: 'form', formId: 'household', version: '7' })
  })
  expect(seen.filter(({ kind }) => kind === 'form')).toHaveLength(1) // told once, and not told back
  await reader.cancel()
})

test('a device is connected, and counted once, wherever its session is', async () => {
  const device = at(await enrolTestDevice({ collector: here }), there)
  await device.connect()
  const connected = async () => (await here.get<Summary>('/summary')).body.devices.connected
  await waitFor(async () => expect(await stateOf(here, device)).toMatchObject({ connected: true }))
  await using second = at(device, here)
  await second.connect()
  expect(await connected()).toBe(1)
  await device.disconnect()
  await waitFor(async () => expect((await stateOf(there, device))?.connected).toBe(true))
})

test('a device that is revoked at one collector loses its session at the other one', async () => {
  const device = at(await enrolTestDevice({ collector: here }), there)
  await device.connect()
  await here.post(`/devices/${device.deviceId}/revoke`)
  await expect(device.next('pong')).rejects.toThrow('sync.device-revoked')
  await device.closed()
})

test('C1 a revocation whose word was lost is found at the next look', async () => {
  const device = at(await enrolTestDevice({ collector: here }), there)
  await device.connect()
  await here.write.execute(sql`update devices set state = 'revoked' where device_id = ${device.deviceId}`)
  await expect(device.next('pong')).rejects.toThrow('sync.device-revoked')
})

test('of conflicting decisions at two collectors both are kept, and one stands at both', async () => {
  const entityId = randomUUID()
  const [one, two] = [await enrolTestDevice({ collector: here }), await enrolTestDevice({ collector: here })]
  await one.connect()
  await two.connect()
  await one.submit({ answers: { name: 'first', roof: 'iron', ...namingEntity(entityId, 'create', 'first') } })
  await one.submit({
    answers: { name: 'first', roof: 'tile', ...namingEntity(entityId, 'update') },
    base: { roof: 'iron' },
  })
  await two.submit({
    answers: { name: 'first', roof: 'thatch', ...namingEntity(entityId, 'update') },
    base: { roof: 'iron' },
  })
  const { conflicts } = (await here.get<ConflictList>('/conflicts')).body
  const conflict = conflicts.find(({ property, entityId: of }) => property === 'roof' && of === entityId)
  const settle = (collector: House, choose: 'stands' | 'other') =>
    collector.post<OwnSubmission>(`/conflicts/${conflict?.conflictId}/settle`, { choose })
  const rounds = Array.from({ length: 6 }, (_, k) => [
    settle(here, 'stands'),
    settle(there, k % 2 ? 'stands' : 'other'),
  ])
  const replies = await Promise.all(rounds.flat())
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([replies[0]?.status]))
  const { rows } = await here.read.execute<{ n: string; stamp: string; state: string }>(
    sql`select n, stamp, state from submissions where form_id = 'murram:settlement' order by n`,
  )
  expect(rows.map(({ n }) => Number(n))).toEqual(Array.from({ length: 12 }, (_, i) => i + 1)) // dense
  expect(rows.map(({ stamp }) => stamp)).toEqual(rows.map(({ stamp }) => stamp).toSorted()) // and later is later
  expect(new Set(rows.map(({ stamp }) => stamp))).toHaveLength(12)
  expect(rows.every(({ state }) => state === 'applied')).toBe(true)
  const roofAt = async (collector: House) =>
    (await collector.get<EntityList>(`/entities?q=${entityId}`)).body.entities[0]?.properties['roof']
  expect(await roofAt(here)).toBe(await roofAt(there))
  await one.disconnect()
  await two.disconnect()
})

test('C3 a collector whose database begins another epoch ends; the one that began it goes on', async () => {
  const url = await cluster.freshDatabase()
  const first = await house({ databaseUrl: url })
  await first.publish(householdXml())
  const second = await house({ databaseUrl: url, join: true })
  const device = at(await enrolTestDevice({ collector: first }), second)
  await device.connect()
  await first.close()
  const noted = join(first.dataDir, 'epoch.json')
  rmSync(noted) // as on a new machine, after a restore
  const third = await house({ databaseUrl: url, dataDir: first.dataDir, acceptRestore: true })
  expect(third.epoch).toBe(2)
  expect(await second.ended).toMatchObject({ fault: 'house.epoch-ended', detail: expect.stringContaining('epoch 2') })
  expect(await device.closed()).toBeGreaterThan(0)
  await expect(device.connect()).rejects.toThrow(/503|ECONNRESET|closed/)
  expect((await fetch(`${second.url}/health`)).status).toBe(503)
  await second.close()
  const again = await house({ databaseUrl: url, dataDir: second.dataDir }) // its file is behind: it comes late
  expect(again.epoch).toBe(2)
  await again.close()
  await third.close()
})

test('C3 a database that goes back under a running collector ends it, and its file keeps what it knew', async () => {
  const url = await cluster.freshDatabase()
  const only = await house({ databaseUrl: url, lookEveryMs: 100 })
  await only.publish(householdXml())
  const noted = () =>
    JSON.parse(readFileSync(join(only.dataDir, 'epoch.json'), 'utf8')) as { readonly feedNumber: number }
  await waitFor(async () => expect(noted().feedNumber).toBe(1))
  await sleep(500) // the file may have been written at once; a look has seen it as well by then
  await only.write.execute(sql`update projects set feed_number = 0`) // as a restore in place
  expect(await only.ended).toMatchObject({ fault: 'house.epoch-ended', detail: expect.stringContaining('older copy') })
  await only.close()
  const refused = await open({ databaseUrl: url, dataDir: only.dataDir })
  expect(refused).toMatchObject({ ok: false, error: { fault: 'house.epoch-mismatch' } })
})

test('C3 what ends a collector', () => {
  const mine = { epoch: 2, lineage: 'a' }
  const highest = { feedNumber: 7, inboxSeq: 5 }
  expect(whyEnded(mine, { ...mine, ...highest }, highest)).toBeUndefined()
  expect(whyEnded(mine, { ...mine, ...highest, feedNumber: 6 }, highest)).toContain('older copy')
  expect(whyEnded(mine, { ...mine, ...highest, inboxSeq: 4 }, highest)).toContain('older copy')
  expect(whyEnded(mine, { epoch: 2, lineage: 'b', feedNumber: 9, inboxSeq: 9 }, highest)).toContain('lineage')
  expect(whyEnded(mine, { epoch: 3, lineage: 'c', feedNumber: 9, inboxSeq: 9 }, highest)).toContain('epoch 3')
  expect(whyEnded(mine, undefined, highest)).toContain('does not hold')
})

test('C2 a collector alone on its database notifies nobody', async () => {
  const url = await cluster.freshDatabase()
  const only = await house({ databaseUrl: url })
  const listener = new pg.Client({ connectionString: url })
  await listener.connect()
  const heard = vi.fn<() => void>()
  listener.on('notification', heard)
  await listener.query('listen murram_test')
  await sleep(200) // its own first word may still be on its way
  heard.mockClear()
  await only.publish(householdXml())
  await sleep(200)
  expect(heard).not.toHaveBeenCalled()
  await listener.end()
  await only.close()
})
