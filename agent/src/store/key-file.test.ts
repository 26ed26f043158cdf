import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { createBoxKey, redact } from '@murram/seal'
import { expect, test } from 'vitest'
import { testFolder } from '../test-house/test-agent.ts'
import { addRecoveryWrap, keyFilePath, openDataKey, openOrCreateDataKey, rewrapDataKey, storePath } from './key-file.ts'
import type { KeySource } from './key-source.ts'
import { openStore } from './open-store.ts'

const passphrase = (text: string): KeySource => ({ kind: 'passphrase', passphrase: redact(text) })
const operatingSystem = (backend: string): KeySource => ({
  kind: 'operating-system',
  secrets: {
    backend,
    protect: async secret => Buffer.from(secret).toString('hex'),
    reveal: async text => Buffer.from(text, 'hex').toString(),
  },
})

test('KF1 a passphrase opens what it wrapped, another one does not, and the file holds neither', async () => {
  using folder = testFolder()
  const key = unwrap(await openOrCreateDataKey(folder.dataDir, passphrase('nyumba'), 0))
  expect(unwrap(await openDataKey(folder.dataDir, passphrase('nyumba')))).toEqual(key)
  expect(await openDataKey(folder.dataDir, passphrase('Nyumba'))).toMatchObject({ error: { fault: 'store.wrong-key' } })
  const text = readFileSync(keyFilePath(folder.dataDir), 'utf8')
  expect(text).not.toContain('nyumba')
  expect(text).not.toContain(Buffer.from(key).toString('base64url'))
  expect(statSync(keyFilePath(folder.dataDir)).mode & 0o077).toBe(0)
})

test('KF1 the operating system, a key file and the recovery key open the same store', async () => {
  using folder = testFolder()
  const project = createBoxKey()
  const key = unwrap(await openOrCreateDataKey(folder.dataDir, operatingSystem('keychain'), 0))
  unwrap(await addRecoveryWrap(folder.dataDir, project.publicKey, key))
  expect(unwrap(await openDataKey(folder.dataDir, { kind: 'recovery', boxKey: project }))).toEqual(key)
  expect(unwrap(await openDataKey(folder.dataDir, operatingSystem('keychain')))).toEqual(key)
  const changed = await openDataKey(folder.dataDir, operatingSystem('basic_text'))
  expect(changed).toMatchObject({ error: { fault: 'store.wrong-key', detail: expect.stringContaining('basic_text') } })
  const stranger = await openDataKey(folder.dataDir, { kind: 'recovery', boxKey: createBoxKey() })
  expect(stranger).toMatchObject({ error: { fault: 'store.wrong-key' } })
})

test('KF1 on a shared machine the operating system and the passphrase open it together, neither alone', async () => {
  using folder = testFolder()
  const { secrets } = operatingSystem('keychain') as Extract<KeySource, { kind: 'operating-system' }>
  const shared = (text: string, kept = secrets): KeySource => ({
    kind: 'shared-machine',
    secrets: kept,
    passphrase: redact(text),
  })
  const key = unwrap(await openOrCreateDataKey(folder.dataDir, shared('nyumba'), 0))
  expect(unwrap(await openDataKey(folder.dataDir, shared('nyumba')))).toEqual(key)
  const wrong = { error: { fault: 'store.wrong-key' } }
  expect(await openDataKey(folder.dataDir, shared('another'))).toMatchObject(wrong)
  expect(await openDataKey(folder.dataDir, shared('nyumba', { ...secrets, backend: 'basic_text' }))).toMatchObject(
    wrong,
  )
  expect(await openDataKey(folder.dataDir, operatingSystem('keychain'))).toMatchObject(wrong)
  expect(await openDataKey(folder.dataDir, passphrase('nyumba'))).toMatchObject(wrong)
})

test('KF1 a new passphrase opens the same store, the old one does not, and the recovery key still does', async () => {
  using folder = testFolder()
  const project = createBoxKey()
  const key = unwrap(await openOrCreateDataKey(folder.dataDir, passphrase('before'), 0))
  unwrap(await addRecoveryWrap(folder.dataDir, project.publicKey, key))
  unwrap(await rewrapDataKey(folder.dataDir, key, passphrase('after')))
  expect(unwrap(await openDataKey(folder.dataDir, passphrase('after')))).toEqual(key)
  expect(unwrap(await openDataKey(folder.dataDir, { kind: 'recovery', boxKey: project }))).toEqual(key)
  expect(await openDataKey(folder.dataDir, passphrase('before'))).toMatchObject({ error: { fault: 'store.wrong-key' } })
})

test('KF1 a key file that others may read is refused', async () => {
  using folder = testFolder()
  unwrap(await openOrCreateDataKey(folder.dataDir, folder.key, 0))
  const { path } = folder.key as Extract<KeySource, { kind: 'key-file' }>
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o644)
  expect(await openDataKey(folder.dataDir, folder.key)).toMatchObject({ error: { fault: 'store.wrong-key' } })
})

test('KF2 a store without its key file is not given a new key', async () => {
  using folder = testFolder()
  const dataKey = unwrap(await openOrCreateDataKey(folder.dataDir, folder.key, 0))
  await unwrap(await openStore({ dataDir: folder.dataDir, dataKey, create: true })).close()
  rmSync(keyFilePath(folder.dataDir))
  expect(await openDataKey(folder.dataDir, folder.key)).toMatchObject({ error: { fault: 'store.key-missing' } })
  const anew = await openOrCreateDataKey(folder.dataDir, folder.key, 0)
  expect(anew).toMatchObject({ error: { fault: 'store.key-missing' } })
  expect(existsSync(keyFilePath(folder.dataDir))).toBe(false)
})

test('KF3 an existing key file stays, whoever asks for a new one', async () => {
  using folder = testFolder()
  unwrap(await openOrCreateDataKey(folder.dataDir, folder.key, 0))
  const before = readFileSync(keyFilePath(folder.dataDir))
  expect(await openOrCreateDataKey(folder.dataDir, passphrase('other'), 0)).toMatchObject({ ok: false })
  expect(readFileSync(keyFilePath(folder.dataDir))).toEqual(before)
})

test('ST1 a wrong key, a truncated store and a store in use are faults, and the file stays', async () => {
  using folder = testFolder()
  const { dataDir } = folder
  const dataKey = unwrap(await openOrCreateDataKey(dataDir, folder.key, 0))
  const store = unwrap(await openStore({ dataDir, dataKey, create: true }))
  expect(await openStore({ dataDir, dataKey, create: false })).toMatchObject({ error: { fault: 'store.in-use' } })
  await store.close()
  const whole = readFileSync(storePath(dataDir))

  const other = new Uint8Array(32).fill(7)
  const wrong = await openStore({ dataDir, dataKey: other, create: false })
  expect(wrong).toMatchObject({ error: { fault: 'store.wrong-key' } })
  expect(readFileSync(storePath(dataDir))).toEqual(whole)

  copyFileSync(storePath(dataDir), join(dataDir, 'copy'))
  truncateSync(storePath(dataDir), whole.length - 9_000)
  expect(await openStore({ dataDir, dataKey, create: false })).toMatchObject({ error: { fault: 'store.damaged' } })
  copyFileSync(join(dataDir, 'copy'), storePath(dataDir))
  await unwrap(await openStore({ dataDir, dataKey, create: false })).close()
})
