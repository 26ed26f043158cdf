import fc from 'fast-check'
import { getQueryMatcher, getSortComparator, type MangoQuery, type RxDocumentData } from 'rxdb'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { describe, expect, test } from 'vitest'

import { documentOf, instanceOf, prepared, type Visit, visits } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { getRxStorageSqlite } from './get-rx-storage-sqlite.ts'

/** U+E000 sorts before an emoji by code point and after it by UTF-16 unit. */
const texts = ['', 'a', 'ab', 'b', 'Z', 'é', 'ß', '10', '9', '[1]', 'true', 'null', "o'hara", 'a"b', 'a%b']
const strangeTexts = ['\ue000', '😀', 'a😀', '\uffff', 'a\0b', '\ud83d']
const numbers = [-1, 0, 0.1, 0.1 + 0.2, 0.3, 1, 2, 9, 10, 33.33, 120, 2 ** 53, 1e21]

const tidyText = fc.constantFrom(...texts)
const anyText = fc.constantFrom(...texts, ...strangeTexts)
const tidyNumber = fc.constantFrom(...numbers)
const anyJson = fc.oneof(
  anyText,
  tidyNumber,
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.oneof(anyText, tidyNumber), { maxLength: 3 }),
  fc.record({ village: anyText, zone: anyText }),
  fc.array(fc.record({ village: anyText, zone: anyText }), { maxLength: 2 }),
)

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

/** Values as the schema wants them; a field may be absent. */
const tidyVisit = fc.record({
  name: maybe(tidyText),
  age: maybe(fc.constantFrom(-1, 0, 1, 2, 9, 10, 120)),
  score: maybe(tidyNumber),
  live: maybe(fc.boolean()),
  place: maybe(fc.record({ village: tidyText, zone: anyJson })),
  note: maybe(anyText),
  tags: maybe(fc.array(tidyText, { maxLength: 3 })),
})

/** Right types, but text and nulls that SQL compares otherwise. */
const strangeVisit = fc.record({
  name: maybe(fc.oneof(anyText, fc.constant(null))),
  age: maybe(fc.oneof(fc.constantFrom(-1, 0, 1, 2, 9), fc.constant(null))),
  score: maybe(tidyNumber),
  live: maybe(fc.boolean()),
  place: maybe(fc.record({ village: anyText, zone: anyJson })),
  note: maybe(anyText),
  tags: maybe(fc.array(anyText, { maxLength: 3 })),
})

/** Whatever a program without a validator may have written. */
const wildVisit = fc.record({
  name: maybe(anyJson),
  age: maybe(anyJson),
  score: maybe(anyJson),
  live: maybe(anyJson),
  place: maybe(anyJson),
  note: maybe(anyJson),
  tags: maybe(anyJson),
})

const field = fc.constantFrom(
  'id',
  'name',
  'age',
  'score',
  'live',
  'place.village',
  'place.zone',
  'note',
  'tags',
  '_deleted',
)
const operand = fc.oneof(anyText, tidyNumber, fc.boolean(), fc.constant(null))
const matcher = fc.oneof(
  { weight: 6, arbitrary: fc.record({ $eq: operand }) },
  fc.record({ $ne: operand }),
  fc.record({ $gt: operand }),
  fc.record({ $gte: operand }),
  fc.record({ $lt: operand }),
  fc.record({ $lte: operand }),
  fc.record({ $gte: operand, $lt: operand }),
  { weight: 3, arbitrary: fc.record({ $in: fc.array(operand, { maxLength: 4 }) }) },
  fc.record({ $nin: fc.array(operand, { maxLength: 3 }) }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $regex: fc.constantFrom('^a', 'b$', '.', 'a', '^b$', 'ab') }),
  fc.record({ $regex: fc.constantFrom('A', '^a'), $options: fc.constant('i') }),
  fc.record({ $not: fc.record({ $eq: operand }) }),
  fc.record({ $elemMatch: fc.record({ $eq: operand }) }),
  fc.record({ $type: fc.constantFrom('string', 'number', 'array', 'null') }),
)

