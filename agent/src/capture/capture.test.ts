import { unwrap, type InstanceId } from '@murram/ground'
import { openField } from '@murram/seal'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Agent } from '../open-agent.ts'
import { answerAll, openHere, saveHousehold, startTestAgent } from '../test-house/test-agent.ts'
import { entityBody, startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import { TEST_FORM_ID } from '../test-house/test-form.ts'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
})
afterAll(() => collector[Symbol.asyncDispose]())

const submissionOf = async ({ collections }: Agent, instanceId: InstanceId) => {
  const doc = await collections.submissions.findOne(instanceId).exec()
  return doc?.toJSON().body.submission
}
const drafts = async ({ collections }: Agent) => (await collections.drafts.find().exec()).map(doc => doc.toJSON())

test('a wrong answer is refused, and an interview with holes is not finalised', async () => {
  await using agent = await startTestAgent(collector)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  expect(unwrap(capture.answer('members', '120'))).toMatchObject({ accepted: false })
  expect(capture.question('members')?.value).toBe('')
  expect(await capture.finalise()).toMatchObject({ error: { fault: 'session.violations' } })
  expect(agent.queue.summary().waiting).toBe(0)
  answerAll(capture, { name: 'Nakato', roof: 'iron' })
  unwrap(await capture.finalise())
  expect(await capture.finalise()).toMatchObject({ ok: false })
  expect(agent.queue.summary().waiting).toBe(1)
})

test('C1 what was accepted is in the draft, and a draft goes on where it was left', async () => {
  await using agent = await startTestAgent(collector)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: 'Nakato', roof: 'thatch' })
  await expect.poll(() => drafts(agent)).toHaveLength(1)
  const { interviewId, instanceId } = capture
  await agent.close()

  const again = unwrap(await openHere(agent.folder))
  const resumed = unwrap(await again.capture.open(null, { draft: interviewId }))
  expect(resumed.instanceId).toBe(instanceId)
  expect(resumed.question('roof')?.value).toBe('thatch')
  unwrap(await resumed.finalise())
  expect(await drafts(again)).toEqual([])
  await again.close()
})

test('C1 closing the agent saves what is open', async () => {
  await using agent = await startTestAgent(collector)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: 'Okello' })
  await agent.close()
  const again = unwrap(await openHere(agent.folder))
  expect(await drafts(again)).toHaveLength(1)
  await again.close()
})

test('C2 a process that died after the commit leaves no draft of what is finalised', async () => {
  await using agent = await startTestAgent(collector)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: 'Nakato', roof: 'iron' })
  const draft = await capture.save()
  unwrap(await capture.finalise())
  await agent.collections.drafts.insert({ ...draft }) // as the cut would have left it
  await agent.close()
  const again = unwrap(await openHere(agent.folder))
  expect(await drafts(again)).toEqual([])
  await again.close()
})

test('C4 an interview that the disk did not take is finalised again, and clicked twice it is saved once', async () => {
  await using agent = await startTestAgent(collector)
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID))
  answerAll(capture, { name: 'Nakato', roof: 'iron' })
  vi.spyOn(agent.collections.submissions, 'insert').mockRejectedValueOnce(new Error('database or disk is full'))
  await expect(capture.finalise()).rejects.toThrow('full')
  const [first, second] = await Promise.all([capture.finalise(), capture.finalise()])
  expect(first).toMatchObject({ ok: true })
  expect(second).toEqual(first)
  expect(agent.queue.summary().waiting).toBe(1)
  expect(await submissionOf(agent, capture.instanceId)).toMatchObject({ answers: { name: 'Nakato', roof: 'iron' } })
})

test('FI4 half an emoji and a NUL do not hold up the queue', async () => {
  await using agent = await startTestAgent(collector)
  const odd = await saveHousehold(agent, 'Nakato \ud83d', { comment: 'a\0b' })
  const next = await saveHousehold(agent, 'Okello')
  unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))
  const taken = new Map(collector.stored().map(({ instanceId, answers }) => [instanceId, answers]))
  expect(taken.get(odd.instanceId)).toMatchObject({ name: 'Nakato \ufffd', comment: 'ab' })
  expect(taken.get(next.instanceId)).toMatchObject({ name: 'Okello' })
})

