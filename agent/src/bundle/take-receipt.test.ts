/** What a file of the centre says of work that was answered before, in a former life of the collector or since. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type DeviceId, type InstanceId, type ProjectId } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { boxPublicKeyOf, createSigningKey, keyIdOf } from '@murram/seal'
import {
  encodeDown,
  FRAME_RECORD,
  pageChecksum,
  PROTOCOL_VERSION,
  writeBundle,
  type AckResult,
  type Down,
  type FeedRow,
  type Welcome,
} from '@murram/wire'
import { afterAll, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { createFoldNews } from '../queue/fold-news.ts'
import { createWriteStates } from '../queue/write-states.ts'
import { createMirror } from '../store/mirror.ts'
import { openBareStore } from '../test-house/bare-store.ts'
import { saveBare } from '../test-house/bare-submission.ts'
import { importBundle } from './import-bundle.ts'
import { createTakeReceipt } from './take-receipt.ts'

const folder = mkdtempSync(join(tmpdir(), 'murram-receipt-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Answer {
  readonly atMs: number
  readonly epoch: number
  readonly durableUpto: number
  readonly results: readonly AckResult[]
  readonly rows?: readonly FeedRow[]
}

/** A laptop whose work was acked over a link in epoch 1, and what a stick tells it then. */
async function openLaptop(name: string) {
  const opened = unwrap(openEncrypted({ path: join(folder, name), key: new Uint8Array(32), create: true }))
  const store = await openBareStore({
    connection: opened.connection,
    around: (_, write) => write(),
    inTransaction: () => {},
  })
  const { collections, outbox, values } = store
  const [root, deviceKey] = [createSigningKey(), createSigningKey()]
  const deviceId = keyIdOf(deviceKey.publicKey) as DeviceId
  const projectId = 'test' as ProjectId
  const mirror = createMirror(store)
  const writeStates = createWriteStates(store)
  const foldNews = createFoldNews({ collections, mirror, outbox, values, writeStates })
  const enrolment = { certificate: { body: { projectId, deviceId } }, rootPublicKey: root.publicKey }
  type Deps = Parameters<typeof importBundle>[0]
  const deps = {
    enrolment,
    deviceKey,
    mirror,
    values,
    foldNews,
    receipt: createTakeReceipt({ outbox, values, writeStates, isAlone: () => true }),
    log: silentLog,
    onServerTime: () => {},
    provision: async () => {},
    orders: { state: () => 'open' },
    trust: { hear: () => [] },
    isAllSent: () => false,
    crashPoint: () => {},
  } as unknown as Deps

  const read = async ({ atMs, epoch, durableUpto, results, rows = [] }: Answer) => {
    const marks = { durableUpto, safeUpto: 0, creditBytes: 0 }
    const number = rows.length
    const head = { serverTimeMs: atMs, feedNumber: number, maxFrameBytes: 1_000_000 }
    const more = { view: '', state: 'open' as const }
    const welcome = { type: 'welcome', epoch, ...marks, ...head, more } as unknown as Welcome
    const checksum = pageChecksum(rows)
    const messages: readonly Down[] = [
      welcome,
      { type: 'ack', upto: results.at(-1)?.n ?? 0, results: [...results], ...marks },
      { type: 'page', epoch, from: 0, to: number, rows: [...rows], checksum, more: false },
    ]
    async function* records() {
      for (const message of messages) yield { kind: FRAME_RECORD, bytes: encodeDown(message, PROTOCOL_VERSION) }
    }
    const { bytes } = writeBundle(
      {
        kind: 'down',
        projectId,
        deviceId,
        storeId: outbox.storeId(),
        certificate: null,
        createdAtMs: atMs,
        agentVersion: 'collector',
        contents: { runs: [], submissions: results.length, attachments: 0, drafts: 0, lastN: 0 },
        checkpoint: { epoch, number },
        from: 0,
      },
      { signingKey: root, boxPublicKey: unwrap(boxPublicKeyOf(deviceKey.publicKey)), records: records() },
    )
    const imported = unwrap(await importBundle(deps, bytes))
    expect(imported.faults).toEqual([])
  }

  /** Over a link. */
  const hear = async (row: FeedRow): Promise<void> => {
    await mirror.applyPage([row], { epoch: 1, number: row.number }, true)
    await foldNews.look()
  }

  const saveAcked = async (): Promise<InstanceId> => {
    const instanceId = await saveBare(store)
    const n = outbox.lastN()
    await writeStates(outbox.acked([{ n, instanceId, result: 'applied' }]))
    return instanceId
  }
  const shown = async () =>
    (await collections.submissions.find().exec()).map(doc => `${doc.toJSON().state} ${doc.toJSON().body.fault?.fault}`)
  values.set('sync.epoch', '1')
  return { store, saveAcked, hear, read, shown, [Symbol.asyncDispose]: async () => opened.close() }
}

const held = (n: number, instanceId: InstanceId): AckResult => ({
  n,
  instanceId,
  result: 'held',
  fault: { fault: 'fold.waiting' },
})

test('TR4 what was acked in a former life of the collector is as the file says, also where it lacks nothing', async () => {
  await using laptop = await openLaptop('restored')
  const [first, second] = [await laptop.saveAcked(), await laptop.saveAcked()]
  const applied: AckResult = { n: 1, instanceId: first, result: 'duplicate' }
  await laptop.read({ atMs: 5, epoch: 2, durableUpto: 2, results: [applied, held(2, second)] })
  expect((await laptop.shown()).toSorted()).toEqual(['held fold.waiting', 'sent undefined'])
})

test('TR4 what the file does not name is sent again: a copy of this store may have filled its number', async () => {
  await using laptop = await openLaptop('copied')
  await laptop.saveAcked()
  await laptop.read({ atMs: 5, epoch: 2, durableUpto: 1, results: [] })
  expect(await laptop.shown()).toEqual(['queued undefined'])
})

test('IM6 what a link told of it before the file was read counts', async () => {
  await using laptop = await openLaptop('folded')
  const instanceId = await saveBare(laptop.store)
  const row: FeedRow = { number: 1, kind: 'submission', key: instanceId, body: { instanceId, held: null } }
  await laptop.hear(row)
  await laptop.read({ atMs: 5, epoch: 1, durableUpto: 1, results: [held(1, instanceId)], rows: [row] })
  expect(await laptop.shown()).toEqual(['sent undefined'])
})

test('TR5 what was refused waits again when a file brings a form, and for the next link where the file refused it', async () => {
  await using laptop = await openLaptop('forms')
  const { outbox, values } = laptop.store
  const instanceId = await saveBare(laptop.store)
  const n = outbox.lastN()
  const refused: AckResult = { n, instanceId, result: 'refused', fault: { fault: 'sync.unknown-form' } }
  const stateNow = () => outbox.rows(n, n, 1)[0]?.state
  await laptop.read({ atMs: 10, epoch: 1, durableUpto: 0, results: [refused] })
  expect([stateNow(), values.get('bundle.refused')]).toEqual(['refused', 'yes'])
  const form: FeedRow = { number: 1, kind: 'form', key: 'household', body: { formId: 'household', versions: [] } }
  await laptop.read({ atMs: 20, epoch: 1, durableUpto: 0, results: [], rows: [form] })
  expect(stateNow()).toBe('queued')
})