type Selector = Record<string, unknown>
const simple: fc.Arbitrary<Selector> = fc.array(fc.tuple(field, matcher), { maxLength: 2 }).map(Object.fromEntries)
const { selector } = fc.letrec<{ selector: Selector }>(tie => ({
  selector: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    simple,
    fc.record({ $and: fc.array(tie('selector'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ $or: fc.array(tie('selector'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ $nor: fc.array(tie('selector'), { minLength: 1, maxLength: 2 }) }),
    fc.tuple(simple, tie('selector')).map(([one, other]) => ({ ...one, $and: [other] })),
  ),
}))

const sortBy = (fields: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.tuple(fields, fc.constantFrom('asc', 'desc')), { selector: ([name]) => name, maxLength: 2 })
const sortable = fc.constantFrom('name', 'age', 'score', 'live', 'place.village', 'id')

const queryOver = (sort: fc.Arbitrary<[string, string][]>) =>
  fc.record(
    {
      selector,
      sort: sort.map(parts => parts.map(([name, direction]) => ({ [name]: direction }))),
      skip: fc.nat(4),
      limit: fc.nat(6),
    },
    { requiredKeys: ['selector', 'sort'] },
  ) as fc.Arbitrary<MangoQuery<Visit>>

function oracle(documents: readonly RxDocumentData<Visit>[], query: MangoQuery<Visit>): readonly string[] {
  const plan = prepared(query)
  const matches = getQueryMatcher(visits(), plan.query)
  const sorted = documents.filter(matches).sort(getSortComparator(visits(), plan.query) as never)
  const skip = plan.query.skip
  return sorted.slice(skip, plan.query.limit === undefined ? undefined : skip + plan.query.limit).map(({ id }) => id)
}

const RUNS = 120
const QUERIES = 12

/** One collection a set of documents, many queries over it. */
async function compare(visit: fc.Arbitrary<Omit<Visit, 'id'>>, query: fc.Arbitrary<MangoQuery<Visit>>): Promise<void> {
  using store = temporaryStore()
  store.handle.connection.pragma('synchronous = OFF')
  const storage = getRxStorageSqlite({ database: store.handle })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(visit, fc.boolean()), { maxLength: 14 }),
      fc.array(query, { minLength: 1, maxLength: QUERIES }),
      async (drawn, queries) => {
        const documents = drawn.map(([one, deleted], i) =>
          documentOf(JSON.parse(JSON.stringify({ ...one, id: `id-${i}` })) as Visit, {
            deleted: deleted && i % 3 === 0,
          }),
        )
        const instance = await instanceOf(storage)
        try {
          await instance.bulkWrite(
            documents.map(document => ({ document })),
            'test',
          )
          for (const one of queries) {
            const expected = oracle(documents, one)
            const { documents: found } = await instance.query(prepared(one))
            expect({ one, ids: found.map(({ id }) => id) }).toEqual({ one, ids: expected })
            expect(found).toEqual(expected.map(id => documents.find(document => document.id === id)))
            expect((await instance.count(prepared(one))).count).toBe(expected.length)
          }
        } finally {
          await instance.remove()
        }
      },
    ),
    { numRuns: RUNS },
  )
}

describe('Q1 a query answers what the matcher and the comparator of RxDB answer', () => {
  test('over documents that keep to the schema', async () => {
    await expect(compare(tidyVisit, queryOver(sortBy(sortable)))).resolves.toBeUndefined()
  })
  test('over text and nulls that SQL compares otherwise', async () => {
    await expect(compare(fc.oneof(tidyVisit, strangeVisit), queryOver(sortBy(sortable)))).resolves.toBeUndefined()
  })
  test('over documents of any shape', async () => {
    const mixed = fc.oneof({ weight: 3, arbitrary: tidyVisit }, { weight: 1, arbitrary: wildVisit })
    await expect(compare(mixed, queryOver(sortBy(fc.constant('id'))))).resolves.toBeUndefined()
  })
})

