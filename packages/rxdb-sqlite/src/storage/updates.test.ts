import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { documentOf, prepared, type Visit } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { find, idsOf, insert, open, update } from '../testing/visit-steps.ts'

const changeArb = fc.record(
  {
    name: fc.constantFrom('a', 'b', '😀'),
    age: fc.constantFrom(1, 2, 3),
    live: fc.boolean(),
    place: fc.constantFrom(undefined, { village: 'v' }, { village: null }),
  },
  { requiredKeys: [] },
)
/** As RxDB asks. */
const NOT_GONE = { _deleted: { $eq: false } } as object
const step = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), change: changeArb, deleted: fc.boolean() })

describe('an update stays in its row', () => {
  test('the indexes say what documents hold, and changes come in the order of the last writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
        using store = temporaryStore()
        let instance = await open(store)
        const held = new Map<string, Visit & { deleted: boolean }>()
        for (const [i, { id, change, deleted }] of steps.entries()) {
          const before = held.get(id)
          const { error } = await (before === undefined
            ? insert(instance, { id, ...change })
            : update(instance, id, change, { deleted }))
          expect(error).toEqual([])
          held.delete(id)
          held.set(id, { ...before, id, ...change, deleted: before !== undefined && deleted })
          if (i !== 12) continue
          store.reopen()
          instance = await open(store)
        }
        const changes = await instance.getChangedDocumentsSince!(100)
        expect(idsOf(changes.documents)).toEqual([...held.keys()])
        const idsWhere = (test: (visit: Visit) => boolean) =>
          [...held.values()]
            .filter(visit => !visit.deleted && test(visit))
            .map(({ id }) => id)
            .sort()
        for (const age of [1, 2, 3])
          expect(await find(instance, { selector: { age, ...NOT_GONE }, sort: [{ id: 'asc' }] })).toEqual(
            idsWhere(v => v.age === age),
          )
        for (const name of ['a', 'b', '😀'])
          expect(await find(instance, { selector: { name, ...NOT_GONE }, sort: [{ id: 'asc' }] })).toEqual(
            idsWhere(v => v.name === name),
          )
        expect((await instance.count(prepared({ selector: { live: true, ...NOT_GONE } }))).count).toBe(
          idsWhere(v => v.live === true).length,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('an index whose column did not change is not written', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(instance, { id: 'a', name: 'x', age: 1 })
    const place = store.handle.connection.prepare('SELECT place FROM rx_1_1').pluck()
    const before = place.get()
    await update(instance, 'a', { age: 2 })
    await insert(instance, { id: 'b' })
    expect(place.all()).toEqual([before, 3])
    expect(idsOf((await instance.getChangedDocumentsSince!(10)).documents)).toEqual(['a', 'b'])
  })

  test('a store of an earlier build, whose updates moved their rows, is put over when it is opened', async () => {
    using store = temporaryStore()
    const first = await open(store)
    const visits = Array.from({ length: 700 }, (_, i) => ({ id: `${i}`, age: i % 7 }))
    await insert(first, ...visits)
    await update(first, '3', { age: 99 })
    await update(first, '5', {}, { deleted: true, lwt: 1 })
    const { checkpoint } = await first.getChangedDocumentsSince!(699)
    const { connection } = store.handle
    const columns = connection.prepare<[], { name: string }>('PRAGMA table_info(rx_1_1)').all()
    const kept = columns.map(({ name }) => name).filter(name => name !== 'place' && name !== 'seq')
    connection.exec(`
      CREATE TABLE rx_1_0 (seq INTEGER PRIMARY KEY AUTOINCREMENT, ${kept.join(', ')});
      INSERT INTO rx_1_0 (seq, ${kept.join(', ')}) SELECT seq, ${kept.join(', ')} FROM rx_1_1 ORDER BY seq;
      DROP TABLE rx_1_1;
      UPDATE rx_collections SET generation = 0, shape = json_remove(shape, '$.layout')`)
    store.reopen()
    const after = await open(store)
    expect(await after.findDocumentsById(['3'], false)).toEqual([
      documentOf({ id: '3', age: 99 }, { rev: '2-a', lwt: 1_700_000_000_001 }),
    ])
    expect(idsOf((await after.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['5'])
    await update(after, '4', { age: 98 })
    await insert(after, { id: 'new' })
    expect(idsOf((await after.getChangedDocumentsSince!(10, checkpoint)).documents)).toEqual(['5', '4', 'new'])
    expect(await find(after, { selector: { age: { $gt: 90 } }, sort: [{ id: 'asc' }] })).toEqual(['3', '4'])
  })
})
