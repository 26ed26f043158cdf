import { describe, expect, test } from 'vitest'

import { documentOf, type VisitInstance, visits } from '../testing/storage-of.ts'
import { temporaryStore } from '../testing/temporary-store.ts'
import { insert, open, record, update } from '../testing/visit-steps.ts'

describe('attachments', () => {
  const schema = visits({ attachments: {} })
  const attachment = (text: string, digest = text) => ({
    data: new Blob([text], { type: 'text/plain' }),
    digest,
    length: text.length,
    type: 'text/plain',
  })
  const textOf = async (instance: VisitInstance, name: string, digest: string) =>
    (await instance.getAttachmentData('a', name, digest)).text()

  test('an attachment comes back by its digest; the document holds no data', async () => {
    using store = temporaryStore()
    const instance = await open(store, { schema })
    const events = record(instance)
    await instance.bulkWrite(
      [{ document: documentOf({ id: 'a' }, { attachments: { photo: attachment('bytes') } }) }],
      'test',
    )
    expect(await textOf(instance, 'photo', 'bytes')).toBe('bytes')
    await expect(instance.getAttachmentData('a', 'photo', 'other')).rejects.toThrow('no attachment')
    const bare = { photo: { digest: 'bytes', length: 5, type: 'text/plain' } }
    expect((await instance.findDocumentsById(['a'], false))[0]!._attachments).toEqual(bare)
    expect(events[0]!.events[0]!.documentData._attachments).toEqual(bare)
  })

  test('an attachment without data is a 510, and nothing of the document is written or told', async () => {
    using store = temporaryStore()
    const instance = await open(store, { schema })
    const events = record(instance)
    const bare = { digest: 'x', length: 1, type: 'text/plain' }
    const row = (id: string, attachments: object) => ({
      document: documentOf({ id }, { attachments: attachments as never }) as never,
    })
    const { error } = await instance.bulkWrite(
      [row('a', { first: attachment('one'), second: bare }), row('b', { first: attachment('two') })],
      'test',
    )
    expect(error).toMatchObject([{ status: 510, documentId: 'a', attachmentId: 'second' }])
    expect(events.flatMap(bulk => bulk.events.map(({ documentId }) => documentId))).toEqual(['b'])
    await expect(instance.getAttachmentData('a', 'first', 'one')).rejects.toThrow('no attachment')
  })

  test('attachments are added, replaced, kept and removed with their document', async () => {
    using store = temporaryStore()
    const instance = await open(store, { schema })
    const kept = { digest: 'one', length: 3, type: 'text/plain' }
    await instance.bulkWrite(
      [{ document: documentOf({ id: 'a' }, { attachments: { x: attachment('one'), y: attachment('two') } }) }],
      'test',
    )
    await update(
      instance,
      'a',
      {},
      { attachments: { x: kept as never, y: attachment('three'), z: attachment('four') } },
    )
    expect([
      await textOf(instance, 'x', 'one'),
      await textOf(instance, 'y', 'three'),
      await textOf(instance, 'z', 'four'),
    ]).toEqual(['one', 'three', 'four'])
    await update(instance, 'a', {}, { attachments: { x: kept as never } })
    await expect(instance.getAttachmentData('a', 'y', 'three')).rejects.toThrow('no attachment')
    await update(instance, 'a', {}, { deleted: true })
    await expect(instance.getAttachmentData('a', 'x', 'one')).rejects.toThrow('no attachment')
  })

  test('writes with attachments keep their order, and closing waits for them', async () => {
    using store = temporaryStore()
    const instance = await open(store, { schema })
    const first = instance.bulkWrite(
      [{ document: documentOf({ id: 'a' }, { attachments: { x: attachment('one') } }) }],
      'test',
    )
    const second = instance.bulkWrite([{ document: documentOf({ id: 'a', age: 2 }) }], 'test')
    await instance.close()
    await expect(insert(instance, { id: 'b' })).rejects.toThrow('closed')
    expect([(await first).error, (await second).error]).toMatchObject([[], [{ status: 409 }]])
    expect(await textOf(await open(store, { schema }), 'x', 'one')).toBe('one')
  })

  test('a cleanup takes the attachments of what it takes, also of a document that came deleted', async () => {
    using store = temporaryStore()
    const instance = await open(store, { schema })
    const photo = { photo: attachment('abc', 'd') }
    await instance.bulkWrite(
      [
        { document: documentOf({ id: 'gone' }, { deleted: true, attachments: photo }) },
        { document: documentOf({ id: 'live' }, { attachments: photo }) },
      ],
      'test',
    )
    await instance.cleanup(0)
    await expect(instance.getAttachmentData('gone', 'photo', 'd')).rejects.toThrow('no attachment')
    expect(await (await instance.getAttachmentData('live', 'photo', 'd')).text()).toBe('abc')
  })
})
