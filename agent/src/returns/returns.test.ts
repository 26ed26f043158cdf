import { unwrap, type InstanceId } from '@murram/ground'
import { firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Agent } from '../open-agent.ts'
import { answerAll, openHere, saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

const returned = (agent: Agent) => firstValueFrom(agent.returns.watch())
const sendBack = (instanceId: string, comments: readonly { path: string | null; text: string }[]) =>
  collector.publish('return', instanceId, { instanceId, entityId: null, comments, atMs: 1_000 })

test('RT1 a return comes with its comments by question, and goes when it is answered', async () => {
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Nakato', { members: '30' })
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  expect(await returned(agent)).toEqual([])
  sendBack(instanceId, [
    { path: 'members', text: 'thirty?' },
    { path: null, text: 'please visit again' },
  ])
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  expect(await returned(agent)).toMatchObject([
    {
      instanceId,
      label: 'Nakato',
      isHere: true,
      draft: null,
      comments: [
        { ref: 'members', label: 'People in the household', answer: '30', text: 'thirty?' },
        { ref: null, label: '', answer: '', text: 'please visit again' },
      ],
    },
  ])
  // H4: nobody has this household any more, and neither has its author.
  expect((await agent.households.search()).households).toEqual([])

  const edit = unwrap(await agent.returns.open(instanceId))
  expect(edit.question('members')?.value).toBe('30')
  answerAll(edit, { members: '3' })
  const saved = unwrap(await edit.finalise())
  const doc = await agent.collections.submissions.findOne(saved.instanceId).exec()
  expect(doc?.toJSON().body.submission).toMatchObject({ deprecatedId: instanceId, answers: { members: '3' } })
  expect(await returned(agent)).toEqual([])
  expect((await agent.households.search()).households).toMatchObject([
    { label: 'Nakato', properties: { members: '3' } },
  ])
})

test('RT2 begun and left, it goes on where it was left, also after a restart', async () => {
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Okello')
  sendBack(instanceId, [{ path: 'roof', text: 'sure?' }])
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  const edit = unwrap(await agent.returns.open(instanceId))
  answerAll(edit, { roof: 'thatch' })
  await edit.save()
  const shown = (await returned(agent)).find(one => one.instanceId === instanceId)
  expect(shown).toMatchObject({ draft: edit.interviewId })
  await agent.close()
  const again = unwrap(await openHere(agent.folder))
  const goesOn = unwrap(await again.returns.open(instanceId))
  expect([goesOn.interviewId, goesOn.question('roof')?.value]).toEqual([edit.interviewId, 'thatch'])
  await again.close()
})

test('what was returned on another laptop is shown and cannot be opened; a tombstone takes it away', async () => {
  await using agent = await startTestAgent(collector)
  const elsewhere = 'uuid:0f0e0d0c-0b0a-4908-8706-050403020100' as InstanceId
  sendBack(elsewhere, [{ path: null, text: 'look again' }])
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  expect((await returned(agent)).find(({ instanceId }) => instanceId === elsewhere)).toMatchObject({
    isHere: false,
    label: '',
    formId: null,
  })
  expect(await agent.returns.open(elsewhere)).toMatchObject({ ok: false })
  expect(await agent.returns.open('uuid:11111111-1111-4111-8111-111111111111' as InstanceId)).toMatchObject({
    error: { fault: 'http.not-found' },
  })
  collector.publish('return', elsewhere, null)
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  expect((await returned(agent)).map(({ instanceId }) => instanceId)).not.toContain(elsewhere)
})

test('RT3 what was returned on another laptop of the officer says which household, which form and which question', async () => {
  await using agent = await startTestAgent(collector)
  const elsewhere = 'uuid:1f0e0d0c-0b0a-4908-8706-050403020100' as InstanceId
  const comments = [{ path: 'members', text: 'thirty?' }]
  const about = { formId: 'household', version: '1', label: 'Nakato' }
  collector.publish('return', elsewhere, { instanceId: elsewhere, entityId: null, comments, atMs: 1_000, about })
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  expect((await returned(agent)).find(({ instanceId }) => instanceId === elsewhere)).toMatchObject({
    label: 'Nakato',
    formId: 'household',
    isHere: false,
    comments: [{ ref: 'members', label: 'People in the household', answer: '', text: 'thirty?' }],
  })
})
