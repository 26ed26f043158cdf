import type { DeviceId, Sha256 } from '@murram/ground'
import { unwrap } from '@murram/ground'
import { decodeBlock, decodeManifest, type FeedRow } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getBlob, getBlobRange } from '../blobs/blobs.ts'
import type { FeedEntry } from '../feed/feed.ts'
import { WHOLE_VIEW } from '../feed/view.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { createSnapshots, type SnapshotsDeps } from './snapshots.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const idOf = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
const household = (i: number, roof = 'iron'): FeedEntry => ({
  kind: 'entity',
  key: idOf(i),
  body: {
    entityId: idOf(i),
    dataset: 'households',
    label: `Household ${i}`,
    properties: { roof, members: String(i % 9) },
    conflicted: [],
    canonicalId: idOf(i),
  },
})
const households = (from: number, count: number): FeedEntry[] =>
  Array.from({ length: count }, (_, i) => household(from + i))

const snapshotsOf = ({ read, write }: TestCollector, options: Partial<SnapshotsDeps> = {}) =>
  createSnapshots({
    read,
    write,
    projectId: 'test',
    epoch: 1,
    now: Date.now,
    log: pino({ level: 'silent' }),
    views: async () => [WHOLE_VIEW],
    minRows: 100,
    ...options,
  })

async function rowsOf({ read }: TestCollector, manifestSha256: string): Promise<readonly FeedRow[]> {
  const manifest = unwrap(decodeManifest((await getBlob(read, manifestSha256)) ?? new Uint8Array()))
  const rows: FeedRow[] = []
  for (const { sha256, rows: count } of manifest.blocks) {
    const block = unwrap(decodeBlock((await getBlob(read, sha256)) ?? new Uint8Array()))
    expect(block.length).toBe(count)
    rows.push(...block)
  }
  expect(rows.length).toBe(manifest.rows)
  return rows
}

test('B1, B2, B3 what stands in the feed stands in the blocks once; forms first; nothing for one device, no tombstone', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const mine = 'a'.repeat(32) as DeviceId
  await collector.feed.publish(households(0, 4_500))
  await collector.feed.publish([household(3, 'tile'), { kind: 'entity', key: idOf(4), body: null }])
  await collector.feed.publish([
    { kind: 'conflict', key: 'c'.repeat(32), body: { secret: true }, scope: [mine] },
    { kind: 'form', key: 'household/1', body: { title: 'A form' } },
  ])
  const snapshots = snapshotsOf(collector)
  const built = await snapshots.refresh(WHOLE_VIEW)
  await snapshots.close()
  expect(built).toMatchObject({ number: 4_504, rows: 4_500 })
  const rows = await rowsOf(collector, built?.manifestSha256 ?? '')
  expect(rows[0]).toMatchObject({ kind: 'form', key: 'household/1' })
  const keys = rows.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).not.toContain(idOf(4))
  expect(rows.some(({ kind }) => kind === 'conflict')).toBe(false)
  expect(rows.find(({ key }) => key === idOf(3))?.body).toMatchObject({ properties: { roof: 'tile' } })
})

test('B1 rows that change while blocks are written are in the snapshot or behind its number, never lost', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await collector.feed.publish(households(0, 6_000))
  const snapshots = snapshotsOf(collector)
  let isOver = false
  const writing = (async () => {
    for (let i = 0; !isOver; i += 97) await collector.feed.publish([household(i % 6_000, `roof ${i}`)])
  })()
  const built = await snapshots.refresh(WHOLE_VIEW)
  isOver = true
  await writing
  await snapshots.close()
  const inBlocks = new Set((await rowsOf(collector, built?.manifestSha256 ?? '')).map(({ key }) => key))
  const { rows } = await collector.read.execute<{ key: string }>(
    sql`select key from feed where number <= ${built?.number ?? 0} or not key = any(${sql.param([...inBlocks])}::text[])`,
  )
  const later = await collector.read.execute<{ key: string }>(
    sql`select key from feed where number > ${built?.number ?? 0}`,
  )
  const known = new Set([...inBlocks, ...later.rows.map(({ key }) => key)])
  expect(rows.every(({ key }) => known.has(key))).toBe(true)
  expect(known.size).toBe(6_000)
})

