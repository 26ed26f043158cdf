import { readFileSync } from 'node:fs'
import { ok, unwrap } from '@murram/ground'
import { createBoxKey, redact } from '@murram/seal'
import { expect, test } from 'vitest'
import { testFolder } from '../test-house/test-agent.ts'
import { addRecoveryWrap, keyFilePath, openDataKey, openOrCreateDataKey } from './key-file.ts'
import type { KeySource } from './key-source.ts'
import { openStore } from './open-store.ts'
import { answerRecovery, askForRecovery, recoverStore } from './recovery.ts'

const passphrase = (text: string): KeySource => ({ kind: 'passphrase', passphrase: redact(text) })
const wrongKey = { ok: false, error: { fault: 'store.wrong-key' } }

/** A store whose passphrase nobody remembers. */
async function forgotten() {
  const folder = testFolder()
  const project = createBoxKey()
  const dataKey = unwrap(await openOrCreateDataKey(folder.dataDir, passphrase('forgotten'), 0))
  await unwrap(await openStore({ dataDir: folder.dataDir, dataKey, create: true })).close()
  unwrap(await addRecoveryWrap(folder.dataDir, project.publicKey, dataKey))
  return { ...folder, project, dataKey }
}

test('RC1 the centre answers, a new passphrase opens the same store, and the answer is spent', async () => {
  using house = await forgotten()
  const request = unwrap(await askForRecovery(house.dataDir))
  const answer = unwrap(answerRecovery(house.project, request))
  expect(await recoverStore(house.dataDir, answer, passphrase('new'))).toEqual(ok(undefined))
  expect(unwrap(await openDataKey(house.dataDir, passphrase('new')))).toEqual(house.dataKey)
  expect(await openDataKey(house.dataDir, passphrase('forgotten'))).toMatchObject(wrongKey)
  expect(await recoverStore(house.dataDir, answer, passphrase('again'))).toMatchObject(wrongKey)
})

test('RC2 another project, another request and a changed answer change nothing', async () => {
  using house = await forgotten()
  const before = readFileSync(keyFilePath(house.dataDir), 'utf8')
  const first = unwrap(await askForRecovery(house.dataDir))
  expect(answerRecovery(createBoxKey(), first)).toMatchObject(wrongKey)
  expect(answerRecovery(house.project, '{}')).toMatchObject(wrongKey)
  const old = unwrap(answerRecovery(house.project, first))
  unwrap(await askForRecovery(house.dataDir))
  expect(await recoverStore(house.dataDir, old, passphrase('new'))).toMatchObject(wrongKey)
  const answer = unwrap(answerRecovery(house.project, unwrap(await askForRecovery(house.dataDir))))
  const changed = answer.replace(/"sealed":"(.{60})./, (_, kept: string) => `"sealed":"${kept}~`)
  expect(await recoverStore(house.dataDir, changed, passphrase('new'))).toMatchObject(wrongKey)
  expect(await recoverStore(house.dataDir, 'not an answer', passphrase('new'))).toMatchObject(wrongKey)
  expect(readFileSync(keyFilePath(house.dataDir), 'utf8')).toBe(before)
})

test('RC3 neither file holds the data key', async () => {
  using house = await forgotten()
  const request = unwrap(await askForRecovery(house.dataDir))
  const answer = unwrap(answerRecovery(house.project, request))
  const key = Buffer.from(house.dataKey)
  for (const text of [request, answer])
    for (const coding of ['base64url', 'base64', 'hex'] as const) expect(text).not.toContain(key.toString(coding))
})

test('RC2 a key of another store, however it was come by, is tried before anything is written', async () => {
  using house = await forgotten()
  using other = await forgotten()
  const mixed = unwrap(await askForRecovery(house.dataDir))
  const foreign = unwrap(await askForRecovery(other.dataDir))
  const { wrap, keyId } = JSON.parse(foreign) as { wrap: string; keyId: string }
  const answer = unwrap(
    answerRecovery(other.project, JSON.stringify({ ...(JSON.parse(mixed) as object), wrap, keyId })),
  )
  const before = readFileSync(keyFilePath(house.dataDir), 'utf8')
  expect(await recoverStore(house.dataDir, answer, passphrase('new'))).toMatchObject(wrongKey)
  expect(readFileSync(keyFilePath(house.dataDir), 'utf8')).toBe(before)
})
