/** An agent and a collector of different versions: work goes up as long as there is a version that both speak. */
import { readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { decodeUp } from '@murram/wire'
import { firstValueFrom } from 'rxjs'
import { expect, test } from 'vitest'
import { createRouteViews } from '../loopback/views.ts'
import { enrolHere, openHere, saveHousehold, startTestAgent, testFolder } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'

test('V3 at a collector of version 1 the agent says what version 1 said, and no more', async () => {
  await using collector = await startTestCollector({ speaks: { protocol: 1, minProtocol: 1 } })
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'Asha')
  unwrap(await agent.sync.syncOnce())
  expect(collector.stored()).toHaveLength(1)
  const { frames } = JSON.parse(
    readFileSync(new URL('../../../tests/fixtures/versions/session-1.json', import.meta.url), 'utf8'),
  ) as { frames: { from: string; type: string; base64: string }[] }
  const recorded = frames.find(({ type }) => type === 'hello')?.base64 ?? ''
  const hello = unwrap(decodeUp(new Uint8Array(Buffer.from(recorded, 'base64'))))
  const said = collector.heard.find(({ type }) => type === 'hello')
  expect(said).toMatchObject({ protocol: 1 })
  expect(Object.keys(said ?? {}).toSorted()).toEqual(Object.keys(hello).toSorted())
  const known = new Set(frames.map(({ type }) => type))
  expect(collector.heard.filter(({ type }) => !known.has(type))).toEqual([])
})

test('V3 at a newer collector the agent sends as before, and its person is told to update', async () => {
  await using collector = await startTestCollector({ speaks: { protocol: 9, minProtocol: 1 } })
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'Asha')
  unwrap(await agent.sync.syncOnce())
  expect(collector.stored()).toHaveLength(1)
  const status = await firstValueFrom(createRouteViews(agent, Date.now).status)
  expect(status).toMatchObject({
    fault: null,
    notice: { fault: 'wire.update-advised', detail: expect.stringContaining('9') },
  })
})

test('V3 where no version is spoken by both the agent is refused with what to do, and its work stays queued', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  await saveHousehold(agent, 'Asha')
  await using tomorrow = await startTestCollector({ speaks: { protocol: 9, minProtocol: 8 } })
  expect(await agent.sync.syncOnce({ address: tomorrow.url })).toMatchObject({
    error: { fault: 'wire.update-required' },
  })
  expect(agent.sync.status()).toMatchObject({ fault: { fault: 'wire.update-required' } })
  expect(agent.queue.summary()).toMatchObject({ waiting: 1, refused: 0 })
  await agent.close()
})
