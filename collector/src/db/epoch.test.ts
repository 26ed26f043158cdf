import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import { startCollector, type CollectorOptions } from '../main/start-collector.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { compareEpochs } from './epoch.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })

const house = async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-epoch-'))
  const databaseUrl = await cluster.freshDatabase()
  return {
    dataDir,
    file: join(dataDir, 'epoch.json'),
    databaseUrl,
    start: (options: Partial<CollectorOptions> = {}) =>
      startCollector({
        dataDir,
        databaseUrl,
        port: 0,
        keys,
        demo: true,
        adminToken: 'a',
        now: Date.now,
        rooms: [],
        log: pino({ level: 'silent' }),
        ...options,
      }),
    [Symbol.dispose]: () => rmSync(dataDir, { recursive: true }),
  }
}
const change = { kind: 'entity', key: 'k', body: 1 } as const

test('a collector that stops and starts stays in its epoch', async () => {
  using place = await house()
  const first = unwrap(await place.start())
  await first.feed.publish([change])
  await first.close()
  await using second = unwrap(await place.start())
  expect(second.epoch).toBe(1)
})

test('a database that is older than the file is refused, and with --accept-restore begins the next epoch', async () => {
  using place = await house()
  const first = unwrap(await place.start())
  await first.feed.publish([change])
  await first.close()
  const restored = await cluster.freshDatabase() // as after a loss: nothing in it
  expect(await place.start({ databaseUrl: restored })).toMatchObject({
    ok: false,
    error: { fault: 'house.epoch-mismatch', detail: expect.stringContaining('epoch 1') },
  })
  await unwrap(await place.start({ databaseUrl: restored, acceptRestore: true })).close()
  await using again = unwrap(await place.start({ databaseUrl: restored }))
  expect(again.epoch).toBe(2)
})

test('a backup of the present epoch is noticed as well: its feed has not got so far', async () => {
  using place = await house()
  const first = unwrap(await place.start())
  await first.feed.publish([change, { ...change, key: 'l' }])
  await first.write.execute(sql`update projects set feed_number = 1`) // as restored from a minute ago
  const noted = readFileSync(place.file, 'utf8')
  await first.close()
  writeFileSync(place.file, noted.replace(/"feedNumber":\d+/, '"feedNumber":2'))
  expect(await place.start()).toMatchObject({ ok: false, error: { fault: 'house.epoch-mismatch' } })
})

test('a backup that lacks only submissions of no entity is noticed: its inbox has not got so far', async () => {
  using place = await house()
  const first = unwrap(await place.start())
  await first.feed.publish([change])
  await first.close()
  const noted = JSON.parse(readFileSync(place.file, 'utf8')) as object
  writeFileSync(place.file, JSON.stringify({ ...noted, inboxSeq: 3 }))
  expect(await place.start()).toMatchObject({ ok: false, error: { detail: expect.stringContaining('inbox') } })
})

test('a database with content whose file is gone is refused: nobody knows whether it is the latest', async () => {
  using place = await house()
  const first = unwrap(await place.start())
  await first.feed.publish([change])
  await first.close()
  rmSync(place.file)
  expect(await place.start()).toMatchObject({ ok: false, error: { fault: 'house.epoch-mismatch' } })
})

test('accepting a restore where nothing was restored changes nothing', async () => {
  using place = await house()
  await unwrap(await place.start()).close()
  await using again = unwrap(await place.start({ acceptRestore: true }))
  expect(again.epoch).toBe(1)
})

test('the database of another project is refused', async () => {
  using place = await house()
  await unwrap(await place.start()).close()
  const others = createProjectKeys({ projectId: 'other' as ProjectId, demo: true, nowMs: 0 })
  expect(await place.start({ keys: others })).toMatchObject({
    ok: false,
    error: { fault: 'house.database-unreachable', detail: expect.stringContaining('test') },
  })
})

const life = fc.record({
  epoch: fc.integer({ min: 1, max: 3 }),
  lineage: fc.constantFrom('a', 'b'),
  feedNumber: fc.nat(5),
  inboxSeq: fc.option(fc.nat(5), { nil: undefined }),
  outcomeSeq: fc.option(fc.nat(5), { nil: undefined }),
})

test('only a database at or beyond what the file knew goes on unasked', () => {
  fc.assert(
    fc.property(life, life, (stored, outside) => {
      const isAtOrBeyond =
        stored.epoch > outside.epoch ||
        (stored.epoch === outside.epoch &&
          stored.lineage === outside.lineage &&
          stored.feedNumber >= outside.feedNumber &&
          (stored.inboxSeq ?? 0) >= (outside.inboxSeq ?? 0) &&
          (stored.outcomeSeq ?? 0) >= (outside.outcomeSeq ?? 0))
      expect(compareEpochs(stored, outside) === undefined).toBe(isAtOrBeyond)
    }),
  )
})
