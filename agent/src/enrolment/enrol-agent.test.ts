import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { createSigningKey, keyIdOf } from '@murram/seal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import { openAgent } from '../open-agent.ts'
import { enrolHere, openHere, testFolder } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { enrolAgent } from './enrol-agent.ts'
import { enrolmentPath } from './enrolment-file.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector[Symbol.asyncDispose]())

test('E1 cut before the certificate was kept, the same token enrols the same device', async () => {
  using folder = testFolder()
  const first = unwrap(await enrolHere(folder, collector, 'enrol-me-once'))
  // The cut: all is there but the file that is written last.
  const enrolment = readFileSync(enrolmentPath(folder.dataDir))
  writeFileSync(enrolmentPath(folder.dataDir), '')
  expect(await openHere(folder)).toMatchObject({ error: { fault: 'sync.not-enrolled' } })
  rmSync(enrolmentPath(folder.dataDir))
  const again = unwrap(await enrolHere(folder, collector, 'enrol-me-once'))
  expect(again.deviceId).toBe(first.deviceId)
  expect(readFileSync(enrolmentPath(folder.dataDir)).length).toBeGreaterThan(enrolment.length / 2)
})

test('E1 a token of another device is refused, with what to do', async () => {
  using one = testFolder()
  using two = testFolder()
  unwrap(await enrolHere(one, collector, 'enrol-me-shared'))
  expect(await enrolHere(two, collector, 'enrol-me-shared')).toMatchObject({ error: { fault: 'enrol.token-used' } })
  expect(await enrolHere(two, collector, 'nonsense')).toMatchObject({ error: { fault: 'enrol.token-unknown' } })
})

test('E1 a key that is made elsewhere names the device, and one that the store has already is kept', async () => {
  using folder = testFolder()
  const { dataDir, key } = folder
  const made = createSigningKey()
  const options = {
    dataDir,
    key,
    collectorUrl: collector.url,
    token: 'enrol-me-made',
    officer: 'Akello',
    now: Date.now,
  }
  const first = unwrap(await enrolAgent({ ...options, allowDemo: true, createKey: () => made }))
  expect(first.deviceId).toBe(keyIdOf(made.publicKey))
  rmSync(enrolmentPath(dataDir))
  const again = unwrap(await enrolAgent({ ...options, allowDemo: true, createKey: createSigningKey }))
  expect(again.deviceId).toBe(first.deviceId)
})

test('E2 a certificate for another key enrols nothing', async () => {
  using folder = testFolder()
  await using liar = await startTestCollector({ certifyOtherKey: true })
  expect(await enrolHere(folder, liar)).toMatchObject({ error: { fault: 'sync.bad-signature' } })
  expect(existsSync(enrolmentPath(folder.dataDir))).toBe(false)
})

test('E2 an enrolment that was changed by hand is not believed', async () => {
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const text = readFileSync(enrolmentPath(folder.dataDir), 'utf8')
  writeFileSync(enrolmentPath(folder.dataDir), text.replace('Akello', 'Mugisha'))
  expect(await openHere(folder)).toMatchObject({ error: { fault: 'sync.bad-signature' } })
})

test('E3 demo keys are refused outside the demo, at enrolment and at every start', async () => {
  using folder = testFolder()
  const { dataDir, key } = folder
  const { url, token } = collector
  const options = { dataDir, key, collectorUrl: url, officer: 'Akello', now: Date.now }
  const refused = await enrolAgent({ ...options, token: `${token}-e3`, allowDemo: false })
  expect(refused).toMatchObject({ error: { fault: 'key.demo-refused' } })
  expect(existsSync(enrolmentPath(dataDir))).toBe(false)

  unwrap(await enrolAgent({ ...options, token: `${token}-e3`, allowDemo: true }))
  const rest = { dataDir, key, now: Date.now, random: Math.random, uuid: () => '', log: silentLog }
  expect(await openAgent({ ...rest, allowDemo: false })).toMatchObject({ error: { fault: 'key.demo-refused' } })
})

test('E4 a folder enrols once', async () => {
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  expect(await enrolHere(folder, collector)).toMatchObject({ error: { fault: 'enrol.already' } })
})

test('no file of the folder holds the device key in the clear', async () => {
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  expect(readdirSync(folder.dataDir).toSorted()).toContain('enrolment.json')
  expect(readFileSync(enrolmentPath(folder.dataDir), 'utf8')).not.toContain('privateKey')
})

test('a plain address that leads off this machine is refused before anything is sent', async () => {
  using folder = testFolder()
  const there = { ...collector, url: 'http://collector.example.org' }
  expect(await enrolHere(folder, there)).toMatchObject({ error: { fault: 'sync.insecure-address' } })
})

test('a data folder that cannot be made says so', async () => {
  using folder = testFolder()
  writeFileSync(join(folder.dataDir, 'file'), '')
  const below = { ...folder, dataDir: join(folder.dataDir, 'file', 'below') }
  expect(await enrolHere(below, collector)).toMatchObject({ error: { fault: 'store.directory-unreachable' } })
})

test('E5 a centre that has lost its recovery key enrols nothing', async () => {
  using folder = testFolder()
  await using forgetful = await startTestCollector({ lostRecoveryKey: true })
  expect(await enrolHere(folder, forgetful)).toMatchObject({ ok: false })
  expect(existsSync(enrolmentPath(folder.dataDir))).toBe(false)
})
