/**
 * What RxDB's own storage tests ask of a storage instance, beyond storage-instance.test.ts:
 * the answer to each write, what counts as gone, and instances that come and go.
 */
import { now, type RxStorageWriteError } from 'rxdb'
import { afterAll, describe, expect, test } from 'vitest'

import { rxTestStorage } from '../testing/rx-test-storage.ts'
import { documentOf, instanceOf, prepared, type Visit, type VisitInstance, visits } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { idsOf, record } from '../testing/visit-steps.ts'
import { getRxStorageSqlite } from './get-rx-storage-sqlite.ts'

afterAll(() => rxTestStorage[Symbol.dispose]())

let collections = 0
const freshName = (): string => `visits${(collections += 1)}`
/** Of another storage each time, as RxDB's tests open theirs. */
const open = async (collectionName = freshName()): Promise<VisitInstance> =>
  instanceOf(rxTestStorage.getPerformanceStorage().storage, { collectionName, multiInstance: true })

type Row = Parameters<VisitInstance['bulkWrite']>[0][number]
const write = async (instance: VisitInstance, ...rows: Row[]): Promise<RxStorageWriteError<Visit>[]> =>
  (await instance.bulkWrite(rows, 'contract')).error

const first = documentOf({ id: 'a', name: 'first' }, { rev: '1-x' })
const second = documentOf({ id: 'a', name: 'second' }, { rev: '2-x' })
const gone = documentOf({ id: 'a', name: 'second' }, { rev: '3-x', deleted: true })

describe('the answer to a write', () => {
  test('a conflict holds the row that was refused and the document as it is stored, with nothing added', async () => {
    const instance = await open()
    await write(instance, { document: first })
    const [error] = await write(instance, { document: { ...first, name: 'other' } })
    expect(error).toEqual({
      status: 409,
      isError: true,
      documentId: 'a',
      context: 'contract',
      writeRow: { document: { ...first, name: 'other' } },
      documentInDb: first,
    })
  })

  test('of two writes of a new document at the same time the one that was called second is refused', async () => {
    const instance = await open()
    const answers = await Promise.all([
      write(instance, { document: first }),
      write(instance, { document: { ...first, name: 'late' } }),
    ])
    expect(answers).toMatchObject([[], [{ status: 409, writeRow: { document: { name: 'late' } } }]])
  })

  test('what is deleted is written over only by who knows its last revision', async () => {
    const instance = await open()
    await write(instance, { document: first })
    await write(instance, { previous: first, document: second })
    await write(instance, { previous: second, document: gone })
    const back = documentOf({ id: 'a', name: 'back' }, { rev: '4-x' })
    expect(await write(instance, { document: back })).toMatchObject([{ status: 409, documentInDb: { _deleted: true } }])
    expect(await write(instance, { previous: gone, document: back })).toEqual([])
    expect(await instance.findDocumentsById(['a'], false)).toEqual([back])
  })

  test('a deleted document may change and stay deleted', async () => {
    const instance = await open()
    const events = record(instance)
    await write(instance, { document: first })
    const deleted = documentOf({ id: 'a', name: 'first' }, { rev: '2-x', deleted: true })
    const later = documentOf({ id: 'a', name: 'later' }, { rev: '3-x', deleted: true })
    await write(instance, { previous: first, document: deleted })
    expect(await write(instance, { previous: deleted, document: later })).toEqual([])
    expect(await instance.findDocumentsById(['a'], true)).toEqual([later])
    expect(events.flatMap(bulk => bulk.events.map(event => event.operation)).slice(0, 2)).toEqual(['INSERT', 'DELETE'])
  })

  test('a field can go, a revision can jump, and a write may change nothing but _meta', async () => {
    const instance = await open()
    await write(instance, { document: first })
    const { name: _name, ...bare } = documentOf({ id: 'a', name: '' }, { rev: '9-x' })
    const touched = { ...bare, _rev: '10-x', _meta: { lwt: bare._meta.lwt + 1, seen: 3 } }
    expect(await write(instance, { previous: first, document: bare })).toEqual([])
    expect(await write(instance, { previous: bare, document: touched })).toEqual([])
    expect(await instance.findDocumentsById(['a'], false)).toEqual([touched])
  })

  test('neither the rows nor the documents that are handed in are changed', async () => {
    const instance = await open()
    const rows = [{ document: structuredClone(first) }]
    await instance.bulkWrite(Object.freeze(rows) as never, 'contract')
    expect(rows).toEqual([{ document: first }])
  })
})

