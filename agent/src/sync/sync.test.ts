import { copyFileSync } from 'node:fs'
import { stampMillis, type Stamp } from '@murram/fold'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { storePath } from '../store/key-file.ts'
import { openHere, saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { entityBody, startTestCollector } from '../test-house/test-collector.ts'
import { makeTestRelease } from '../test-house/test-release.ts'

const start = async () => {
  const collector = await startTestCollector()
  collector.publishForm()
  return collector
}
const names = (collector: Awaited<ReturnType<typeof start>>) =>
  collector
    .stored()
    .map(({ answers }) => answers['name'] ?? '')
    .toSorted()

test('PD7 one submission that is never accepted is set aside with the reason, and all the others arrive', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  collector.faults.neverFits = 'Mallory'
  const names = ['Asha', 'Brenda', 'Carol', 'Mallory', 'Dora', 'Esther', 'Flora']
  for (const name of names) await saveHousehold(agent, name)
  unwrap(await agent.sync.syncOnce())
  const stored = collector.stored().map(({ answers }) => answers['name'] ?? '')
  expect(stored.toSorted()).toEqual(names.filter(name => name !== 'Mallory'))
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 1 })
  const doc = await agent.collections.submissions.findOne({ selector: { state: 'refused' } }).exec()
  expect(doc?.toJSON().body).toMatchObject({ label: 'Mallory', fault: { fault: 'sync.digest-mismatch' } })
})

test('an ack that is lost costs nothing: what was stored is stored once', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  for (const name of ['A', 'B', 'C']) await saveHousehold(agent, name)
  collector.faults.cutInsteadOfAck = 2
  unwrap(await agent.sync.syncOnce())
  expect(names(collector)).toEqual(['A', 'B', 'C'])
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, sent: 3 })
})

test('PD10 an ack that names another submission under a number marks it not: it is sent again on the next link, at once', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  for (const name of ['A', 'B', 'C']) await saveHousehold(agent, name)
  collector.faults.misnamedAcks = 1
  unwrap(agent.sync.start())
  await expect.poll(() => agent.queue.summary(), { timeout: 10_000 }).toMatchObject({ waiting: 0, sent: 3 })
  await agent.sync.stop()
  expect(names(collector)).toEqual(['A', 'B', 'C'])
})

test('a collector restored from an older copy gets again what it lacks, backups included', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  for (const name of ['A', 'B', 'C', 'D']) await saveHousehold(agent, name)
  collector.faults.safeUpto = 2
  unwrap(await agent.sync.syncOnce())
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, safe: 2, sent: 2 })
  const before = collector
    .stored()
    .map(({ digest }) => digest)
    .toSorted()

  // Even the backup it had promised is gone: the documents still have the payloads.
  collector.restore(1)
  unwrap(await agent.sync.syncOnce())
  expect(
    collector
      .stored()
      .map(({ digest }) => digest)
      .toSorted(),
  ).toEqual(before)
  expect(agent.queue.summary().waiting).toBe(0)
})

test('another epoch replaces the mirror without emptying it on the way', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const ids = ['a', 'b'].map(digit => `${digit.repeat(8)}-aaaa-4aaa-8aaa-aaaaaaaaaaaa`)
  for (const id of ids) collector.publish('entity', id, entityBody(id, { name: id.slice(0, 1) }))
  unwrap(await agent.sync.syncOnce())
  expect(await agent.mirror.all('entity')).toHaveLength(2)

  collector.restore(0)
  collector.publish('entity', ids[0] ?? '', null)
  unwrap(await agent.sync.syncOnce())
  expect((await agent.mirror.all('entity')).map(row => row.body.entityId)).toEqual([ids[1]])
  expect(agent.shelf.forms()).toHaveLength(1)
  expect((await agent.mirror.checkpoint()).epoch).toBe(2)
})

test('a copied store is noticed; both laptops send all they saved', async () => {
  await using collector = await start()
  await using one = await startTestAgent(collector)
  await saveHousehold(one, 'before the copy')
  unwrap(await one.sync.syncOnce())
  await one.close()
  const copy = `${storePath(one.folder.dataDir)}.copy`
  copyFileSync(storePath(one.folder.dataDir), copy)

  const first = unwrap(await openHere(one.folder))
  await saveHousehold(first, 'first laptop')
  unwrap(await first.sync.syncOnce())
  await first.close()

  copyFileSync(copy, storePath(one.folder.dataDir))
  const second = unwrap(await openHere(one.folder))
  await saveHousehold(second, 'second laptop')
  unwrap(await second.sync.syncOnce())
  expect(names(collector)).toEqual(['before the copy', 'first laptop', 'second laptop'])
  expect(second.queue.summary().waiting).toBe(0)
  await second.close()
})

