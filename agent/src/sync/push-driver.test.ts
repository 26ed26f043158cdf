import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { createSigningKey } from '@murram/seal'
import type { Welcome } from '@murram/wire'
import { afterEach, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { createFoldNews } from '../queue/fold-news.ts'
import { createWriteStates } from '../queue/write-states.ts'
import { createMirror } from '../store/mirror.ts'
import { openBareStore } from '../test-house/bare-store.ts'
import { saveBare } from '../test-house/bare-submission.ts'
import { createPushDriver } from './push-driver.ts'

const folder = mkdtempSync(join(tmpdir(), 'murram-push-'))
afterEach(() => rmSync(folder, { recursive: true }))

test('PD11 a store that was renewed between two sessions is begun anew, also while it is empty', async () => {
  const store = await openBareStore({
    connection: unwrap(openEncrypted({ path: join(folder, 'store'), key: new Uint8Array(32), create: true }))
      .connection,
    around: (_, write) => write(),
    inTransaction: () => {},
  })
  const { collections, outbox, values } = store
  const writeStates = createWriteStates(store)
  const foldNews = createFoldNews({ collections, mirror: createMirror(store), outbox, values, writeStates })
  const deviceKey = createSigningKey()
  const rest = { now: () => 1, log: silentLog, crashPoint: () => {} }
  const push = createPushDriver({ collections, outbox, values, writeStates, foldNews, deviceKey, ...rest })
  let frames = 0
  const link = {
    protocol: 3,
    send: () => {},
    sendFrame: () => void (frames += 1),
    drop: () => {},
    close: async () => {},
    bytes: () => ({ up: 0, down: 0 }),
  }
  const ack = { durableUpto: 1, safeUpto: 0, creditBytes: 500_000 }
  const welcome = { ...ack, durableUpto: 0, epoch: 1 } as Welcome
  const instanceId = await saveBare(store)
  await push.onWelcome(welcome, link)
  await push.onAck({ type: 'ack', upto: 1, results: [{ n: 1, instanceId, result: 'applied' }], ...ack }, link)
  await push.onLinkDown()

  outbox.renewStore()
  expect([await push.onWelcome(welcome, link), push.isIdle(), frames]).toEqual(['going', true, 1])
  await saveBare(store)
  await push.onQueued(link)
  expect(frames).toBe(2)
})
