import { describe, expect, test } from 'vitest'

import { documentOf, prepared, visits } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { find, idsOf, insert, open, record, update } from '../testing/visit-steps.ts'

describe('writing', () => {
  test('a document comes back as it was written', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const document = documentOf({
      id: 'a',
      name: 'Ana',
      place: { village: 'Kisoro' },
      tags: ['x', null],
      note: { deep: [1, { y: '\ud83d' }] },
    })
    expect(await instance.bulkWrite([{ document }], 'test')).toEqual({ error: [] })
    expect(await instance.findDocumentsById(['a'], false)).toEqual([document])
  })

  test('W1 an insert over a document is a conflict that carries what is stored', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const first = documentOf({ id: 'a', name: 'first' })
    await instance.bulkWrite([{ document: first }], 'test')
    const row = { document: documentOf({ id: 'a', name: 'second' }, { rev: '1-b' }) }
    const { error } = await instance.bulkWrite([row], 'test')
    expect(error).toEqual([
      { isError: true, status: 409, documentId: 'a', writeRow: row, documentInDb: first, context: 'test' },
    ])
    expect(await instance.findDocumentsById(['a'], false)).toEqual([first])
  })

  test('W1 an update over another revision is a conflict, and the other documents of the call are written', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a', age: 1 })
    const [seen] = await instance.findDocumentsById(['a'], false)
    await update(instance, 'a', { age: 2 })
    const { error } = await instance.bulkWrite(
      [
        { document: documentOf({ id: 'b' }) },
        { previous: seen!, document: documentOf({ id: 'a', age: 3 }, { rev: '2-b' }) },
        { document: documentOf({ id: 'c' }) },
      ],
      'test',
    )
    expect(error).toMatchObject([{ status: 409, documentId: 'a', documentInDb: { age: 2 } }])
    expect(idsOf(await instance.findDocumentsById(['a', 'b', 'c'], false)).toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('W1 of two inserts at once the second is the conflict', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const [one, two] = await Promise.all([insert(instance, { id: 'a', age: 1 }), insert(instance, { id: 'a', age: 2 })])
    expect([one.error.length, two.error.length]).toEqual([0, 1])
    expect(await instance.findDocumentsById(['a'], false)).toMatchObject([{ age: 1 }])
  })

  test('a deleted document is found only by who asks for deleted ones', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a' }, { id: 'b' })
    await update(instance, 'a', {}, { deleted: true })
    expect(idsOf(await instance.findDocumentsById(['a', 'b'], false))).toEqual(['b'])
    expect(await instance.findDocumentsById(['a'], true)).toMatchObject([{ id: 'a', _deleted: true }])
    expect(await find(instance, { selector: { _deleted: { $eq: false } } as never })).toEqual(['b'])
  })

  test('a deleted document can be inserted again over its last revision', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const events = record(instance)
    await insert(instance, { id: 'a' })
    await update(instance, 'a', {}, { deleted: true })
    await update(instance, 'a', { age: 5 })
    expect(events.map(({ events: [event] }) => event!.operation)).toEqual(['INSERT', 'DELETE', 'INSERT'])
    expect(await instance.findDocumentsById(['a'], false)).toMatchObject([{ age: 5 }])
  })

  test('a document that comes deleted is stored and told to nobody', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const events = record(instance)
    await instance.bulkWrite([{ document: documentOf({ id: 'a' }, { deleted: true }) }], 'test')
    expect(events).toEqual([])
    expect(await instance.findDocumentsById(['a'], true)).toHaveLength(1)
  })

  test('many documents are found by many ids', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const ids = Array.from({ length: 500 }, (_, i) => `id "${i}" 😀`)
    await insert(instance, ...ids.map(id => ({ id })))
    expect(idsOf(await instance.findDocumentsById([...ids, 'none'], false)).toSorted()).toEqual(ids.toSorted())
    expect(await instance.findDocumentsById([], false)).toEqual([])
  })

  test('an id that SQLite would not keep apart from another is refused', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await expect(insert(instance, { id: 'a\ud83d' })).rejects.toThrow('surrogate')
    expect((await instance.getChangedDocumentsSince!(10)).documents).toEqual([])
  })
})