test('a restored collector that took up the work of a copy under the same numbers gets ours again', async () => {
  await using collector = await start()
  await using one = await startTestAgent(collector)
  await one.close()
  const copy = `${storePath(one.folder.dataDir)}.copy`
  copyFileSync(storePath(one.folder.dataDir), copy)
  const first = unwrap(await openHere(one.folder))
  await saveHousehold(first, 'first laptop')
  unwrap(await first.sync.syncOnce())
  await first.close()
  const ours = `${storePath(one.folder.dataDir)}.first`
  copyFileSync(storePath(one.folder.dataDir), ours)

  // The copy is the first to meet the collector in its new epoch.
  collector.restore(0)
  copyFileSync(copy, storePath(one.folder.dataDir))
  const second = unwrap(await openHere(one.folder))
  await saveHousehold(second, 'second laptop')
  unwrap(await second.sync.syncOnce())
  await second.close()
  expect(names(collector)).toEqual(['second laptop'])

  copyFileSync(ours, storePath(one.folder.dataDir))
  const again = unwrap(await openHere(one.folder))
  unwrap(await again.sync.syncOnce())
  expect(names(collector)).toEqual(['first laptop', 'second laptop'])
  await again.close()
})

test('a program and a bundle come down over cut links, each byte once', async () => {
  await using collector = await start()
  collector.faults.cutAfterChunks = 0
  await using agent = await startTestAgent(collector)
  expect(agent.shelf.forms()).toHaveLength(1)
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))
  collector.faults.cutAfterChunks = 2
  unwrap(await agent.sync.syncOnce())
  expect(agent.shelf.model('household')?.manifest.counter).toBe(1)
})

test('RI1 a release that was tampered with is refused and reported, and the champion stays', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { root, projectId } = collector
  collector.publishRelease(makeTestRelease({ root, projectId, counter: 5 }))
  unwrap(await agent.sync.syncOnce())

  const forged = makeTestRelease({ root, projectId, counter: 6 })
  collector.publishRelease({ ...forged, signed: { ...forged.signed, body: { ...forged.signed.body, threshold: 0.1 } } })
  unwrap(await agent.sync.syncOnce())
  expect(collector.reports).toContainEqual(
    expect.objectContaining({
      state: 'refused',
      counter: 6,
      fault: expect.objectContaining({ fault: 'bundle.bad-signature' }),
    }),
  )
  collector.publishRelease(makeTestRelease({ root, projectId, counter: 7, wrongVectors: true }))
  unwrap(await agent.sync.syncOnce())
  expect(collector.reports).toContainEqual(
    expect.objectContaining({
      state: 'refused',
      counter: 7,
      fault: expect.objectContaining({ fault: 'bundle.vectors-failed' }),
    }),
  )
  collector.publishRelease(makeTestRelease({ root, projectId, counter: 3 }))
  unwrap(await agent.sync.syncOnce())
  expect(agent.shelf.model('household')?.manifest.counter).toBe(5)
  expect((await saveHousehold(agent, 'A')).assessment?.releaseId).toBe('release-5')
})

test('a file that arrives with other bytes is fetched anew and then given up; the champion stays', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const release = makeTestRelease({ ...collector, counter: 2 })
  collector.faults.spoil = release.signed.body.files[0]?.sha256 ?? null
  collector.publishRelease(release)
  unwrap(await agent.sync.syncOnce())
  expect(agent.shelf.model('household')).toBeNull()
  collector.faults.spoil = null
  unwrap(await agent.sync.syncOnce())
  expect(agent.shelf.model('household')?.manifest.counter).toBe(2)
})

test('MS1 MS3 the model in force is in force after a restart, and its counter is remembered', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  collector.publishRelease(makeTestRelease({ ...collector, counter: 4 }))
  unwrap(await agent.sync.syncOnce())
  await agent.close()
  const again = unwrap(await openHere(agent.folder))
  expect((await saveHousehold(again, 'A')).assessment?.counter).toBe(4)
  await again.close()
})

