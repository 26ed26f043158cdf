import { unwrap, type InstanceId } from '@murram/ground'
import { firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRouteViews } from '../loopback/views.ts'
import type { Agent } from '../open-agent.ts'
import { ageInDays } from '../scoring/score-answers.ts'
import { saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { makeTestRelease } from '../test-house/test-release.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

test('OV1 OV2 an override is a correction that changes no answer, and travels with its assessment', async () => {
  await using agent = await startTestAgent(collector)
  const unscored = await saveHousehold(agent, 'Nakato')
  const said = { label: 'not_poor', reason: ' two cows were sold for the school ' }
  expect(await agent.override(unscored.instanceId, said)).toMatchObject({ error: { fault: 'score.no-model' } })
  collector.publishRelease(makeTestRelease({ ...collector, counter: 1 }))
  unwrap(await agent.sync.syncOnce())
  const saved = await saveHousehold(agent, 'Okello', { roof: 'thatch', members: '9' })
  expect(saved.assessment).toMatchObject({ label: 'poor', modelAgeDays: expect.any(Number) })

  expect(await agent.override(saved.instanceId, { ...said, reason: '  ' })).toMatchObject({
    error: { fault: 'override.without-reason' },
  })
  expect(await agent.override(saved.instanceId, { ...said, label: 'rich' })).toMatchObject({
    error: { fault: 'override.unknown-class' },
  })
  const nobody = 'uuid:11111111-1111-4111-8111-111111111111' as InstanceId
  expect(await agent.override(nobody, said)).toMatchObject({ error: { fault: 'http.not-found' } })

  const first = unwrap(await agent.override(saved.instanceId, said))
  const second = unwrap(await agent.override(saved.instanceId, { ...said, reason: 'they lent it out' }))
  unwrap(await agent.sync.syncOnce())
  const stored = collector.stored()
  const [original, one, two] = [saved, first, second].map(({ instanceId }) =>
    stored.find(each => each.instanceId === instanceId),
  )
  expect(one).toMatchObject({
    deprecatedId: saved.instanceId,
    base: original?.base,
    assessment: { ...original?.assessment, override: { label: 'not_poor', reason: said.reason.trim() } },
  })
  expect(two).toMatchObject({
    deprecatedId: first.instanceId,
    assessment: { override: { reason: 'they lent it out' } },
  })
  const { 'meta/instanceID': _own, 'meta/deprecatedID': _parent, ...answers } = original?.answers ?? {}
  expect(one?.answers).toMatchObject(answers)
  // One household still, and nothing else of it has changed.
  expect((await agent.households.search({ text: 'Okello' })).households).toHaveLength(1)
  const outbox = await firstValueFrom(createRouteViews(agent, Date.now).outbox)
  expect(outbox.rows.find(({ instanceId }) => instanceId === second.instanceId)?.assessment).toMatchObject({
    label: 'poor',
    override: { label: 'not_poor', reason: 'they lent it out' },
  })
})

test('the age of the model is in the assessment; the page is told how old it is, and by which way it came', async () => {
  await using agent = await startTestAgent(collector)
  unwrap(await agent.sync.syncOnce())
  const saved = await saveHousehold(agent, 'Asha')
  const [{ createdAtMs, expiresAtMs }] = agent.shelf.manifests() as [ReturnType<Agent['shelf']['manifests']>[number]]
  expect(saved.assessment?.modelAgeDays).toBe(ageInDays(createdAtMs, Date.now()))
  expect([ageInDays(0, 86_400_000 * 2 - 1), ageInDays(86_400_000, 0)]).toEqual([1, 0])
  const shown = async (nowMs: number) => (await firstValueFrom(createRouteViews(agent, () => nowMs).status)).models[0]
  const known = { releaseId: 'release-1', channel: 'line', classes: ['not_poor', 'poor'] }
  expect(await shown(expiresAtMs)).toMatchObject({ ...known, isOld: false })
  const ageDays = ageInDays(createdAtMs, expiresAtMs + 1)
  expect(await shown(expiresAtMs + 1)).toMatchObject({ ...known, isOld: true, ageDays })
})
