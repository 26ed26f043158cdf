/**
 * A laptop that begins beside a project of many households, over a link that is cut each second.
 *
 * FS1 all of it arrives, what is for this laptop by name too, and nothing that is for another
 * FS2 a restart of the laptop in the middle, and another collector on the same database, cost no
 *     block that was written: it goes on where it was
 * FS5 what is half here lies sealed: not one run of a block's bytes is in the laptop's folder
 * FS6 a laptop that was away for long gets what was removed meanwhile removed
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import { createProjectKeys, startCollector, type Collector, type ProjectKeys } from '@murram/collector'
import { unwrap, type DeviceId, type ProjectId } from '@murram/ground'
import { startFaultyLink } from '@murram/testkit'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesBelow } from './find-text.ts'

const HOUSEHOLDS = 9_000
const adminToken = 'first-sync'
const folder = mkdtempSync(join(tmpdir(), 'murram-first-sync-'))
const keys: ProjectKeys = createProjectKeys({ projectId: 'first' as ProjectId, demo: true, nowMs: 0 })
let collector: Collector
let database: pg.Client

const start = async (name: string, databaseUrl?: string): Promise<Collector> =>
  unwrap(
    await startCollector({
      dataDir: join(folder, name),
      port: 0,
      keys,
      demo: true,
      adminToken,
      now: Date.now,
      log: pino({ level: 'silent' }),
      ...(databaseUrl === undefined ? {} : { databaseUrl, join: true }),
    }),
  )

const idOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
const household = (i: number, income = (i * 7_919) % 100_003) => ({
  kind: 'entity' as const,
  key: idOf(i),
  body: {
    entityId: idOf(i),
    canonicalId: idOf(i),
    dataset: 'households',
    label: `Household ${i}`,
    properties: { income: String(income), gps: `${(i * 104_729) % 99_991} ${(i * 1_299_709) % 99_991}` },
    conflicted: [],
  },
})

beforeAll(async () => {
  collector = await start('first')
  database = new pg.Client({ connectionString: collector.databaseUrl })
  await database.connect()
  for (let i = 0; i < HOUSEHOLDS; i += 3_000)
    await collector.feed.publish(Array.from({ length: 3_000 }, (_, j) => household(i + j)))
})
afterAll(async () => {
  await database.end()
  await collector.close()
  rmSync(folder, { recursive: true, force: true })
})

const optionsOf = (name: string) => {
  const dataDir = join(folder, name)
  return {
    dataDir,
    key: { kind: 'key-file', path: join(dataDir, 'user.key') } as const,
    now: Date.now,
    allowDemo: true,
  }
}

async function enrol(name: string): Promise<void> {
  const reply = await collector.request('/api/v1/enrolment-tokens', {
    method: 'POST',
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ officer: name }),
  })
  const { token } = (await reply.json()) as { token: string }
  unwrap(await enrolAgent({ ...optionsOf(name), collectorUrl: collector.url, token, officer: name }))
}
const open = async (name: string): Promise<Agent> =>
  unwrap(await openAgent({ ...optionsOf(name), random: Math.random, uuid: randomUUID }))

const countOf = (agent: Agent): Promise<number> =>
  agent.collections.mirror.count({ selector: { kind: 'entity' } }).exec()

async function untilSnapshot(upto: number): Promise<readonly string[]> {
  for (;;) {
    const { rows } = await database.query<{ files: readonly string[] }>(
      'select files from view_snapshots where number >= $1 order by number desc limit 1',
      [upto],
    )
    if (rows[0] !== undefined) return rows[0].files
    await sleep(50)
  }
}

const conflict = (id: string) => ({
  conflictId: id,
  entityId: idOf(1),
  entityLabel: null,
  property: 'income',
  stands: { answer: '1', instanceId: `uuid:${idOf(1)}`, deviceId: 'a'.repeat(32), stamp: '000000000001-0000-aaaaaaaa' },
  other: { answer: '2', instanceId: `uuid:${idOf(2)}`, deviceId: 'a'.repeat(32), stamp: '000000000002-0000-aaaaaaaa' },
  settledBy: null,
  forDevices: ['a'.repeat(32)],
})

test('FS1 FS2 FS5 over a link that is cut each second, a restart and another collector, everything arrives once and lies sealed', async () => {
  await enrol('begins')
  let agent = await open('begins')
  const { deviceId } = agent.enrolment
  await collector.feed.publish([
    { kind: 'conflict', key: 'c'.repeat(32), body: conflict('c'.repeat(32)), scope: [deviceId] },
    { kind: 'conflict', key: 'd'.repeat(32), body: conflict('d'.repeat(32)), scope: ['b'.repeat(32) as DeviceId] },
  ])
  await agent.sync.syncOnce({ deadlineMs: 300 }) // whoever comes first has a snapshot built
  const files = await untilSnapshot(HOUSEHOLDS)
  await agent.close()
  rmSync(join(folder, 'begins'), { recursive: true, force: true })

  await enrol('slow')
  agent = await open('slow')
  const faults = { bytesPerSecond: 60_000, latencyMs: 40, cutEveryMs: [700, 1_300] } as const
  await using link = await startFaultyLink({ targetPort: collector.port, seed: 7, faults })
  unwrap(agent.sync.start(`http://127.0.0.1:${link.port}`))
  while ((await countOf(agent)) === 0) await sleep(30)
  const written = await countOf(agent)
  expect(written).toBeLessThan(HOUSEHOLDS)
  await agent.close() // in the middle of a block, most likely
  const { rows } = await database.query<{ bytes: Buffer }>('select bytes from blobs where sha256 = any($1)', [files])
  const onDisk = filesBelow(join(folder, 'slow')).map(path => readFileSync(path))
  for (const { bytes } of rows)
    for (let at = 200; at + 24 < bytes.length; at += 5_000)
      expect(onDisk.some(file => file.includes(bytes.subarray(at, at + 24)))).toBe(false)

  agent = await open('slow')
  expect(await countOf(agent)).toBeGreaterThanOrEqual(written)
  const other = await start('second', collector.databaseUrl)
  await using otherLink = await startFaultyLink({ targetPort: other.port, seed: 8, faults })
  const before = otherLink.stats().bytesDown
  const synced = await agent.sync.syncOnce({ address: `http://127.0.0.1:${otherLink.port}`, deadlineMs: 120_000 })
  expect(synced).toMatchObject({ ok: true })
  expect(await countOf(agent)).toBe(HOUSEHOLDS)
  const { rows: sizes } = await database.query<{ size: number }>(
    'select sum(size_bytes)::int as size from blobs where sha256 = any($1)',
    [files],
  )
  // What was written before the restart was not sent again.
  expect(otherLink.stats().bytesDown - before).toBeLessThan(
    (sizes[0]?.size ?? 0) * (1 - written / HOUSEHOLDS) * 1.3 + 40_000,
  )
  expect(link.stats().cuts + otherLink.stats().cuts).toBeGreaterThan(2)
  const own = await agent.mirror.all('conflict')
  expect(own.map(({ body }) => body.conflictId)).toEqual([])
  await agent.close()
  await other.close()
})

test('FS1 FS6 a laptop that was away gets the changes as a snapshot: what was removed goes, what is for it alone comes', async () => {
  await enrol('away')
  let agent = await open('away')
  unwrap(await agent.sync.syncOnce({ deadlineMs: 60_000 }))
  expect(await countOf(agent)).toBe(HOUSEHOLDS)
  const { deviceId } = agent.enrolment
  await agent.close()

  const gone = [5, 6, 7].map(i => ({ kind: 'entity' as const, key: idOf(i), body: null }))
  await collector.feed.publish([
    ...gone,
    { kind: 'conflict', key: 'e'.repeat(32), body: conflict('e'.repeat(32)), scope: [deviceId] },
  ])
  for (let i = 0; i < HOUSEHOLDS; i += 3_000) {
    const changed = Array.from({ length: 3_000 }, (_, j) => i + j).filter(j => j < 5 || j > 7)
    await collector.feed.publish(changed.map(j => household(j, j)))
  }
  const { rows } = await database.query<{ last: string }>('select max(number) as last from feed')
  const last = Number(rows[0]?.last)
  await enrol('another') // begins, and is offered the old one: its long tail brings a new one
  const another = await open('another')
  await another.sync.syncOnce({ deadlineMs: 300 })
  await another.close()
  await database.end()
  await collector.close()
  collector = await start('first') // as it would be within a minute
  database = new pg.Client({ connectionString: collector.databaseUrl })
  await database.connect()
  await untilSnapshot(last)

  agent = await open('away')
  unwrap(await agent.sync.syncOnce({ address: collector.url, deadlineMs: 60_000 }))
  expect(await countOf(agent)).toBe(HOUSEHOLDS - 3)
  expect(await agent.mirror.find('entity', idOf(6))).toBeNull()
  expect((await agent.mirror.find('entity', idOf(8_000)))?.body.properties['income']).toBe('8000')
  expect((await agent.mirror.all('conflict')).map(({ body }) => body.conflictId)).toEqual(['e'.repeat(32)])
  expect(await agent.mirror.checkpoint()).toMatchObject({ number: last })
  await agent.close()
})