describe('Q1 where SQL reads a value otherwise than JavaScript', () => {
  const cases: readonly {
    readonly name: string
    readonly documents: readonly Omit<Visit, 'id'>[]
    readonly queries: readonly MangoQuery<Visit>[]
  }[] = [
    {
      name: 'text is ordered by UTF-16 unit, not by code point',
      documents: [{ name: '\ue000' }, { name: '😀' }, { name: 'a' }],
      queries: [
        { selector: {}, sort: [{ name: 'asc' }] },
        { selector: { name: { $gt: '😀' } } },
        { selector: { name: { $lt: '\ue000' } } },
      ],
    },
    {
      name: 'an operand with an emoji among text without',
      documents: [{ name: '\ue000' }, { name: 'a' }],
      queries: [{ selector: { name: { $gt: '😀' } } }, { selector: { name: { $lte: '😀' } } }],
    },
    {
      name: 'a field without a column matches by the elements of an array',
      documents: [{ tags: ['a', 'b'] }, { tags: ['b'] }, { tags: 'a' }, { note: ['x', 3] }, { note: 'x' }, { note: 3 }],
      queries: [
        { selector: { tags: { $eq: 'a' } } },
        { selector: { tags: { $in: ['a', 'c'] } } },
        { selector: { note: { $eq: 'x' } } },
        { selector: { note: { $gte: 2 } } },
        { selector: { note: { $lt: 4 } } },
      ],
    },
    {
      name: 'an array on the way to a field without a column',
      documents: [
        { place: [{ zone: 'a' }, { zone: 'b' }] },
        { place: { zone: ['a'] } },
        { place: { zone: 'a' } },
        { place: 'a' },
      ],
      queries: [{ $eq: 'a' }, { $in: ['b', 'c'] }].map(one => ({ selector: { 'place.zone': one } as object })),
    },
    {
      name: 'a number, a boolean and text that look alike',
      documents: [{ note: 1 }, { note: true }, { note: '1' }, { note: 'true' }, { note: '[1]' }, { note: [1] }],
      queries: [1, true, '1', 'true', '[1]'].map(one => ({ selector: { note: { $eq: one } } })),
    },
    {
      name: 'decimals that SQLite reads from the text of the document',
      documents: [
        0.1,
        0.3,
        0.1 + 0.2,
        1e-7,
        5e-324,
        1.7976931348623157e308,
        123456789.12345679,
        9007199254740994,
        1e21,
      ].map(note => ({ note })),
      queries: [0.1, 0.3, 0.1 + 0.2, 1e-7, 5e-324, 1.7976931348623157e308, 123456789.12345679, 1e21].flatMap(one => [
        { selector: { note: { $eq: one } } },
        { selector: { note: { $gt: one } } },
        { selector: { note: { $lte: one } } },
      ]),
    },
    {
      name: 'an absent field and an explicit null',
      documents: [{}, { name: null }, { name: 'a' }, { age: null }, { age: 0 }],
      queries: [
        { selector: { name: { $eq: null } } },
        { selector: { name: { $ne: 'a' } } },
        { selector: { name: { $exists: true } } },
        { selector: { age: { $exists: false } } },
        { selector: { age: { $lte: 0 } } },
        { selector: {}, sort: [{ age: 'desc' }, { name: 'asc' }] },
      ],
    },
  ]
  test('a document deeper than SQLite reads JSON', async () => {
    using store = temporaryStore()
    const instance = await instanceOf(getRxStorageSqlite({ database: store.handle }))
    let deep: unknown = 'x'
    for (let level = 0; level < 1_500; level += 1) deep = [deep]
    const stored = [documentOf({ id: 'deep', note: 'a', tags: deep }), documentOf({ id: 'flat', note: 'a' })]
    await instance.bulkWrite(
      stored.map(document => ({ document })),
      'test',
    )
    expect((await instance.query(prepared({ selector: { note: { $eq: 'a' } } }))).documents).toEqual(stored)
    expect((await instance.count(prepared({ selector: { note: { $eq: 'a' } } }))).count).toBe(2)
  })

  test.for(cases)('$name', async ({ documents, queries }) => {
    using store = temporaryStore()
    const instance = await instanceOf(getRxStorageSqlite({ database: store.handle }))
    const stored = documents.map((one, i) => documentOf({ ...one, id: `id-${i}` }))
    await instance.bulkWrite(
      stored.map(document => ({ document })),
      'test',
    )
    for (const one of queries)
      expect({ one, ids: (await instance.query(prepared(one))).documents.map(({ id }) => id) }).toEqual({
        one,
        ids: oracle(stored, one),
      })
  })
})

test('Q1 a query answers what the memory storage of RxDB answers', async () => {
  using store = temporaryStore()
  store.handle.connection.pragma('synchronous = OFF')
  const sqlite = getRxStorageSqlite({ database: store.handle })
  const whole = fc.record({
    name: fc.constantFrom('a', 'ab', 'b', 'Z', '10', '9'),
    age: fc.constantFrom(-1, 0, 1, 2, 9, 10, 120),
    score: fc.constantFrom(0, 0.5, 1, 33.33),
    live: fc.boolean(),
    place: fc.record({ village: fc.constantFrom('x', 'y') }),
  })
  const value = {
    name: fc.constantFrom('a', 'ab', 'c'),
    age: fc.constantFrom(0, 1, 10),
    score: fc.constantFrom(0.5, 1),
    'place.village': fc.constantFrom('x', 'y'),
  }
  const typed = fc.oneof(
    ...Object.entries(value).map(([name, values]) =>
      fc
        .tuple(fc.constant(name), fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte'), values as fc.Arbitrary<unknown>)
        .map(([field, operator, one]) => ({ [field]: { [operator]: one } })),
    ),
  )
  const query = fc.record(
    {
      selector: fc
        .array(typed, { maxLength: 3 })
        .map(parts => ({ ...Object.assign({}, ...parts), _deleted: { $eq: false } })),
      sort: sortBy(sortable).map(parts => parts.map(([name, direction]) => ({ [name]: direction }))),
      skip: fc.nat(3),
      limit: fc.nat(6),
    },
    { requiredKeys: ['selector', 'sort'] },
  ) as fc.Arbitrary<MangoQuery<Visit>>
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(whole, { maxLength: 14 }),
      fc.array(query, { minLength: 1, maxLength: QUERIES }),
      async (drawn, queries) => {
        const rows = drawn.map((one, i) => ({
          document: documentOf({ ...one, id: `id-${i}` }, { deleted: i % 5 === 4 }),
        }))
        const collectionName = `visits-${(round += 1)}`
        const [ours, theirs] = await Promise.all([
          instanceOf(sqlite, { collectionName }),
          instanceOf(getRxStorageMemory() as never, { collectionName }),
        ])
        await ours.bulkWrite(rows, 'test')
        await theirs.bulkWrite(rows, 'test')
        for (const one of queries)
          expect({ one, ...(await ours.query(prepared(one))) }).toEqual({ one, ...(await theirs.query(prepared(one))) })
        await Promise.all([ours.remove(), theirs.remove()])
      },
    ),
    { numRuns: RUNS },
  )
})
