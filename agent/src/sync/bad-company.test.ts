/** Links that live and say nothing, collectors that are somebody else, collectors that ask to wait. */
import { unwrap } from '@murram/ground'
import { startFaultyLink } from '@murram/testkit'
import { expect, test } from 'vitest'
import { saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'
import { makeTestRollout } from '../test-house/test-release.ts'
import { createTestTrust } from '../test-house/test-trust.ts'

const AN_HOUR_MS = 3_600_000

const start = async () => {
  const collector = await startTestCollector()
  collector.publishForm()
  return collector
}

test('SE2 a link that is open and passes nothing on is given up, and the work goes over the next one', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  await using link = await startFaultyLink({ targetPort: Number(new URL(collector.url).port), seed: 1 })
  unwrap(agent.sync.start(`ws://127.0.0.1:${link.port}`))
  await expect.poll(() => agent.sync.status().link, { timeout: 20_000 }).toBe('live')
  link.setFaults({ latencyMs: AN_HOUR_MS })
  await saveHousehold(agent, 'Asha')
  // As network-watch does when the networks of the machine change.
  agent.sync.tell({ type: 'probe' })
  await expect.poll(() => agent.sync.status().fault?.detail, { timeout: 40_000 }).toBe('the link is silent')
  expect(agent.queue.summary()).toMatchObject({ waiting: 1, refused: 0 })
  expect(collector.stored()).toEqual([])
  link.setUp(false) // what is under way behind it ends
  link.setFaults({})
  link.setUp(true)
  await expect.poll(() => collector.stored().length, { timeout: 60_000 }).toBe(1)
  await expect.poll(() => agent.queue.summary().waiting, { timeout: 20_000 }).toBe(0)
  await agent.sync.stop()
}, 150_000)

test('a collector of another identity is told nothing: no name, no certificate, no signature, no work', async () => {
  await using collector = await start()
  await using stranger = await start()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'Asha')
  unwrap(agent.sync.start(stranger.url))
  await expect.poll(() => agent.sync.status().link, { timeout: 20_000 }).toBe('blocked')
  expect(agent.sync.status().fault).toMatchObject({ fault: 'sync.bad-signature' })
  await agent.sync.stop()
  expect([stranger.heard, stranger.stored()]).toEqual([[], []])
  expect(agent.queue.summary().waiting).toBe(1)
  // At its own collector nothing has changed.
  unwrap(await agent.sync.syncOnce())
  expect(collector.stored()).toHaveLength(1)
}, 60_000)

test('SC4 a collector that asks for a pause gets all of it, in one session and once', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  for (const name of ['A', 'B', 'C', 'D', 'E']) await saveHousehold(agent, name)
  collector.faults.pauseMs = 600
  const hellos = () => collector.heard.filter(({ type }) => type === 'hello').length
  const before = hellos()
  unwrap(await agent.sync.syncOnce({ deadlineMs: 30_000 }))
  expect(hellos()).toBe(before + 1)
  expect(collector.stored().map(({ answers }) => answers['name'])).toEqual(['A', 'B', 'C', 'D', 'E'])
  const sent = collector.heard.flatMap(message => (message.type === 'push' ? [message.head.n] : []))
  expect(sent).toEqual([...new Set(sent)])
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 0 })
}, 60_000)

test('RI7 a collector that keeps back a halt and hands out what is fresh is seen, and the centre is told', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const project = createTestTrust(collector.root, 'test', Date.now())
  const { release: releaseKey } = project
  const release = project.publish({ counter: 9 })
  const say = (orderNumber: number) => {
    const orders = { vulnerability: { releaseId: 'release-9', counter: 9, orderNumber, state: 'halted' as const } }
    collector.faults.trust = { roots: [...project.roots], freshness: project.state({ orders }) }
  }
  const withheld = () => collector.reports.filter(({ kind }) => kind === 'withheld')
  const order = (said: Parameters<typeof makeTestRollout>[0]['said']) =>
    collector.publish('rollout', 'vulnerability', makeTestRollout({ releaseKey, release, said }))
  order({ orderNumber: 20, openRing: 1, shares: [0.0001, 1], state: 'halted' })
  say(20)
  unwrap(await agent.sync.syncOnce())
  expect(withheld()).toEqual([])
  say(21)
  unwrap(await agent.sync.syncOnce())
  expect(withheld()).toMatchObject([{ modelName: 'vulnerability', orderNumber: 21, heard: 20 }])
  order({ orderNumber: 21, state: 'halted' })
  unwrap(await agent.sync.syncOnce())
  expect(withheld()).toHaveLength(1)
}, 60_000)