test('a connected agent sends at once what is saved, and comes back after cuts', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  unwrap(agent.sync.start())
  await expect.poll(() => agent.sync.status().link).toBe('live')
  await saveHousehold(agent, 'A')
  await expect.poll(() => names(collector), { timeout: 2_000 }).toEqual(['A'])
  collector.cut()
  await saveHousehold(agent, 'B')
  await expect.poll(() => names(collector), { timeout: 5_000 }).toEqual(['A', 'B'])
  await agent.sync.stop()
  expect(agent.sync.status().link).toBe('off')
})

test('another collector at the same address gets no signature of this device', async () => {
  await using collector = await start()
  await using stranger = await start()
  await using agent = await startTestAgent(collector)
  const met = await agent.sync.syncOnce({ address: stranger.url, deadlineMs: 2_000 })
  expect(met).toMatchObject({ error: { fault: 'sync.bad-signature' } })
})

test('a collector that is not there is a fault with what to do, and nothing is lost', async () => {
  await using agent = await (async () => {
    await using collector = await start()
    return await startTestAgent(collector)
  })()
  await saveHousehold(agent, 'A')
  expect(await agent.sync.syncOnce({ deadlineMs: 300 })).toMatchObject({ error: { fault: 'sync.unreachable' } })
  expect(await agent.sync.syncOnce({ address: 'ws://example.org' })).toMatchObject({
    error: { fault: 'sync.insecure-address' },
  })
  expect(agent.queue.summary().waiting).toBe(1)
})

test('what a collector refuses stays here, visible, and is sent again in another life of the agent', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'A')
  collector.faults.unknownForm = true
  unwrap(await agent.sync.syncOnce())
  const [refused] = await agent.collections.submissions.find().exec()
  expect(refused?.toJSON()).toMatchObject({ state: 'refused', body: { fault: { fault: 'sync.unknown-form' } } })
  await agent.close()

  collector.faults.unknownForm = false
  const again = unwrap(await openHere(agent.folder))
  unwrap(await again.sync.syncOnce())
  expect(names(collector)).toEqual(['A'])
  expect(again.queue.summary()).toMatchObject({ waiting: 0, sent: 1 })
  await again.close()
})

test('what was refused for want of a form is sent at once when a form is published, all of it', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'A')
  await saveHousehold(agent, 'B')
  collector.faults.unknownForm = true
  unwrap(agent.sync.start())
  await expect.poll(() => agent.queue.summary()).toMatchObject({ waiting: 0, refused: 2 })

  collector.faults.unknownForm = false
  collector.publishForm('2')
  await expect.poll(() => agent.queue.summary()).toMatchObject({ waiting: 0, refused: 0, sent: 2 })
  expect(names(collector)).toEqual(['A', 'B'])
})

test('what was refused is tried again in a new epoch, all of it', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'A')
  await saveHousehold(agent, 'B')
  collector.faults.unknownForm = true
  unwrap(await agent.sync.syncOnce())
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 2 })
  collector.faults.unknownForm = false
  collector.restore(0)
  unwrap(await agent.sync.syncOnce())
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 0, sent: 2 })
})

test('a slow clock stamps after what the collector had when the link was up', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  await agent.close()
  const slow = unwrap(await openHere(agent.folder, undefined, () => Date.now() - 3_600_000))
  const before = Date.now()
  unwrap(await slow.sync.syncOnce())
  const { instanceId } = await saveHousehold(slow, 'A')
  const doc = await slow.collections.submissions.findOne(instanceId).exec()
  expect(stampMillis(doc?.toJSON().body.submission.stamp as Stamp)).toBeGreaterThanOrEqual(before)
  await slow.close()
})

test('a file that the collector lost is not asked for without end, and work goes on', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))
  collector.forgetFiles()
  await saveHousehold(agent, 'A')
  unwrap(await agent.sync.syncOnce())
  expect(names(collector)).toEqual(['A'])
  expect(agent.shelf.model('household')).toBeNull()
  expect(agent.sync.status().sessions).toBeLessThan(5)
})

test('SL5 copies of one data folder that replace each other take longer and longer turns', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const sessions = () => collector.heard.filter(({ type }) => type === 'hello').length
  const before = sessions()
  collector.faults.replaces = true
  unwrap(agent.sync.start())
  await new Promise(resolve => setTimeout(resolve, 6_000))
  // Each turn follows the one before it within 0.2 s where nobody waits longer and longer.
  expect(sessions() - before).toBeLessThan(20)
  collector.faults.replaces = false
  await expect.poll(() => agent.sync.status().link, { timeout: 30_000 }).toBe('live')
  await agent.sync.stop()
}, 60_000)