describe('queries see what is stored', () => {
  test('deleted documents are found and counted unless the query says otherwise', async () => {
    const instance = await open()
    await write(instance, { document: first }, { document: documentOf({ id: 'b' }) })
    await write(instance, { previous: first, document: { ...gone, _rev: '2-x' } })
    const all = prepared({ selector: {}, sort: [{ id: 'asc' }] })
    expect((await instance.query(all)).documents.map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await instance.count(all)).count).toBe(2)
  })

  test('writes that are called at the same time keep all their documents', async () => {
    const instance = await open()
    const batches = Array.from({ length: 12 }, (_, batch) =>
      Array.from({ length: 40 }, (__, i) => ({ document: documentOf({ id: `${batch}-${i}` }) })),
    )
    await Promise.all(batches.map(async rows => instance.bulkWrite(rows, 'contract')))
    expect((await instance.count(prepared({ selector: {} }))).count).toBe(480)
    expect((await instance.getChangedDocumentsSince!(1_000)).documents).toHaveLength(480)
  })

  test('ten thousand documents go in by one call and come out by one', async () => {
    const instance = await open()
    const ids = Array.from({ length: 10_000 }, (_, i) => `visit-${i}`)
    expect(await write(instance, ...ids.map(id => ({ document: documentOf({ id }) })))).toEqual([])
    expect(await instance.findDocumentsById(ids, false)).toHaveLength(10_000)
    await instance.remove()
  })
})

describe('cleanup', () => {
  test('a cleanup that asks for no age takes whatever is deleted, also by a clock that is ahead', async () => {
    const instance = await open()
    await write(instance, { document: first }, { document: documentOf({ id: 'live' }, { lwt: now() + 60_000 }) })
    const deleted = documentOf({ id: 'a' }, { rev: '2-x', deleted: true, lwt: now() + 60_000 })
    await write(instance, { previous: first, document: deleted })
    expect(await instance.cleanup(360_000)).toBe(true)
    expect(await instance.findDocumentsById(['a'], true)).toEqual([deleted])
    expect(await instance.cleanup(0)).toBe(true)
    expect(idsOf(await instance.findDocumentsById(['a', 'live'], true))).toEqual(['live'])
  })
})

describe('instances that come and go', () => {
  test('after closing, every call is refused but another close', async () => {
    const instance = await open()
    await Promise.all([instance.close(), instance.close()])
    await instance.close()
    await expect(write(instance, { document: first })).rejects.toThrow('closed')
    await expect(instance.findDocumentsById(['a'], false)).rejects.toThrow('closed')
    await expect(instance.query(prepared({ selector: {} }))).rejects.toThrow('closed')
    await expect(instance.remove()).rejects.toThrow('closed')
  })

  test('closing after removing is no error', async () => {
    const instance = await open()
    await instance.remove()
    await expect(instance.close()).resolves.toBeUndefined()
  })

  test('a collection that is removed from several instances, or twice at once, is removed and no more', async () => {
    const name = freshName()
    const [one, two, three] = [await open(name), await open(name), await open(name)]
    await write(one, { document: first })
    await Promise.all([one.remove(), one.remove(), two.remove()])
    await three.remove()
    await expect(three.remove()).rejects.toThrow('removed')
    const again = await open(name)
    expect(await again.findDocumentsById(['a'], true)).toEqual([])
  })

  test('a second instance from another storage sees the documents, conflicts with them and hears each write once', async () => {
    const name = freshName()
    const here = await open(name)
    const there = await open(name)
    const [heardHere, heardThere] = [record(here), record(there)]
    await write(here, { document: first })
    expect(await write(there, { document: first })).toMatchObject([{ status: 409 }])
    expect(await write(there, { previous: first, document: second })).toEqual([])
    for (const heard of [heardHere, heardThere])
      expect(heard.map(({ events }) => events.map(event => event.operation))).toEqual([['INSERT'], ['UPDATE']])
    const asked = there.query(prepared({ selector: {} }))
    await here.close()
    expect((await asked).documents).toEqual([second])
    expect(await there.findDocumentsById(['a'], false)).toEqual([second])
    await there.remove()
  })

  test('twenty collections of one database are made and removed at once', async () => {
    const instances = await Promise.all(Array.from({ length: 20 }, async () => open()))
    await Promise.all(instances.map(async instance => instance.remove()))
    await expect(Promise.all(instances.map(async instance => instance.close()))).resolves.toHaveLength(20)
  })

  test('a store of its own is not shared with the others', async () => {
    using own = temporaryStore()
    const name = freshName()
    const elsewhere = await instanceOf(getRxStorageSqlite({ database: own.handle }), { collectionName: name })
    await write(elsewhere, { document: first })
    expect(await (await open(name)).findDocumentsById(['a'], true)).toEqual([])
  })

  test('versions of a collection change apart, and removing one leaves the other', async () => {
    const storage = rxTestStorage.getPerformanceStorage().storage
    const collectionName = freshName()
    const [zero, one] = [
      await instanceOf(storage, { collectionName }),
      await instanceOf(storage, { collectionName, schema: visits({ version: 1 }) }),
    ]
    await write(zero, { document: first })
    await write(one, { document: second })
    await zero.remove()
    expect(await one.findDocumentsById(['a'], false)).toEqual([second])
  })
})
