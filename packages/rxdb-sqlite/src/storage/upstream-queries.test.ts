/**
 * Kinds of queries that RxDB's own query tests ask, each with the answer written out;
 * run-query.test.ts holds drawn queries to RxDB's matcher and comparator.
 */
import {
  fillWithDefaultSettings,
  type MangoQuery,
  normalizeMangoQuery,
  prepareQuery,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'
import { afterAll, expect, test } from 'vitest'

import { rxTestStorage } from '../testing/rx-test-storage.ts'

afterAll(() => rxTestStorage[Symbol.dispose]())

interface Person {
  key: string
  land: string
  number: number
  heat?: number
  awake?: boolean
  nick?: string | null
  mixed?: string | number
  tags?: string[]
  skills?: { name: string; damage: number }[]
  home?: { village: string }
}

/** A key made of other fields, and indexes over text, numbers, a boolean, a path and a field that may be absent. */
const schema: RxJsonSchema<RxDocumentData<Person>> = fillWithDefaultSettings<Person>({
  version: 0,
  primaryKey: { key: 'key', fields: ['land', 'number'], separator: '|' },
  type: 'object',
  properties: {
    key: { type: 'string', maxLength: 60 },
    land: { type: 'string', maxLength: 20 },
    number: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, multipleOf: 1 },
    heat: { type: 'number', minimum: -100, maximum: 100, multipleOf: 0.01 },
    awake: { type: 'boolean' },
    nick: { type: ['string', 'null'] },
    mixed: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    tags: { type: 'array', items: { type: 'string' } },
    skills: { type: 'array', items: { type: 'object' } },
    home: { type: 'object', properties: { village: { type: 'string', maxLength: 20 } } },
  },
  required: ['key', 'land', 'number'],
  indexes: ['land', ['number', 'land'], 'heat', 'awake', 'home.village', ['land', 'heat', 'key']],
})

const people: Omit<Person, 'key'>[] = [
  { land: 'a', number: 1, heat: -1.9, awake: true, nick: null, mixed: 'x', tags: ['p', 'q', 'r'] },
  { land: 'a', number: 2, heat: -1.5, awake: false, nick: 'Bo', mixed: 2, tags: ['q', 'r'] },
  { land: 'b', number: 1_700_000_000_000, heat: 0, awake: true, tags: [], home: { village: 'zzz' } },
  { land: 'b', number: 4, awake: false, nick: 'bob', skills: [{ name: 'run', damage: 5 }] },
  {
    land: 'c',
    number: 5,
    heat: 100,
    home: { village: 'ttt' },
    skills: [
      { name: 'run', damage: 10 },
      { name: 'sit', damage: 5 },
    ],
  },
]
const documents = people.map((person, i) => ({
  ...person,
  key: `${person.land}|${person.number}`,
  _deleted: i === 4,
  _attachments: {},
  _meta: { lwt: 1_000 + i },
  _rev: '1-x',
}))
const [A1, A2, B1, B4, C5] = documents.map(({ key }) => key)