describe('change stream', () => {
  test('W3 an event goes out after the commit, with what was and what is', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a', age: 1 })
    const seen: unknown[] = []
    instance.changeStream().subscribe(bulk => {
      seen.push({ committed: !store.handle.connection.inTransaction, context: bulk.context, ...bulk.events[0] })
    })
    await update(instance, 'a', { age: 2 })
    expect(seen).toMatchObject([
      {
        committed: true,
        context: 'test',
        operation: 'UPDATE',
        documentId: 'a',
        documentData: { age: 2 },
        previousDocumentData: { age: 1 },
      },
    ])
  })

  test('W3 a conflict is no event', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a' })
    const events = record(instance)
    await insert(instance, { id: 'a' })
    expect(events).toEqual([])
  })

  test('instances of a collection that ask for it hear the writes of each other, and one may close', async () => {
    using store = temporaryStore()
    const shared = { multiInstance: true }
    const [one, two] = [await open(store, shared), await open(store, shared)]
    const events = record(two)
    await insert(one, { id: 'a' })
    await one.close()
    await insert(two, { id: 'b' })
    expect(events.map(bulk => bulk.events[0]!.documentId)).toEqual(['a', 'b'])
    await expect(one.findDocumentsById(['a'], false)).rejects.toThrow('closed')
  })

  test('an instance that does not ask for it hears and tells nobody but itself, and finds all documents', async () => {
    using store = temporaryStore()
    const [alone, other] = [await open(store), await open(store, { multiInstance: true })]
    const [heardAlone, heardOther] = [record(alone), record(other)]
    await insert(alone, { id: 'a' })
    await insert(other, { id: 'b' })
    expect(heardAlone.flatMap(bulk => bulk.events.map(event => event.documentId))).toEqual(['a'])
    expect(heardOther.flatMap(bulk => bulk.events.map(event => event.documentId))).toEqual(['b'])
    expect(await alone.findDocumentsById(['a', 'b'], false)).toHaveLength(2)
  })

  test('who listens to an instance hears nothing more once it is closed', async () => {
    using store = temporaryStore()
    const shared = { multiInstance: true }
    const [one, two] = [await open(store, shared), await open(store, shared)]
    const events = record(one)
    await one.close()
    await insert(two, { id: 'b' })
    expect(events).toEqual([])
  })

  test('collections of one file do not see each other', async () => {
    using store = temporaryStore()
    const [one, two] = [await open(store), await open(store, { collectionName: 'others' })]
    const events = record(two)
    await insert(one, { id: 'a' })
    expect(events).toEqual([])
    expect(await two.findDocumentsById(['a'], true)).toEqual([])
  })
})

describe('changes since a checkpoint', () => {
  test('T1 every write is seen once, in order, page by page, deletions too', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, ...['a', 'b', 'c', 'd'].map(id => ({ id })))
    await update(instance, 'b', { age: 1 })
    await update(instance, 'a', {}, { deleted: true })
    const seen: string[] = []
    for (let checkpoint: unknown; ;) {
      const page = await instance.getChangedDocumentsSince!(3, checkpoint)
      seen.push(...idsOf(page.documents))
      checkpoint = page.checkpoint
      if (page.documents.length < 3) break
    }
    expect(seen).toEqual(['c', 'd', 'b', 'a'])
  })

  test('T1 a clock that went back hides no document', async () => {
    using store = temporaryStore()
    const before = await open(store)
    await insert(before, { id: 'a' })
    const { checkpoint } = await before.getChangedDocumentsSince!(10)
    store.reopen()
    const after = await open(store)
    await after.bulkWrite([{ document: documentOf({ id: 'yesterday' }, { lwt: 1 }) }], 'test')
    expect(idsOf((await after.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['yesterday'])
  })

  test('T1 from the checkpoint of an event on, exactly what came later follows', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    const events = record(instance)
    for (const id of ['a', 'b', 'c']) await insert(instance, { id }, { id: `${id}2` })
    for (const [i, expected] of [['b', 'b2', 'c', 'c2'], ['c', 'c2'], []].entries())
      expect(idsOf((await instance.getChangedDocumentsSince!(10, events[i]!.checkpoint)).documents)).toEqual(expected)
  })

  test('T1 seq goes on where it was after a cleanup, a restart, and removing the collection', async () => {
    using store = temporaryStore()
    const first = await open(store)
    await insert(first, { id: 'a' })
    await update(first, 'a', {}, { deleted: true, lwt: 1 })
    const { checkpoint } = await first.getChangedDocumentsSince!(10)
    await first.cleanup(0)
    store.reopen()
    const second = await open(store)
    await insert(second, { id: 'b' })
    expect(idsOf((await second.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['b'])
    const { checkpoint: later } = await second.getChangedDocumentsSince!(10)
    await second.remove()
    const third = await open(store)
    await insert(third, { id: 'c' })
    expect(idsOf((await third.getChangedDocumentsSince!(10, later)).documents)).toEqual(['c'])
  })

  test('nothing new gives back the checkpoint one came with', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a' })
    const { checkpoint } = await instance.getChangedDocumentsSince!(10)
    expect(await instance.getChangedDocumentsSince!(10, checkpoint)).toEqual({ documents: [], checkpoint })
  })
})

