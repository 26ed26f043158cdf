import { zstdDecompressSync } from 'node:zlib'
import type { Sha256 } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { getBlob, putBlob } from '../blobs/blobs.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector } from '../test-collector.ts'
import { createPatches } from './patches.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

/** Hard to compress by itself, as names and ids are. */
const line = (i: number): string => `${(i * 2_654_435_761) % 4_294_967_291},${(i * 40_503) % 65_521},place ${i % 311}`
const listOf = (count: number, changed: ReadonlySet<number>): Uint8Array =>
  new TextEncoder().encode(
    Array.from({ length: count }, (_, i) => (changed.has(i) ? `changed ${i}` : line(i))).join('\n'),
  )

test('D1, D2 a list of which little changed is a short patch that makes exactly the new list', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const { read, write } = collector
  const older = listOf(20_000, new Set())
  const newer = listOf(20_000, new Set(Array.from({ length: 80 }, (_, i) => i * 250)))
  const base = (await putBlob(write, older, 0)).sha256
  const wanted = (await putBlob(write, newer, 0)).sha256
  const patch = createPatches({ read, write, now: Date.now })
  const [found, again] = await Promise.all([patch(wanted, base), patch(wanted, base)])
  expect(again).toEqual(found)
  expect(found?.sizeBytes).toBeLessThan(newer.length / 50)
  const bytes = (await getBlob(read, found?.sha256 ?? '')) ?? new Uint8Array()
  expect(zstdDecompressSync(bytes, { dictionary: older }).equals(newer)).toBe(true)
})

test('D1 files that have nothing in common get no patch, and neither does a file that is not there', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const { read, write } = collector
  const patch = createPatches({ read, write, now: Date.now })
  const random = (seed: number) =>
    Uint8Array.from({ length: 5_000 }, (_, i) => Math.imul(i + seed, 2_654_435_761) >>> 24)
  const noise = async () => crypto.getRandomValues(new Uint8Array(5_000))
  const wanted = (await putBlob(write, await noise(), 0)).sha256
  const base = (await putBlob(write, random(7), 0)).sha256
  expect(await patch(wanted, base)).toBeUndefined()
  expect(await patch(wanted, base)).toBeUndefined()
  expect(await patch(wanted, wanted)).toBeUndefined()
  expect(await patch(wanted, '0'.repeat(64) as Sha256)).toBeUndefined()
})
