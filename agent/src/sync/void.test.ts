import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector } from '../test-house/test-collector.ts'

test('PD9 of what no frame carries the collector is told the number; it stays here, and the rest goes on', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  await using agent = await startTestAgent(collector)
  await saveHousehold(agent, 'A')
  const large = await saveHousehold(agent, randomBytes(1_000_000).toString('hex'))
  await saveHousehold(agent, 'C')
  expect((await agent.sync.syncOnce()).ok).toBe(true)

  expect(collector.stored().map(({ answers }) => answers['name'])).toEqual(['A', 'C'])
  expect(agent.queue.summary()).toMatchObject({ waiting: 0, refused: 1, sent: 2 })
  const [entry] = collector.heard.filter(message => message.type === 'void')
  expect(entry).toMatchObject({ n: 2, digest: large.digest, reason: { fault: 'wire.frame-too-large' } })
  const kept = await agent.collections.submissions.findOne(large.instanceId).exec()
  expect(stateOf(kept?.toJSON())).toBe('refused')
})

const stateOf = (doc: unknown): string => (doc as { readonly state: string }).state