describe('counting', () => {
  test('a count is the length of what the query finds, with limit and skip', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, ...Array.from({ length: 9 }, (_, i) => ({ id: `${i}`, age: i })))
    for (const query of [
      { selector: {} },
      { selector: { age: { $gt: 2 } }, limit: 3 },
      { selector: {}, skip: 7, limit: 5 },
      { selector: {}, limit: 0 },
      { selector: {}, skip: 20 },
    ])
      expect((await instance.count(prepared(query))).count).toBe((await find(instance, query)).length)
  })

  test('a count is fast where SQL does it and slow where documents are read', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a', age: 1, note: 'x' })
    expect(await instance.count(prepared({ selector: { age: { $gte: 1 } } }))).toEqual({ count: 1, mode: 'fast' })
    await insert(instance, { id: '😀', age: null, name: '😀' })
    expect(await instance.count(prepared({ selector: { age: { $gte: 1 } } }))).toEqual({ count: 1, mode: 'fast' })
    expect(await instance.count(prepared({ selector: { note: { $regex: 'x' } } }))).toEqual({ count: 1, mode: 'slow' })
  })
})

describe('cleanup', () => {
  test('what is deleted long enough is gone, the rest stays', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'old' }, { id: 'fresh' }, { id: 'live' })
    await update(instance, 'old', {}, { deleted: true, lwt: Date.now() - 60_000 })
    await update(instance, 'fresh', {}, { deleted: true, lwt: Date.now() })
    expect(await instance.cleanup(30_000)).toBe(true)
    expect(idsOf(await instance.findDocumentsById(['old', 'fresh', 'live'], true)).toSorted()).toEqual([
      'fresh',
      'live',
    ])
  })
})

describe('closing, removing, opening again', () => {
  test('a collection opened again holds what was written', async () => {
    using store = temporaryStore()
    const before = await open(store)
    await insert(before, { id: 'a', name: 'x' })
    await before.close()
    await before.close()
    const between = await open(store)
    expect(await find(between, { selector: { name: { $eq: 'x' } } })).toEqual(['a'])
    store.reopen()
    expect(await find(await open(store), { selector: { name: { $eq: 'x' } } })).toEqual(['a'])
  })

  test('a removed collection is empty when it is made again', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a' })
    await instance.remove()
    await expect(insert(instance, { id: 'b' })).rejects.toThrow('removed')
    expect(await find(await open(store), { selector: {} })).toEqual([])
  })

  test('schema versions of a collection are apart', async () => {
    using store = temporaryStore()
    await insert(await open(store), { id: 'a' })
    expect(await find(await open(store, { schema: visits({ version: 1 }) }), { selector: {} })).toEqual([])
  })

  test('T2 an index that comes later is filled from the documents, and seq stays', async () => {
    using store = temporaryStore()
    const before = await open(store, { schema: visits({ indexes: ['name'] }) })
    await insert(
      before,
      ...Array.from({ length: 1_200 }, (_, i) => ({ id: `${i}`, age: i % 10, name: i === 7 ? '😀' : 'x' })),
    )
    const { checkpoint } = await before.getChangedDocumentsSince!(1_199)
    store.reopen()
    const after = await open(store)
    expect((await after.count(prepared({ selector: { age: { $eq: 3 } } }))).count).toBe(120)
    expect(idsOf((await after.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['1199'])
    await insert(after, { id: 'new' })
    expect(idsOf((await after.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['1199', 'new'])
  })

  test('what RxDB has to do above the storage is refused below it', async () => {
    using store = temporaryStore()
    await expect(open(store, { schema: visits({ keyCompression: true }) })).rejects.toMatchObject({ code: 'UT5' })
    await expect(open(store, { schema: visits({ encrypted: ['note'] }) })).rejects.toMatchObject({ code: 'UT6' })
  })
})