const byKey = [{ key: 'asc' }]
const cases: [string, object, (string | undefined)[]][] = [
  ['a key made of fields', { selector: { key: 'a|2' } }, [A2]],
  ['the fields of the key', { selector: { $and: [{ land: 'a' }, { number: { $eq: 1 } }] } }, [A1]],
  ['numbers beyond 32 bits', { selector: { number: { $gte: 1_600_000_000_000, $lte: 1_800_000_000_000 } } }, [B1]],
  ['a range that excludes both its ends', { selector: { heat: { $gt: -1.9, $lt: 0 } } }, [A2]],
  ['a range of one value', { selector: { heat: { $gte: 0, $lte: 0 } } }, [B1]],
  ['a range that is empty', { selector: { heat: { $gt: 0, $lt: 0 } } }, []],
  ['more than the largest', { selector: { heat: { $gt: 100 } } }, []],
  ['two bounds on one side', { selector: { number: { $gte: 4, $gt: 1 } }, sort: [{ number: 'asc' }] }, [B4, C5, B1]],
  ['a boolean with an index', { selector: { awake: { $eq: false } }, sort: byKey }, [A2, B4]],
  ['null, which also means absent', { selector: { nick: { $eq: null } }, sort: byKey }, [A1, B1, C5]],
  [
    'null beside another value in $or',
    { selector: { $or: [{ nick: null, land: 'a' }, { nick: 'bob' }] }, sort: byKey },
    [A1, B4],
  ],
  ['an empty object', { selector: { nick: {} } }, []],
  ['$exists', { selector: { heat: { $exists: false } } }, [B4]],
  ['$nin on the key', { selector: { key: { $nin: [A1, A2, B1] } }, sort: byKey }, [B4, C5]],
  ['$in on a list', { selector: { tags: { $in: ['p', 'nothing'] } } }, [A1]],
  ['$size', { selector: { tags: { $size: 0 } } }, [B1]],
  ['$elemMatch', { selector: { skills: { $elemMatch: { damage: 5 } } }, sort: byKey }, [B4, C5]],
  ['$type', { selector: { mixed: { $type: 'number' } } }, [A2]],
  ['$mod', { selector: { number: { $mod: [2, 0] }, land: { $lt: 'b' } } }, [A2]],
  ['$not', { selector: { land: { $not: { $in: ['a', 'c'] } } }, sort: byKey }, [B1, B4]],
  ['$nor', { selector: { $nor: [{ land: 'a' }, { awake: true }] }, sort: byKey }, [B4, C5]],
  ['$regex with options', { selector: { nick: { $regex: '^BO', $options: 'i' } }, sort: byKey }, [A2, B4]],
  ['$ne where the field may be absent', { selector: { nick: { $ne: 'bob' } }, sort: byKey }, [A1, A2, B1, C5]],
  ['what is deleted', { selector: { _deleted: { $eq: true } } }, [C5]],
  [
    'the time of the last write',
    { selector: { '_meta.lwt': { $gt: 1_002 } }, sort: [{ '_meta.lwt': 'desc' }] },
    [C5, B4],
  ],
  ['an order by a path', { selector: { 'home.village': { $gt: 'a' } }, sort: [{ 'home.village': 'asc' }] }, [C5, B1]],
  ['an order by a field that may be absent', { selector: {}, sort: [{ heat: 'asc' }] }, [B4, A1, A2, B1, C5]],
  ['an order in two directions', { selector: {}, sort: [{ land: 'desc' }, { number: 'asc' }] }, [C5, B4, B1, A1, A2]],
  [
    'an order and an index that have nothing in common',
    { selector: { land: { $lt: 'c' } }, sort: [{ number: 'desc' }], index: ['land', 'heat', 'key'] },
    [B1, B4, A2, A1],
  ],
  ['a window beyond the end', { selector: {}, skip: 9, limit: 3 }, []],
  ['a window', { selector: {}, sort: byKey, skip: 1, limit: 2 }, [A2, B1]],
  ['a window of nothing', { selector: {}, sort: byKey, limit: 0 }, []],
]

test.each(cases)('%s', async (name, query, expected) => {
  const instance = await rxTestStorage.getPerformanceStorage().storage.createStorageInstance<Person>({
    databaseInstanceToken: 'test',
    databaseName: 'queries',
    collectionName: name,
    schema,
    options: {},
    multiInstance: false,
    devMode: false,
  })
  await instance.bulkWrite(
    documents.map(document => ({ document })),
    'test',
  )
  const prepared = prepareQuery<Person>(
    schema,
    normalizeMangoQuery(schema, query as MangoQuery<RxDocumentData<Person>>) as never,
  )
  expect((await instance.query(prepared)).documents.map(({ key }) => key)).toEqual(expected)
  expect((await instance.count(prepared)).count).toBe(expected.length)
})
