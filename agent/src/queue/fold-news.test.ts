/** Submissions that were held when they were acked, and what the feed says of them later. */
import { unwrap, type Fault } from '@murram/ground'
import { expect, test } from 'vitest'
import type { Agent } from '../open-agent.ts'
import { openHere, saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'

async function start(speaks?: { readonly protocol: number; readonly minProtocol: number }) {
  const collector = await startTestCollector(speaks === undefined ? {} : { speaks })
  collector.publishForm()
  collector.faults.holds = 'Asha'
  return collector
}
const sync = async (agent: Agent) => unwrap(await agent.sync.syncOnce({ deadlineMs: 10_000 }))
const shown = async (agent: Agent, instanceId: string) => {
  const doc = (await agent.collections.submissions.findOne(instanceId).exec())?.toJSON()
  return [doc?.state, doc?.body.fault?.fault ?? null]
}
const told = (collector: Awaited<ReturnType<typeof start>>, instanceId: string, held: Fault | null) =>
  collector.publish('submission', instanceId, { instanceId, held })

test('FN1 what was held and is folded later stands as what was folded at once, also on a laptop that was away', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  const atOnce = await saveHousehold(agent, 'Brenda')
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['held', 'fold.waiting'])
  await agent.close()
  told(collector, instanceId, null)
  const again = unwrap(await openHere(agent.folder))
  await sync(again)
  expect(await shown(again, instanceId)).toEqual(['sent', null])
  expect(await shown(again, atOnce.instanceId)).toEqual(['sent', null])
  expect([again.queue.placeOf(instanceId)?.state, again.queue.summary().sent]).toEqual(['sent', 2])
  await again.close()
})

test('FN1 in a backup before it was folded: safe, once it is', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  collector.faults.safeUpto = 1
  await sync(agent)
  expect([await shown(agent, instanceId), agent.queue.summary().safe]).toEqual([['held', 'fold.waiting'], 1])
  told(collector, instanceId, null)
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['safe', null])
})

test('FN1 another reason, and folded and held again: shown as the newest row says', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  await sync(agent)
  told(collector, instanceId, { fault: 'fold.not-author' })
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['held', 'fold.not-author'])
  told(collector, instanceId, null)
  told(collector, instanceId, { fault: 'fold.deferred' })
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['held', 'fold.deferred'])
})

test('FN2 a row that comes before the ack is marked counts, whichever is marked last', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  // In the feed before the ack: as where another device brought the parent at the same moment.
  told(collector, instanceId, null)
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['sent', null])
})

test('FN2 what the feed of a former epoch said counts no more', async () => {
  await using collector = await start()
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  await sync(agent)
  told(collector, instanceId, null)
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['sent', null])
  collector.hide('submission', instanceId)
  collector.restore(0)
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['held', 'fold.waiting'])
  told(collector, instanceId, null)
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['sent', null])
})

test('FN3 folded while a collector of version 1 was spoken to: asked about once, when one of version 2 is', async () => {
  const versions = { protocol: 1, minProtocol: 1 }
  await using collector = await start(versions)
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Asha')
  await sync(agent)
  told(collector, instanceId, null)
  collector.faults.holds = null
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['held', 'fold.waiting'])
  versions.protocol = 2
  await sync(agent)
  expect(await shown(agent, instanceId)).toEqual(['sent', null])
  const pushes = () => collector.heard.filter(({ type }) => type === 'push').length
  const before = pushes()
  await sync(agent)
  expect(pushes()).toBe(before)
})
