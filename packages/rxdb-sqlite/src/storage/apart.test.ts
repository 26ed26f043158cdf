import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { RxDocumentData } from 'rxdb'
import { salvage, type SalvagedRow } from '../open/salvage.ts'
import { copyWith } from './apart.ts'
import { documentOf, prepared, type Visit, type VisitInstance } from '../testing/storage-of.ts'
import { temporaryStore, type TemporaryStore, testKey } from '../testing/temporary-store.ts'
import { find, insert, open, update } from '../testing/visit-steps.ts'

const APART = { options: { apart: 'place.answers' } }
const answers = (i: number) => ({
  village: `v${i}`,
  answers: { roof: ['iron', 'tile'][i % 2], age: i, note: 'n'.repeat(900) },
})

/** What the table of members holds, and how often it was written since the store was opened. */
function watch(store: TemporaryStore) {
  const { connection } = store.handle
  connection.exec(`CREATE TEMP TABLE written (id TEXT);
    CREATE TEMP TRIGGER a AFTER INSERT ON main.rx_1_apart BEGIN INSERT INTO written VALUES (new.id); END;
    CREATE TEMP TRIGGER b AFTER UPDATE ON main.rx_1_apart BEGIN INSERT INTO written VALUES (new.id); END;
    CREATE TEMP TRIGGER c AFTER DELETE ON main.rx_1_apart BEGIN INSERT INTO written VALUES (old.id); END;`)
  const count = (table: string) => connection.prepare<[], number>(`SELECT COUNT(*) FROM ${table}`).pluck().get()
  return { members: () => count('rx_1_apart'), written: () => count('written') }
}

const all = async (instance: VisitInstance) => (await instance.query(prepared({ sort: [{ id: 'asc' }] }))).documents

describe('a member kept apart', () => {
  test('A1 what was written is read as it was, by every way of reading', async () => {
    const place = fc.option(
      fc.record(
        { village: fc.string({ maxLength: 5 }), answers: fc.oneof(fc.jsonValue(), fc.object({ maxDepth: 2 })) },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 6 }), async places => {
        using store = temporaryStore()
        const instance = await open(store, APART)
        const asJson = (visit: Visit): Visit => JSON.parse(JSON.stringify(visit)) as Visit
        const visits = places.map((one, i) => asJson({ id: `${i}`, ...(one === undefined ? {} : { place: one }) }))
        await insert(instance, ...visits)
        const expected = visits.map(visit => documentOf(visit))
        expect(await all(instance)).toEqual(expected)
        expect(
          await instance.findDocumentsById(
            visits.map(({ id }) => id),
            false,
          ),
        ).toEqual(expected)
        expect((await instance.getChangedDocumentsSince!(100)).documents).toEqual(expected)
        const conflict = await instance.bulkWrite([{ document: documentOf({ id: '0' }) }], 'test')
        expect(conflict.error).toMatchObject([{ status: 409, documentInDb: expected[0] }])
      }),
      { numRuns: 40 },
    )
  })

  test('A1 a query may ask for what stands in it', async () => {
    using store = temporaryStore()
    const instance = await open(store, APART)
    await insert(instance, ...[0, 1, 2, 3].map(i => ({ id: `${i}`, place: answers(i) })))
    expect(await find(instance, { selector: { 'place.answers.roof': 'tile' } as never })).toEqual(['1', '3'])
    expect(await find(instance, { selector: { 'place.answers.age': { $gt: 1 } } as never })).toEqual(['2', '3'])
    expect(await find(instance, { selector: { 'place.answers': { $exists: false } } as never })).toEqual([])
  })

  test('A2 what is carried over is not written again; what is new or gone is', async () => {
    using store = temporaryStore()
    const instance = await open(store, APART)
    await insert(instance, { id: 'a', place: answers(1) }, { id: 'b', place: answers(2) })
    const { members, written } = watch(store)
    await update(instance, 'a', { age: 40 })
    await update(instance, 'a', { live: true })
    expect(written()).toBe(0)
    expect(await all(instance)).toMatchObject([{ age: 40, live: true, place: answers(1) }, { place: answers(2) }])
    await update(instance, 'a', { place: answers(7) })
    expect(await all(instance)).toMatchObject([{ place: answers(7) }, { place: answers(2) }])
    await update(instance, 'b', { place: { village: 'x' } })
    expect((await all(instance))[1]).toMatchObject({ place: { village: 'x' } })
    expect([written(), members()]).toEqual([2, 1])
  })

  test('A4 what is read is as it stood then, and a copy that nobody looked at is known for what it was', async () => {
    using store = temporaryStore()
    const instance = await open(store, APART)
    await insert(instance, { id: 'a', place: answers(1) }, { id: 'b', place: answers(2) })
    const [a, b] = (await all(instance)) as [RxDocumentData<Visit>, RxDocumentData<Visit>]
    await update(instance, 'b', { place: answers(9) })
    expect(b.place).toEqual(answers(2))
    const { written } = watch(store)
    const place = copyWith(a.place as { village: string }, { village: 'other' })
    const moved = { ...a, place, _rev: '2-a' }
    await instance.bulkWrite([{ previous: a, document: moved }], 'test')
    expect(written()).toBe(0)
    expect(moved.place).toEqual({ ...answers(1), village: 'other' })
    expect((await all(instance))[0]).toMatchObject({ place: { ...answers(1), village: 'other' } })
    // As it goes into another collection, where nothing is carried over.
    const other = await open(store, { ...APART, collectionName: 'others' })
    await other.bulkWrite([{ document: copyWith(moved, { _rev: '1-a' }) }], 'test')
    expect((await all(other))[0]).toMatchObject({ place: { ...answers(1), village: 'other' } })
  })

  test('A3 it goes with its document, and with its collection', async () => {
    using store = temporaryStore()
    const instance = await open(store, APART)
    await insert(instance, { id: 'a', place: answers(1) }, { id: 'b', place: answers(2) })
    const { members } = watch(store)
    await update(instance, 'a', {}, { deleted: true })
    await instance.cleanup(0)
    expect(members()).toBe(1)
    await instance.remove()
    const tables = store.handle.connection.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE '%apart%'`).all()
    expect(tables).toEqual([])
  })

  test('a collection that was kept whole is parted when it is opened so, and put together when it is not', async () => {
    using store = temporaryStore()
    const visits = Array.from({ length: 1_100 }, (_, i) => ({ id: `${1_000 + i}`, place: answers(i) }))
    await insert(await open(store), ...visits)
    const expected = visits.map(visit => documentOf(visit))
    store.reopen()
    const parted = await open(store, APART)
    expect(watch(store).members()).toBe(1_100)
    expect(await all(parted)).toEqual(expected)
    store.reopen()
    expect(await all(await open(store))).toEqual(expected)
    store.reopen()
    expect(await all(await open(store, APART))).toEqual(expected)
  })

  test('salvage hands documents out whole', async () => {
    using store = temporaryStore()
    const visits = Array.from({ length: 30 }, (_, i) => ({ id: `${10 + i}`, place: answers(i) }))
    await insert(await open(store, APART), ...visits)
    store.handle.close()
    const rows: SalvagedRow[] = []
    expect(salvage({ path: store.path, key: testKey, take: row => rows.push(row) })).toMatchObject({
      ok: true,
      value: { rows: 30, gaps: 0 },
    })
    expect(rows.map(row => (row.kind === 'document' ? row.document : row))).toEqual(visits.map(v => documentOf(v)))
  })
})
