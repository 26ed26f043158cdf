import { describe, expect, test, vi } from 'vitest'

import { instanceOf } from '../testing/storage-of.ts'
import { type TemporaryStore, temporaryStore } from '../testing/temporary-store.ts'
import { insert, record, update } from '../testing/visit-steps.ts'
import { getRxStorageSqlite } from './get-rx-storage-sqlite.ts'
import type { InTransaction } from './write-rows.ts'

describe('in the transaction of a write', () => {
  const withHook = async (store: TemporaryStore, inTransaction: InTransaction) => {
    store.handle.connection.exec(
      'CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE)',
    )
    return instanceOf(getRxStorageSqlite({ database: store.handle, inTransaction }))
  }
  const outbox = (store: TemporaryStore) =>
    store.handle.connection.prepare('SELECT id FROM outbox ORDER BY n').pluck().all()

  test('W2 what the host writes is committed with the documents', async () => {
    using store = temporaryStore()
    const hook = vi.fn<InTransaction>((tx, { rows }) => {
      for (const { document, previous } of rows)
        if (previous === undefined) tx.prepare('INSERT INTO outbox (id) VALUES (?)').run(document['id'])
    })
    const instance = await withHook(store, hook)
    await insert(instance, { id: 'a' }, { id: 'b' })
    await update(instance, 'a', { age: 3 })
    await insert(instance, { id: 'a' })
    expect(outbox(store)).toEqual(['a', 'b'])
    expect(hook.mock.calls.map(([, { collection, rows }, context]) => [collection, rows.length, context])).toEqual([
      ['visits', 2, 'test'],
      ['visits', 1, 'test'],
    ])
    expect(hook.mock.calls[1]![1].rows).toMatchObject([{ document: { age: 3 }, previous: { _rev: '1-a' } }])
  })

  test('W2 a throw takes everything back, tells nobody and rejects the write', async () => {
    using store = temporaryStore()
    const instance = await withHook(store, (tx, { rows }) => {
      tx.prepare('INSERT INTO outbox (id) VALUES (?)').run(rows[0]!.document['id'])
      if (rows.length > 1) throw new Error('the host says no')
    })
    const events = record(instance)
    await expect(insert(instance, { id: 'a' }, { id: 'b' })).rejects.toThrow('the host says no')
    expect([outbox(store), await instance.findDocumentsById(['a', 'b'], true), events]).toEqual([[], [], []])
    await insert(instance, { id: 'c' })
    expect([outbox(store), events.length]).toEqual([['c'], 1])
  })

  test('W2 an asynchronous hook is refused: the transaction would end before it', async () => {
    using store = temporaryStore()
    const late = (): unknown => Promise.resolve()
    const instance = await withHook(store, late)
    await expect(insert(instance, { id: 'a' })).rejects.toThrow('asynchronous')
    expect(await instance.findDocumentsById(['a'], true)).toEqual([])
  })
})
