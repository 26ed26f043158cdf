import { unwrap, type InstanceId } from '@murram/ground'
import { chainHead, sha256 } from '@murram/seal'
import type { AckResult } from '@murram/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SealedSubmission, SubmissionDoc } from '../store/collections.ts'
import { openOrCreateDataKey } from '../store/key-file.ts'
import { openStore } from '../store/open-store.ts'
import { testFolder } from '../test-house/test-agent.ts'
import { openOutboxTable, type OutboxTable } from './outbox-table.ts'
import { createWriteStates } from './write-states.ts'

const submissionOf = (name: string): SealedSubmission => ({
  instanceId: `uuid:${name}` as InstanceId,
  formId: 'household' as SealedSubmission['formId'],
  version: '1',
  answers: { name },
  audit: null,
  assessment: null,
  attachments: [],
  deviceId: 'd'.repeat(32) as SealedSubmission['deviceId'],
  stamp: '000000000001-0000-dddddddd' as SealedSubmission['stamp'],
  base: {},
  deprecatedId: null,
  salt: 'AAAAAAAAAAAAAAAAAAAAAA',
  digest: sha256(name),
})

const docOf = (name: string): SubmissionDoc => ({
  instanceId: `uuid:${name}`,
  state: 'queued',
  savedAtMs: 1,
  formId: 'household',
  body: { submission: submissionOf(name), label: '', write: null, fault: null },
})

async function openQueue() {
  const folder = testFolder()
  const dataKey = unwrap(await openOrCreateDataKey(folder.dataDir, folder.key, 0))
  const table: { outbox: OutboxTable | null; fails: boolean } = { outbox: null, fails: false }
  const store = unwrap(
    await openStore({
      dataDir: folder.dataDir,
      dataKey,
      create: true,
      onNewSubmission: ({ body, savedAtMs }) => {
        table.outbox?.append(body.submission, savedAtMs)
        if (table.fails) throw new Error('on purpose')
      },
    }),
  )
  const outbox = openOutboxTable(store.database, store.values)
  table.outbox = outbox
  return {
    store,
    outbox,
    table,
    writeStates: createWriteStates({ ...store, outbox }),
    [Symbol.asyncDispose]: async () => {
      await store.close()
      folder[Symbol.dispose]()
    },
  }
}

const applied = (...names: readonly string[]) =>
  names.map(name => ({
    n: 'abcde'.indexOf(name) + 1,
    instanceId: `uuid:${name}` as InstanceId,
    result: 'applied' as const,
  }))
const all = (outbox: OutboxTable) => outbox.rows(1, 1_000, 1_000)
const stateOf = async ({ store }: Awaited<ReturnType<typeof openQueue>>, name: string) =>
  (await store.collections.submissions.findOne(`uuid:${name}`).exec())?.toJSON().state

test('O1 a transaction that fails leaves neither submission nor outbox row', async () => {
  await using queue = await openQueue()
  queue.table.fails = true
  await expect(queue.store.collections.submissions.insert(docOf('a'))).rejects.toThrow('on purpose')
  queue.table.fails = false
  expect(await stateOf(queue, 'a')).toBeUndefined()
  expect(all(queue.outbox)).toEqual([])
  await queue.store.collections.submissions.insert(docOf('b'))
  expect(all(queue.outbox).map(row => row.n)).toEqual([1])
})

test('O1 a change of a submission, a draft and a pulled row get no outbox row', async () => {
  await using queue = await openQueue()
  const doc = await queue.store.collections.submissions.insert(docOf('a'))
  await doc.incrementalPatch({ state: 'sent' })
  await queue.store.collections.notes.insert({ id: 'x', kind: 'note', atMs: 1, body: null })
  expect(all(queue.outbox)).toHaveLength(1)
})

test('O2 n has no gaps and each chain head covers all before it', async () => {
  await using queue = await openQueue()
  const names = ['a', 'b', 'c', 'd']
  for (const name of names) await queue.store.collections.submissions.insert(docOf(name))
  let chain = ''
  for (const [i, row] of all(queue.outbox).entries()) {
    chain = chainHead(chain, sha256(names[i] ?? ''))
    expect(row).toMatchObject({ n: i + 1, chain, digest: sha256(names[i] ?? '') })
  }
})

