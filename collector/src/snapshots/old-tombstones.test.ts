import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../db/handles.ts'
import { createFeed } from '../feed/feed.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { dropOldTombstones, KEPT_MS, readFloor } from './old-tombstones.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const DAY_MS = 86_400_000
const put = ({ feed }: Pick<TestCollector, 'feed'>, key: string, body: unknown) =>
  feed.publish([{ kind: 'entity', key, body }])
const keysOf = async ({ read }: Pick<TestCollector, 'read'>) =>
  (await read.execute<{ key: string }>(sql`select key from feed order by number`)).rows.map(({ key }) => key)

test('O1 a tombstone goes half a year after the mark that stands behind it, and not a day before; rows stay', async () => {
  // No collector beside it, for it would look after its feed by its own clock.
  const database = await openDatabase({ url: await cluster.freshDatabase(), log: pino({ level: 'silent' }) })
  if (!database.ok) throw new Error(database.error.fault)
  const { read, write } = database.value
  await write.execute(
    sql`insert into projects (project_id, epoch, lineage, feed_number, own_store_id) values ('test', 1, '', 0, '')`,
  )
  const collector = { read, feed: createFeed({ write, projectId: 'test' }) }
  let nowMs = Date.now()
  const drop = () => dropOldTombstones({ read, write, projectId: 'test', now: () => nowMs })
  await put(collector, 'kept', 1)
  await put(collector, 'gone', 1)
  await put(collector, 'gone', null)
  expect(await drop()).toBe(0) // the mark of today
  nowMs += DAY_MS
  await put(collector, 'later', 1)
  await put(collector, 'later', null)
  expect(await drop()).toBe(0)
  nowMs += KEPT_MS - DAY_MS
  expect([await drop(), await readFloor(read)]).toEqual([0, 0])
  nowMs += 1_000
  expect([await drop(), await readFloor(read)]).toEqual([1, 3])
  expect(await keysOf(collector)).toEqual(['kept', 'later'])
  nowMs += DAY_MS
  expect([await drop(), await readFloor(read)]).toEqual([1, 5])
  expect(await keysOf(collector)).toEqual(['kept'])
  await database.value.close()
})

test('O2, O3 who has read less than what was dropped is told another view, once; who has read more is not', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await put(collector, 'a', 1)
  await put(collector, 'b', 1)
  await put(collector, 'c', 1)
  await collector.write.execute(
    sql`insert into feed_marks (number, at_ms, is_floor) values (2, 0, true) on conflict (number) do update set is_floor = true`,
  )
  const device = await enrolTestDevice({ collector })
  const viewOf = async (number: number, view = '', epoch = collector.epoch) => {
    const { more } = await device.connect({ protocol: 2, more: { checkpoint: { epoch, number }, view } })
    await device.disconnect()
    return more?.view
  }
  expect(await viewOf(1)).toBe('~2')
  expect(await viewOf(0)).toBe('') // begins
  expect(await viewOf(2)).toBe('')
  expect(await viewOf(3)).toBe('')
  expect(await viewOf(3, '~2')).toBe('~2') // keeps the name under which it read
  expect(await viewOf(0, '~2')).toBe('~2')
  expect(await viewOf(1, '', 99)).toBe('') // another epoch begins anyway
  expect(await viewOf(1, 'x')).toBe('~2')
})