test('IS1 a visit starts with the household as it stands, and records what its author saw', async () => {
  await using agent = await startTestAgent(collector)
  const entityId = '0f0e0d0c-0b0a-4908-8706-050403020100'
  collector.publish('entity', entityId, entityBody(entityId, { name: 'Auma', roof: 'iron', members: '6' }))
  unwrap(await agent.sync.syncOnce())
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID, { entityId }))
  expect(capture.question('members')?.value).toBe('6')
  answerAll(capture, { roof: 'tile' })
  const { instanceId } = unwrap(await capture.finalise())
  const submission = await submissionOf(agent, instanceId)
  expect(submission?.base).toEqual({ name: 'Auma', roof: 'iron', members: '6' })
  expect(submission?.answers).toMatchObject({
    'meta/entity@id': entityId,
    'meta/entity@update': '1',
    'meta/entity@create': '',
    roof: 'tile',
  })
  // The afternoon's visit sees the morning's answer, link or no link.
  const later = unwrap(await agent.capture.open(TEST_FORM_ID, { entityId }))
  expect(later.question('roof')?.value).toBe('tile')
})

test('IS1 a household that was created here can be visited before it was ever sent', async () => {
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Nambi')
  const entityId = (await submissionOf(agent, instanceId))?.answers['meta/entity@id'] ?? ''
  const capture = unwrap(await agent.capture.open(TEST_FORM_ID, { entityId }))
  expect(capture.question('name')?.value).toBe('Nambi')
  const visit = await submissionOf(agent, unwrap(await capture.finalise()).instanceId)
  expect(visit?.base).toMatchObject({ name: 'Nambi', roof: 'iron' })
})

test('IS2 IS3 a correction takes the place of the newest revision, with its base', async () => {
  await using agent = await startTestAgent(collector)
  const first = await saveHousehold(agent, 'Nakato')
  const correct = async (members: string) => {
    const capture = unwrap(await agent.capture.open(null, { correct: first.instanceId }))
    answerAll(capture, { members })
    return unwrap(await capture.finalise())
  }
  const second = await correct('5')
  const third = await correct('6')
  const [a, b, c] = await Promise.all([first, second, third].map(saved => submissionOf(agent, saved.instanceId)))
  expect(b).toMatchObject({ deprecatedId: first.instanceId, base: {} })
  expect(c).toMatchObject({ deprecatedId: second.instanceId, base: {} })
  expect(c?.answers).toMatchObject({ members: '6', name: 'Nakato' })
  expect(c?.answers['meta/entity@id']).toBe(a?.answers['meta/entity@id'])
  expect(a !== undefined && b !== undefined && a.stamp < b.stamp).toBe(true)
})

test('a sealed answer is readable for the project alone, and its audit trace is not kept', async () => {
  await using agent = await startTestAgent(collector)
  const { instanceId } = await saveHousehold(agent, 'Nakato', { phone: '0772 000 001' })
  const submission = await submissionOf(agent, instanceId)
  const sealed = submission?.answers['phone'] ?? ''
  expect(sealed).not.toContain('0772')
  expect(unwrap(openField(collector.box, sealed))).toBe('0772 000 001')
  expect(JSON.stringify(submission)).not.toContain('0772')
  const correction = unwrap(await agent.capture.open(null, { correct: instanceId }))
  expect(correction.question('phone')?.value).toBe('')
})

test('stamps rise over restarts, also when the clock went back a day', async () => {
  await using agent = await startTestAgent(collector)
  const before = await submissionOf(agent, (await saveHousehold(agent, 'A')).instanceId)
  await agent.close()
  const yesterday = unwrap(await openHere(agent.folder, undefined, () => Date.now() - 86_400_000))
  const after = await submissionOf(yesterday, (await saveHousehold(yesterday, 'B')).instanceId)
  await yesterday.close()
  expect(after !== undefined && before !== undefined && after.stamp > before.stamp).toBe(true)
})

test('an unknown form, version, household or submission says what to do', async () => {
  await using agent = await startTestAgent(collector)
  const { capture } = agent
  expect(await capture.open('nothing')).toMatchObject({ error: { fault: 'form.not-found' } })
  expect(await capture.open(TEST_FORM_ID, { version: '9' })).toMatchObject({ error: { fault: 'form.not-found' } })
  expect(await capture.open(TEST_FORM_ID, { entityId: 'x' })).toMatchObject({ ok: false })
  expect(await capture.open(null, { correct: 'uuid:x' as InstanceId })).toMatchObject({ ok: false })
})