test('O3 only an ack marks a row; what a restored collector lacks is queued again', async () => {
  await using queue = await openQueue()
  const { outbox, writeStates } = queue
  for (const name of ['a', 'b', 'c']) await queue.store.collections.submissions.insert(docOf(name))
  const refused = {
    n: 2,
    instanceId: 'uuid:b' as InstanceId,
    result: 'refused',
    fault: { fault: 'sync.unknown-form' },
  } as const
  await writeStates(outbox.acked([...applied('a'), refused]))
  expect(outbox.counts()).toMatchObject({ waiting: 1, sent: 1 })
  expect([await stateOf(queue, 'a'), await stateOf(queue, 'b'), await stateOf(queue, 'c')]).toEqual([
    'sent',
    'refused',
    'queued',
  ])

  await writeStates(outbox.acked(applied('b', 'c')))
  await writeStates(outbox.safe(1))
  expect(await stateOf(queue, 'a')).toBe('safe')
  expect(all(outbox)[0]).toMatchObject({ n: 1, submission: null, state: 'safe' })

  await writeStates(outbox.lost(0))
  expect(await stateOf(queue, 'a')).toBe('queued')
  expect(outbox.counts().waiting).toBe(3)
})

test('O3 no list of acks marks more than it names', async () => {
  await using queue = await openQueue()
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) await queue.store.collections.submissions.insert(docOf(name))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.subarray(names), { maxLength: 4 }), async acks => {
      await queue.writeStates(queue.outbox.lost(0))
      for (const ack of acks) await queue.writeStates(queue.outbox.acked(applied(...ack)))
      expect(queue.outbox.counts().waiting).toBe(5 - new Set(acks.flat()).size)
    }),
    { numRuns: 15 },
  )
})

test('O3 an ack for what another laptop sent under our number marks nothing', async () => {
  await using queue = await openQueue()
  await queue.store.collections.submissions.insert(docOf('a'))
  const theirs = { n: 1, instanceId: 'uuid:z' as InstanceId, result: 'duplicate' } as const
  expect(queue.outbox.acked([theirs])).toEqual([])
  expect(queue.outbox.answeredUpto()).toBe(0)
})

test('O4 a copied store queues what was not acked under a new id, from 1, in order', async () => {
  await using queue = await openQueue()
  const { outbox, writeStates } = queue
  for (const name of ['a', 'b', 'c']) await queue.store.collections.submissions.insert(docOf(name))
  await writeStates(outbox.acked(applied('a')))
  await writeStates(outbox.safe(1)) // in a backup: an older one than that may be put back
  const before = outbox.storeId()
  outbox.renewStore()
  expect(outbox.storeId()).not.toBe(before)
  expect(all(outbox).map(({ n, instanceId }) => [n, instanceId])).toEqual([
    [1, 'uuid:b'],
    [2, 'uuid:c'],
  ])
  expect(all(outbox)[0]?.chain).toBe(chainHead('', sha256('b')))
  // What the former life sent is sent again only where a restored collector may lack it.
  expect(outbox.adoptFormerStores().map(change => change.instanceId)).toEqual(['uuid:a'])
  expect(all(outbox).map(row => row.instanceId)).toEqual(['uuid:b', 'uuid:c', 'uuid:a'])
})

test('O4 a renewal that the disk does not take leaves the store as it was, for what is saved next as well', async () => {
  await using queue = await openQueue()
  const { store, outbox } = queue
  await store.collections.submissions.insert(docOf('a'))
  const storeId = outbox.storeId()
  store.database.connection.exec(
    `CREATE TEMP TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'disk is full'); END`,
  )
  expect(() => outbox.renewStore()).toThrow('full')
  store.database.connection.exec('DROP TRIGGER full')
  expect(outbox.storeId()).toBe(storeId)
  await store.collections.submissions.insert(docOf('b'))
  expect(openOutboxTable(store.database, store.values).rows(1, 9, 9)).toHaveLength(2)
})

test('O3 an ack of many marks each as an ack of it alone would', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const results = fc.array(
    fc.record({
      // Numbers that nobody gave, and names under which something else stands.
      n: fc.integer({ min: 1, max: names.length + 1 }),
      name: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constantFrom(...names)),
      says: fc.boolean(),
      result: fc.constantFrom(
        'applied' as const,
        'applied' as const,
        'duplicate' as const,
        'held' as const,
        'refused' as const,
      ),
    }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(results, fc.boolean(), async (all, isInOrder) => {
      const acks = (isInOrder ? all.toSorted((a, b) => a.n - b.n) : all).map(
        ({ n, name, says, result }): AckResult => ({
          n,
          instanceId: `uuid:${name ?? names[n - 1] ?? ''}` as InstanceId,
          result,
          ...(says && (result === 'held' || result === 'refused')
            ? { fault: { fault: 'fold.deferred', detail: String(n) } }
            : {}),
        }),
      )
      const marked = async (batches: readonly (readonly AckResult[])[]) => {
        await using queue = await openQueue()
        await queue.store.collections.submissions.bulkInsert(names.map(docOf))
        for (const batch of batches) await queue.writeStates(queue.outbox.acked(batch))
        const { connection } = queue.store.database
        return connection.prepare('SELECT n, instance_id, state, fault FROM outbox ORDER BY n').all()
      }
      expect(await marked([acks])).toEqual(await marked(acks.map(ack => [ack])))
    }),
    { numRuns: 25 },
  )
})
