/** The vertical of one device: enrolled, filled in, saved, sent, given a model. */
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestAgent, saveHousehold } from './test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from './test-house/test-collector.ts'
import { makeTestRelease } from './test-house/test-release.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

test('an interview is saved without a link, and sent when one appears', async () => {
  await using agent = await startTestAgent(collector)
  expect(agent.shelf.forms()).toEqual([{ formId: 'household', version: '1', title: 'Household visit' }])
  const saved = await saveHousehold(agent, 'Nakato')
  expect(saved).toMatchObject({ n: 1, assessment: null })
  expect(agent.queue.summary()).toMatchObject({ waiting: 1, sent: 0 })
  unwrap(await agent.sync.syncOnce())
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 1 })
  const stored = collector.stored().find(s => s.instanceId === saved.instanceId)
  expect(stored).toMatchObject({ digest: saved.digest, n: 1, base: {}, answers: { name: 'Nakato', roof: 'iron' } })
})

test('a release comes down, is tried, and scores the next interview', async () => {
  await using agent = await startTestAgent(collector)
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))
  unwrap(await agent.sync.syncOnce())
  const saved = await saveHousehold(agent, 'Okello', { roof: 'thatch', members: '9' })
  expect(saved.assessment).toMatchObject({ releaseId: 'release-1', label: 'poor' })
  expect(collector.reports).toContainEqual(expect.objectContaining({ state: 'installed', releaseId: 'release-1' }))
})