test('a snapshot is offered to who begins, is of another epoch or is far behind, and to nobody else', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const snapshots = snapshotsOf(collector)
  const begin = { epoch: 1, number: 0 }
  expect(await snapshots.offer(WHOLE_VIEW, begin)).toBeUndefined() // few rows: pages do
  await collector.feed.publish(households(0, 300))
  expect(await snapshots.offer(WHOLE_VIEW, begin)).toBeUndefined() // built meanwhile
  await snapshots.refresh(WHOLE_VIEW)
  const offer = await snapshots.offer(WHOLE_VIEW, begin)
  expect(offer).toMatchObject({ number: 300 })
  expect(await snapshots.offer(WHOLE_VIEW, { epoch: 9, number: 280 })).toEqual(offer)
  expect(await snapshots.offer(WHOLE_VIEW, { epoch: 1, number: 20 })).toEqual(offer)
  expect(await snapshots.offer(WHOLE_VIEW, { epoch: 1, number: 280 })).toBeUndefined()
  await snapshots.close()
})

test('N1, N2 one build at a time; a long tail brings a new one; the one before stays, the one before that goes', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await collector.feed.publish(households(0, 400))
  const [one, other] = [snapshotsOf(collector), snapshotsOf(collector)]
  const built = await Promise.all([one.refresh(WHOLE_VIEW), one.refresh(WHOLE_VIEW), other.refresh(WHOLE_VIEW)])
  expect(built.filter(result => result !== null).length).toBe(1)
  const files: (readonly string[])[] = [built.find(result => result !== null)?.files ?? []]
  expect(await one.refresh(WHOLE_VIEW)).toBeNull() // nothing is due
  for (let turn = 1; turn <= 2; turn += 1) {
    await collector.feed.publish(households(400 * turn, 400))
    files.push((await one.refresh(WHOLE_VIEW))?.files ?? [])
  }
  const isThere = async (hash: string) =>
    (await getBlobRange(collector.read, hash as Sha256, { offset: 0, length: 1 })) !== undefined
  const [first = [], second = [], third = []] = files
  expect(await Promise.all(first.map(isThere))).toEqual(first.map(() => false))
  expect(await Promise.all([...second, ...third].map(isThere))).toEqual([...second, ...third].map(() => true))
  await Promise.all([one.close(), other.close()])
})

test('a device of version 2 that begins is told of the snapshot, reads what is for it by name, and then the tail', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const device = await enrolTestDevice({ collector })
  await collector.feed.publish(households(0, 2_500))
  await collector.feed.publish([
    { kind: 'conflict', key: 'c'.repeat(32), body: 1, scope: [device.deviceId] },
    { kind: 'conflict', key: 'd'.repeat(32), body: 1, scope: ['b'.repeat(32) as DeviceId] },
  ])
  await device.connect({ protocol: 2, more: { checkpoint: { epoch: 0, number: 0 } } })
  await device.disconnect()
  await expect
    .poll(async () => (await collector.read.execute(sql`select 1 from view_snapshots`)).rows.length, {
      timeout: 10_000,
    })
    .toBe(1)
  const { more } = await device.connect({ protocol: 2, more: { checkpoint: { epoch: 0, number: 0 } } })
  expect(more?.snapshot).toMatchObject({ number: 2_502 })
  device.send({ type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 50_000, namedUpto: 2_502 })
  expect(await device.next('page')).toMatchObject({ from: 0, to: 2_502, more: false, rows: [{ key: 'c'.repeat(32) }] })
  await collector.feed.publish([household(1, 'tile')])
  expect(await device.pull({ epoch: 1, number: 2_502 })).toMatchObject({ rows: [{ key: idOf(1) }], to: 2_503 })
  await device.disconnect()
})
