import { describe, expect, test } from 'vitest'

import { visits } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { open } from '../testing/visit-steps.ts'
import { shapeOf } from './columns.ts'
import { selectorToSql, sortToSql } from './selector-to-sql.ts'

const shape = shapeOf(visits(), 'id')
const live = { _deleted: { $eq: false } }

describe('S1 what SQL can say exactly', () => {
  test.for([
    [{ name: { $eq: 'a' } }],
    [{ age: { $gte: 3, $lt: 9 } }],
    [{ 'place.village': { $in: ['x', 'y'] } }],
    [{ $and: [{ live: { $eq: true } }, { score: { $gt: 0.5 } }] }],
    [{ $or: [{ id: { $eq: 'a' } }, { name: { $ne: 'b' } }] }],
    [{ name: { $exists: false } }],
    [{}],
  ])('%j', ([selector]) => {
    expect(selectorToSql({ ...live, ...selector }, shape)).toMatchObject({ exact: true })
  })
})

describe('S3 what SQL cannot say is left to the matcher', () => {
  test.for([
    [{ name: { $regex: '^a' } }],
    [{ name: { $eq: 3 } }],
    [{ age: { $gt: '3' } }],
    [{ name: { $gt: '😀' } }],
    [{ name: { $in: ['a', null] } }],
    [{ tags: { $elemMatch: { $eq: 'a' } } }],
    [{ note: { $eq: 'a' } }],
    [{ $nor: [{ name: { $eq: 'a' } }] }],
    [{ $or: [{ name: { $eq: 'a' } }, { tags: { $size: 2 } }] }],
  ])('%j', ([selector]) => {
    expect(selectorToSql({ ...live, ...selector }, shape)).toMatchObject({ exact: false })
  })

  test.for([
    [{ name: { $regex: 'Achieng 7$' } }, 'Achieng 7'],
    [{ name: { $regex: '^A' } }, 'A'],
    [{ name: { $regex: 'a.c' } }, null],
    [{ name: { $regex: 'a', $options: 'i' } }, null],
    [{ age: { $regex: '7' } }, null],
    [{ name: { $regex: '^$' } }, null],
  ] as const)('a pattern that is a plain text narrows the search: %j', ([selector, needle]) => {
    const { sql, params, exact } = selectorToSql(selector, shape)
    expect({ narrows: sql.includes('instr'), params, exact }).toEqual({
      narrows: needle !== null,
      params: needle === null ? [] : [needle],
      exact: false,
    })
  })

  test('no value of a selector gets into the SQL as text', () => {
    const hostile = `x' OR 1=1 --`
    for (const field of ['name', 'note', hostile]) {
      const { sql, params } = selectorToSql({ [field]: { $eq: hostile } }, shape)
      expect([sql.includes('1=1'), params.every(param => param === hostile)]).toEqual([false, true])
    }
  })
})

test('Q2 an exact query over an indexed field is a search in the index, in its order, without a sort', async () => {
  using store = temporaryStore()
  await open(store)
  const plan = (selector: object, sort: string): string => {
    const { sql, params } = selectorToSql({ ...live, ...selector }, shape)
    const order = sortToSql([{ [sort]: 'asc' }, { id: 'asc' }], shape)
    const steps = store.handle.connection
      .prepare<unknown[], { detail: string }>(
        `EXPLAIN QUERY PLAN SELECT body FROM rx_1_1 WHERE ${sql} ORDER BY ${order} LIMIT 5`,
      )
      .all(...params)
    return steps.map(({ detail }) => detail).join('; ')
  }
  expect(plan({ name: { $gt: 'a' } }, 'name')).toMatch(
    /^SEARCH rx_1_1 USING INDEX rx_1_1_i\d \(deleted=\? AND f0>\?\)$/,
  )
  expect(plan({ 'place.village': { $eq: 'x' } }, 'place.village')).toMatch(
    /^SEARCH rx_1_1 USING INDEX rx_1_1_i\d \(deleted=\? AND f4=\?\)$/,
  )
})
