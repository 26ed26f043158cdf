/**
 * Killed anywhere, an agent has lost nothing that it called saved and doubles nothing: real
 * processes, real files, SIGKILL. All points on the way up are visited in tests/walk; here stand
 * those where two files or two tables could disagree.
 */
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Agent } from './open-agent.ts'
import { runChild, savedLines } from './test-house/run-child.ts'
import { enrolHere, openHere, testFolder, type TestFolder } from './test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from './test-house/test-collector.ts'
import { makeTestRelease } from './test-house/test-release.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

/** Enrolled, with the form on its shelf. */
async function readyFolder(): Promise<TestFolder> {
  const folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  await agent.close()
  return folder
}

const submissions = async ({ collections }: Agent) =>
  (await collections.submissions.find().exec()).map(doc => doc.toJSON().body.submission)

/** Documents and outbox agree, and what is sent arrives once. */
async function expectWhole(folder: TestFolder, saved: readonly (readonly [string, string])[], most: number) {
  const agent = unwrap(await openHere(folder))
  const kept = await submissions(agent)
  for (const [instanceId, digest] of saved) expect(kept).toContainEqual(expect.objectContaining({ instanceId, digest }))
  expect(kept.length).toBeLessThanOrEqual(most)
  for (const { instanceId } of kept) expect(agent.queue.placeOf(String(instanceId))).not.toBeNull()
  expect(agent.queue.nByInstanceId().size).toBe(kept.length)
  unwrap(await agent.sync.syncOnce())
  const arrived = collector.stored().filter(({ deviceId }) => deviceId === agent.enrolment.deviceId)
  expect(arrived.map(({ digest }) => digest).toSorted()).toEqual(kept.map(({ digest }) => String(digest)).toSorted())
  await agent.close()
}

test('killed in the middle of work, all that was called saved is there', async () => {
  using folder = await readyFolder()
  const names = Array.from({ length: 200 }, (_, i) => `House ${i}`)
  const child = runChild(folder, { names, sync: 'never', stay: false })
  await expect.poll(() => savedLines(child).length, { timeout: 25_000, interval: 2 }).toBeGreaterThan(5)
  child.process.kill('SIGKILL')
  expect(await child.ended).toBe('SIGKILL')
  const saved = savedLines(child)
  expect(saved.length).toBeLessThan(names.length)
  await expectWhole(folder, saved, saved.length + 1)
})

test.for([
  ['agent.in-transaction', 'never'],
  ['agent.committed-before-reply', 'never'],
  ['agent.ack-received', 'after'],
] as const)('killed at %s, nothing is lost and nothing doubled', async ([point, sync]) => {
  using folder = await readyFolder()
  const visit = sync === 'never' ? `${point}#2` : point
  const child = runChild(folder, { names: ['A', 'B'], sync, stay: false }, crashAt(visit))
  expect([await child.ended, child.errors()]).toEqual(['SIGKILL', ''])
  await expectWhole(folder, savedLines(child), 2)
})

test.for(['agent.bundle-written', 'agent.pointer-switched'])(
  'killed at %s, the feed goes on where it was and one whole model is in force',
  async point => {
    using folder = testFolder()
    unwrap(await enrolHere(folder, collector))
    collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))
    const child = runChild(folder, { names: [], sync: 'after', stay: false }, crashAt(point))
    expect([await child.ended, child.errors()]).toEqual(['SIGKILL', ''])
    const agent = unwrap(await openHere(folder))
    unwrap(await agent.sync.syncOnce())
    expect(agent.shelf.model('household')?.manifest.counter).toBe(1)
    expect(agent.shelf.forms()).toHaveLength(1)
    await agent.close()
  },
)

const crashAt = (point: string) => ({ MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: point })
