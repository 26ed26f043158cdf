import fc from 'fast-check'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector } from '../test-collector.ts'
import { numberList, textList } from './text-list.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

test('PostgreSQL reads every list as it was given', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '{', '"', '\\', ',', 'NULL', '\u001e', '\u001f', 'a\u001fb', '{"a":"b\\n"}'),
  )
  const lists = fc.array(fc.option(anyText, { freq: 4 }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(lists, fc.array(fc.maxSafeInteger(), { maxLength: 3 }), async (texts, numbers) => {
      const storable = texts.map(text => text?.replaceAll('\0', '') ?? null)
      const { rows } = await collector.read.execute<{ texts: unknown; numbers: readonly string[] }>(
        sql`select ${textList(storable)} as texts, ${numberList(numbers)} as numbers`,
      )
      expect(rows[0]?.texts).toEqual(storable)
      expect(rows[0]?.numbers.map(Number)).toEqual(numbers)
    }),
    { numRuns: 200 },
  )
})
