/** The agent's own sockets on a link that is thin, slow and cut all the time. */
import { unwrap } from '@murram/ground'
import { startFaultyLink } from '@murram/testkit'
import { expect, test } from 'vitest'
import { saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'
import { makeTestRelease } from '../test-house/test-release.ts'

test('everything arrives once, up and down, however short the sessions are', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  await using link = await startFaultyLink({
    targetPort: Number(new URL(collector.url).port),
    seed: 7,
    faults: { latencyMs: 10, bytesPerSecond: 64_000, cutEveryMs: [120, 400], chopBytes: 700 },
  })
  const saved: string[] = []
  for (let i = 0; i < 120; i += 1) saved.push((await saveHousehold(agent, `House ${i}`)).digest)
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))

  unwrap(await agent.sync.syncOnce({ address: `http://127.0.0.1:${link.port}`, deadlineMs: 25_000 }))
  expect(link.stats().cuts).toBeGreaterThan(0)
  const arrived = collector.stored().map(({ digest }) => String(digest))
  expect(arrived.toSorted()).toEqual(saved.toSorted())
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 120 })
  expect(agent.shelf.model('household')?.manifest.counter).toBe(1)
})

test('while the link is down nothing is lost, and the moment it is up work goes on', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  await using link = await startFaultyLink({ targetPort: Number(new URL(collector.url).port), seed: 1 })
  link.setUp(false)
  unwrap(agent.sync.start(`http://127.0.0.1:${link.port}`))
  await saveHousehold(agent, 'A')
  await expect.poll(() => agent.sync.status().fault?.fault).toBe('sync.unreachable')
  expect(agent.queue.summary().waiting).toBe(1)
  link.setUp(true)
  agent.sync.poke()
  await expect.poll(() => agent.queue.summary().waiting, { timeout: 5_000 }).toBe(0)
})
