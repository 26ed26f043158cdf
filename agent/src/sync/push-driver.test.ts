import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { createSigningKey } from '@murram/seal'
import type { Welcome } from '@murram/wire'
import { afterAll, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { createFoldNews } from '../queue/fold-news.ts'
import { createWriteStates } from '../queue/write-states.ts'
import { createMirror } from '../store/mirror.ts'
import { openBareStore } from '../test-house/bare-store.ts'
import { saveBare } from '../test-house/bare-submission.ts'
import { createPushDriver } from './push-driver.ts'

const folder = mkdtempSync(join(tmpdir(), 'murram-push-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ACK = { durableUpto: 1, safeUpto: 0, creditBytes: 500_000 }
const WELCOME = { ...ACK, durableUpto: 0, epoch: 1 } as Welcome

async function openDriver() {
  const path = join(mkdtempSync(join(folder, 'of-one-test-')), 'store')
  const store = await openBareStore({
    connection: unwrap(openEncrypted({ path, key: new Uint8Array(32), create: true })).connection,
    around: (_, write) => write(),
    inTransaction: () => {},
  })
  const { collections, outbox, values } = store
  const writeStates = createWriteStates(store)
  const foldNews = createFoldNews({ collections, mirror: createMirror(store), outbox, values, writeStates })
  const deviceKey = createSigningKey()
  const rest = { now: () => 1, log: silentLog, crashPoint: () => {} }
  const push = createPushDriver({ collections, outbox, values, writeStates, foldNews, deviceKey, ...rest })
  const sent = { frames: 0 }
  const link = {
    protocol: 3,
    send: () => {},
    sendFrame: () => void (sent.frames += 1),
    drop: () => {},
    close: async () => {},
    bytes: () => ({ up: 0, down: 0 }),
  }
  return { store, outbox, push, link, sent }
}

test('PD11 a store that was renewed between two sessions is begun anew, also while it is empty', async () => {
  const { store, outbox, push, link, sent } = await openDriver()
  const instanceId = await saveBare(store)
  await push.onWelcome(WELCOME, link)
  await push.onAck({ type: 'ack', upto: 1, results: [{ n: 1, instanceId, result: 'applied' }], ...ACK }, link)
  await push.onLinkDown()

  outbox.renewStore()
  expect([await push.onWelcome(WELCOME, link), push.isIdle(), sent.frames]).toEqual(['going', true, 1])
  await saveBare(store)
  await push.onQueued(link)
  expect(sent.frames).toBe(2)
})

const REFUSED = { n: 1, result: 'refused', fault: { fault: 'sync.unknown-form' } } as const

test('PD4 a form that comes before a refusal is marked has it tried again', async () => {
  const { store, outbox, push, link, sent } = await openDriver()
  const instanceId = await saveBare(store)
  await push.onWelcome(WELCOME, link)
  await saveBare(store)
  await push.onQueued(link)
  // A second batch is on the way, so the mark waits for its answer.
  expect(sent.frames).toBe(2)
  expect(await push.onAck({ type: 'ack', upto: 1, results: [{ ...REFUSED, instanceId }], ...ACK }, link)).toBe('going')
  expect(await push.onForms()).toBe('renewed')
  expect(outbox.counts()).toMatchObject({ waiting: 2, refused: 0 })
})

test('PD4 a form that comes before the refusal itself, which was decided earlier, has it tried again', async () => {
  const { store, outbox, push, link } = await openDriver()
  const instanceId = await saveBare(store)
  await push.onWelcome(WELCOME, link)
  expect(await push.onForms()).toBe('going')
  const ack = { type: 'ack', upto: 1, results: [{ ...REFUSED, instanceId }], ...ACK } as const
  expect(await push.onAck(ack, link)).toBe('renewed')
  expect(outbox.counts()).toMatchObject({ waiting: 1, refused: 0 })
  // Once: whoever is refused again, knowing all forms, waits.
  await push.onWelcome(WELCOME, link)
  expect(await push.onAck(ack, link)).toBe('going')
  expect(outbox.counts()).toMatchObject({ waiting: 0, refused: 1 })
})

test('PD12 what waits again below what was acked is noticed, and goes with the next welcome', async () => {
  const { store, outbox, push, link, sent } = await openDriver()
  const writeStates = createWriteStates(store)
  const [first, second] = [await saveBare(store), await saveBare(store)]
  await push.onWelcome(WELCOME, link)
  const results = [
    { ...REFUSED, instanceId: first },
    { n: 2, instanceId: second, result: 'applied' as const },
  ]
  await push.onAck({ type: 'ack', upto: 2, results, ...ACK }, link)
  expect([push.isIdle(), push.isLeftBehind()]).toEqual([true, false])
  // As a file does that brings the form.
  await writeStates(outbox.refused())
  expect(push.isLeftBehind()).toBe(true)
  const frames = sent.frames
  await push.onLinkDown()
  await push.onWelcome(WELCOME, link)
  expect([push.isLeftBehind(), sent.frames]).toEqual([false, frames + 1])
})
