import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { unwrap } from '@murram/ground'
import { rekeyEncrypted } from '@murram/rxdb-sqlite'
import { redact } from '@murram/seal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RekeyOrders } from '../test-house/rekey-child.ts'
import { enrolHere, openHere, saveHousehold, testFolder, type TestFolder } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { keepNextKey, keyFilePath, openDataKey, rewrapDataKey, storePath } from './key-file.ts'
import type { KeySource } from './key-source.ts'
import { openStore } from './open-store.ts'
import { answerRecovery, askForRecovery, recoverStore } from './recovery.ts'
import { rekeyStore } from './rekey-store.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

/** Enrolled, with interviews in it. */
async function fullFolder(count: number): Promise<TestFolder> {
  const folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  for (let i = 0; i < count; i += 1) await saveHousehold(agent, `House ${i}`)
  await agent.close()
  return folder
}
const saved = async (folder: TestFolder) => {
  const agent = unwrap(await openHere(folder))
  const docs = await agent.collections.submissions.find().exec()
  await agent.close()
  return docs.length
}
const passphrase = (text: string): KeySource => ({ kind: 'passphrase', passphrase: redact(text) })

test('RK2 what opened the store opens it, under another key, with all that was saved; the former key opens nothing', async () => {
  using folder = await fullFolder(3)
  const { dataDir, key } = folder
  const before = unwrap(await openDataKey(dataDir, key))
  copyFileSync(keyFilePath(dataDir), join(dataDir, 'key-before.json'))
  expect(unwrap(await rekeyStore(dataDir, key)).sizeBytes).toBeGreaterThan(8_192)
  const after = unwrap(await openDataKey(dataDir, key))
  expect(Buffer.from(after).equals(Buffer.from(before))).toBe(false)
  expect(JSON.parse(readFileSync(keyFilePath(dataDir), 'utf8'))).not.toHaveProperty('next')
  expect(await saved(folder)).toBe(3)
  // Somebody puts the former key file back: it opens nothing.
  copyFileSync(keyFilePath(dataDir), join(dataDir, 'key-after.json'))
  copyFileSync(join(dataDir, 'key-before.json'), keyFilePath(dataDir))
  expect(await openHere(folder)).toMatchObject({ error: { fault: 'store.wrong-key' } })
  copyFileSync(join(dataDir, 'key-after.json'), keyFilePath(dataDir))
  expect(await saved(folder)).toBe(3)
})

test('RK2 a passphrase stays what it is, and the central team recovers the store under its new key', async () => {
  using folder = await fullFolder(1)
  const { dataDir, key } = folder
  unwrap(await rewrapDataKey(dataDir, unwrap(await openDataKey(dataDir, key)), passphrase('nyumba')))
  expect(await rekeyStore(dataDir, passphrase('another'))).toMatchObject({ error: { fault: 'store.wrong-key' } })
  unwrap(await rekeyStore(dataDir, passphrase('nyumba')))
  unwrap(await openDataKey(dataDir, passphrase('nyumba')))
  const answer = unwrap(answerRecovery(collector.box, unwrap(await askForRecovery(dataDir))))
  unwrap(await recoverStore(dataDir, answer, passphrase('found again')))
  unwrap(await openDataKey(dataDir, passphrase('found again')))
})

test.for(['before', 'after'] as const)(
  'RK1 cut off %s the store was put in place: opened, and recovered, by what opened it',
  async when => {
    using folder = await fullFolder(2)
    const { dataDir, key } = folder
    const dataKey = unwrap(await openDataKey(dataDir, key))
    const newKey = new Uint8Array(32).fill(7)
    unwrap(await keepNextKey(dataDir, key, { dataKey, newKey, boxPublicKey: collector.box.publicKey }))
    if (when === 'after') rekeyEncrypted({ path: storePath(dataDir), key: dataKey, newKey })
    const answer = unwrap(answerRecovery(collector.box, unwrap(await askForRecovery(dataDir))))
    unwrap(await recoverStore(dataDir, answer, passphrase('nyumba')))
    expect(unwrap(await openDataKey(dataDir, passphrase('nyumba')))).toEqual(when === 'after' ? newKey : dataKey)
    expect(JSON.parse(readFileSync(keyFilePath(dataDir), 'utf8'))).not.toHaveProperty('next')
    const store = unwrap(await openStore({ dataDir, dataKey: when === 'after' ? newKey : dataKey, create: false }))
    expect(await store.collections.submissions.find().exec()).toHaveLength(2)
    await store.close()
  },
)

test('RK1 killed at any moment, again and again, it opens with all that was saved', async () => {
  using folder = await fullFolder(40)
  const { dataDir, key } = folder
  const orders: RekeyOrders = { dataDir, keyPath: key.kind === 'key-file' ? key.path : '' }
  const script = join(import.meta.dirname, '../test-house/rekey-child.ts')
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, [script, JSON.stringify(orders)])
    const ended = once(child, 'close')
    let errors = ''
    child.stderr.on('data', (data: Buffer) => (errors += data.toString('utf8')))
    await Promise.race([once(child.stdout, 'data'), ended])
    expect(errors).toBe('')
    await delay(round * 11)
    child.kill('SIGKILL')
    await ended
    expect(await saved(folder)).toBe(40)
  }
})

test('RK3 a store that is in use stays as it is', async () => {
  using folder = await fullFolder(1)
  const agent = unwrap(await openHere(folder))
  expect(await rekeyStore(folder.dataDir, folder.key)).toMatchObject({ error: { fault: 'store.in-use' } })
  await agent.close()
  expect(await saved(folder)).toBe(1)
  unwrap(await rekeyStore(folder.dataDir, folder.key))
  expect(await saved(folder)).toBe(1)
})
