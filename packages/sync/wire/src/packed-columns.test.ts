import type { InstanceId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDown, encodeDown } from './down.ts'
import type { Ack } from './down/ack.ts'
import { packColumn, packTable, unpackColumn, unpackTable, type Column } from './packed-columns.ts'

const ids = fc.uuid({ version: 4 })
const cells = fc.oneof(
  fc.constantFrom('', 'iron', 'tile', null),
  fc.string(),
  ids,
  ids.map(id => `uuid:${id}`),
)
const columnOf = (count: number): fc.Arbitrary<Column> =>
  fc.oneof(
    fc.array(cells, { minLength: count, maxLength: count }),
    fc.array(fc.constantFrom('yes', 'no', '', null), { minLength: count, maxLength: count }),
    fc.array(ids, { minLength: count, maxLength: count }),
    fc.array(fc.oneof(ids, fc.constantFrom('', null)), { minLength: count, maxLength: count }),
  )
const tables = fc.nat(9).chain(count =>
  fc.record({
    count: fc.constant(count),
    instanceIds: fc.array(
      ids.map(id => `uuid:${id}`),
      { minLength: count, maxLength: count },
    ),
    values: fc.array(columnOf(count), { maxLength: 5 }),
  }),
)

test('K1 what was packed unpacks to the same', () => {
  fc.assert(
    fc.property(tables, ({ count, instanceIds, values }) => {
      const names = [...values, instanceIds].map((_, i) => `q${i}`)
      const table = { names, values: [...values, instanceIds] }
      expect(unpackTable(packTable(table, instanceIds), count, instanceIds)).toEqual(table)
      for (const column of values) expect(unpackColumn(packColumn(column), count)).toEqual(column)
    }),
  )
})

test('each column takes the shortest of the forms that hold it', () => {
  const uuids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  expect(packColumn(['yes', null, 'yes', ''])).toEqual(['yes', null, 'yes', ''])
  expect(packColumn(['yes', null, 'yes', null])).toEqual({ words: [null, 'yes'], codes: Uint8Array.from([1, 0, 1, 0]) })
  expect(packColumn(uuids)).toMatchObject({ prefix: '' })
  expect(packColumn([...uuids, ''])).toMatchObject({ kinds: Uint8Array.of(0, 0, 1) })
  expect(packColumn(uuids.map(id => id.replace('1', 'A')))).toEqual(uuids.map(id => id.replace('1', 'A')))
  expect(packColumn(['7', '8'], ['7', '8'])).toBe('instanceIds')
})

test('an ack comes back as it went', () => {
  const results = fc.array(
    fc.record(
      {
        n: fc.integer({ min: 1, max: 1_000_000 }),
        instanceId: ids.map(id => `uuid:${id}` as InstanceId),
        result: fc.constantFrom('applied', 'duplicate', 'conflict', 'held', 'refused', 'forked'),
        fault: fc.constantFrom({ fault: 'sync.unknown-form' }, { fault: 'sync.digest-mismatch', detail: 'n 3' }),
      },
      { requiredKeys: ['n', 'instanceId', 'result'], noNullPrototype: true },
    ),
  )
  fc.assert(
    fc.property(results, list => {
      const ack: Ack = {
        type: 'ack',
        upto: 7,
        results: list,
        durableUpto: 7,
        safeUpto: 3,
        creditBytes: 9,
      }
      expect(decodeDown(encodeDown(ack))).toEqual({ ok: true, value: ack })
    }),
  )
})
