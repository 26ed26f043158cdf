import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headlessKey, openHeadless, startHeadless, statusHeadless, syncHeadless } from './headless.ts'
import { enrolHere, saveHousehold, testFolder } from './test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from './test-house/test-collector.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

test('a folder that is not enrolled says how to enrol it', async () => {
  using folder = testFolder()
  const options = { dataDir: folder.dataDir, key: headlessKey(folder.dataDir), allowDemo: true }
  expect(await statusHeadless(options)).toMatchObject({ error: { fault: 'sync.not-enrolled' } })
})

test('enrolled, synced once, asked for its state, and run with its page', async () => {
  using folder = testFolder()
  const options = { dataDir: folder.dataDir, key: headlessKey(folder.dataDir), allowDemo: true }
  unwrap(await enrolHere({ ...folder, key: options.key }, collector))
  expect(unwrap(await syncHeadless(options)).diagnosis).toMatchObject({ forms: [{ formId: 'household' }] })
  const agent = unwrap(await openHeadless(options))
  await saveHousehold(agent, 'A')
  await agent.close()
  expect(unwrap(await statusHeadless(options))).toMatchObject({ outbox: { waiting: 1 }, submissions: 1 })

  const running = unwrap(await startHeadless({ ...options, port: 0 }))
  expect((await fetch(running.loopback.pageUrl)).status).toBe(200)
  await expect.poll(() => running.agent.queue.summary()).toMatchObject({ waiting: 0, sent: 1 })
  expect(await statusHeadless(options)).toMatchObject({ error: { fault: 'store.in-use' } })
  await running.close()
})

test('a passphrase given at the command line opens no key file', () => {
  expect(headlessKey('d', { passphrase: 'x' }).kind).toBe('passphrase')
  expect(headlessKey('d', { keyFile: 'k' })).toEqual({ kind: 'key-file', path: 'k' })
})
