import { randomBytes } from 'node:crypto'
import type { DeviceId } from '@murram/ground'
import { encodeDown, MAX_FRAME_BYTES, pageChecksum } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '../db/handles.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import type { FeedEntry } from './feed.ts'
import { readFeedNumber, readPage } from './read-page.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const start = () => startTestCollector({ cluster, rooms: [] })
const entry = (key: string, body: unknown = { key }): FeedEntry => ({ kind: 'entity', key, body })
const device = 'a'.repeat(32) as DeviceId

const page = (collector: TestCollector, from: number, options: { maxBytes?: number; epoch?: number } = {}) =>
  readPage(collector.read, {
    projectId: 'test',
    epoch: 1,
    deviceId: device,
    from: { epoch: options.epoch ?? 1, number: from },
    maxBytes: options.maxBytes ?? 1_000_000,
  })

test('N1 numbers are dense and appear in order, however many append at once', async () => {
  await using collector = await start()
  const { feed, read } = collector
  const seen: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const { to, rows } = await page(collector, 0)
      expect(rows.length).toBe(to) // nothing below `to` is still on its way
      seen.push(to)
    }
  })()
  await Promise.all(Array.from({ length: 30 }, (_, i) => feed.publish([entry(`a${i}`), entry(`b${i}`)])))
  isOver = true
  await watching
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  const { rows } = await page(collector, 0)
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
  expect(await readFeedNumber(read, 'test')).toBe(60)
})

test('N1 what rolls back takes its numbers with it', async () => {
  await using collector = await start()
  await collector.feed.publish([entry('kept')])
  await expect(
    inTransaction(collector.write, async tx => {
      await collector.feed.append(tx, [entry('lost')])
      throw new Error('cut')
    }),
  ).rejects.toThrow('cut')
  await collector.feed.publish([entry('next')])
  const { rows, to } = await page(collector, 0)
  expect(rows.map(({ key, number }) => [key, number])).toEqual([
    ['kept', 1],
    ['next', 2],
  ])
  expect(to).toBe(2)
})

test('N2 a key stands once, under its latest change; a tombstone is told too', async () => {
  await using collector = await start()
  await collector.feed.publish([entry('a', 1), entry('b', 1)])
  await collector.feed.publish([entry('a', 2), { kind: 'entity', key: 'b', body: null }, entry('a', 3)])
  const { rows, to } = await page(collector, 0)
  expect(rows.map(({ key, body }) => [key, body])).toEqual([
    ['b', null],
    ['a', 3],
  ])
  expect(to).toBe(4)
  expect((await page(collector, 3)).rows.map(({ key }) => key)).toEqual(['a'])
})

test('pages are cut by bytes, go on where they stopped, and carry their checksum', async () => {
  await using collector = await start()
  await collector.feed.publish(Array.from({ length: 25 }, (_, i) => entry(`key${i}`, 'x'.repeat(100))))
  const keys: string[] = []
  let from = 0
  for (let more = true; more;) {
    const got = await page(collector, from, { maxBytes: 600 })
    expect(got.from).toBe(from)
    expect(got.checksum).toBe(pageChecksum(got.rows))
    expect(got.rows.length).toBeLessThan(6)
    keys.push(...got.rows.map(({ key }) => key))
    from = got.to
    more = got.more
  }
  expect(keys).toEqual(Array.from({ length: 25 }, (_, i) => `key${i}`))
})

test('a window smaller than one row still gets on, one row at a time', async () => {
  await using collector = await start()
  await collector.feed.publish([entry('a', 'x'.repeat(5_000)), entry('b')])
  expect(await page(collector, 0, { maxBytes: 1 })).toMatchObject({ to: 1, more: true })
})

test('a device is not shown what is for others, and its checkpoint passes over it', async () => {
  await using collector = await start()
  const other = 'b'.repeat(32) as DeviceId
  await collector.feed.publish([
    { kind: 'conflict', key: 'mine', body: 1, scope: [device, other] },
    { kind: 'conflict', key: 'theirs', body: 1, scope: [other] },
  ])
  expect(await page(collector, 0)).toMatchObject({ rows: [{ key: 'mine' }], to: 2, more: false })
  await collector.feed.publish([
    { kind: 'conflict', key: 'mine', body: null },
    { kind: 'conflict', key: 'theirs', body: null },
  ])
  expect(await page(collector, 2)).toMatchObject({ rows: [{ key: 'mine', body: null }], to: 4 })
})

test('a checkpoint of another epoch starts at nought', async () => {
  await using collector = await start()
  await collector.feed.publish([entry('a'), entry('b')])
  expect(await page(collector, 2, { epoch: 7 })).toMatchObject({ epoch: 1, from: 0, to: 2, rows: [{}, {}] })
  expect(await page(collector, 2)).toMatchObject({ from: 2, to: 2, rows: [], more: false })
})

test('who holds the handle for reading cannot write, whatever the types say', async () => {
  await using collector = await start()
  await expect(collector.read.execute(sql`delete from feed`)).rejects.toMatchObject({
    cause: { message: expect.stringContaining('read-only transaction') },
  })
})

test('N4 a row that no page could carry is refused where it is written, and whatever is not fits into a frame', async () => {
  await using collector = await start()
  const { feed } = collector
  const noise = (sizeBytes: number) => randomBytes(sizeBytes).toString('base64').slice(0, sizeBytes)
  await expect(feed.publish([{ kind: 'return', key: 'large', body: { text: noise(600_000) } }])).rejects.toThrow('page')
  const bodies = [noise(590_000), '\u0001'.repeat(95_000), 'é'.repeat(290_000), noise(1_000)]
  await feed.publish(bodies.map((text, i) => entry(`row${i}`, { text })))
  const keys: string[] = []
  for (let from = 0; ;) {
    const got = await page(collector, from, { maxBytes: 1_000_000 })
    for (const protocol of [1, 2]) expect(encodeDown(got, protocol).length).toBeLessThan(MAX_FRAME_BYTES)
    keys.push(...got.rows.map(({ key }) => key))
    from = got.to
    if (!got.more) break
  }
  expect(keys).toEqual(['row0', 'row1', 'row2', 'row3'])
})
