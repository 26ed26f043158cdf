import { unwrap } from '@murram/ground'
import type { TaskBody } from '@murram/wire'
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

const tasks = (agent: Agent) => firstValueFrom(agent.tasks.watch())
const ask = (taskId: string, entityId: string, given: Partial<Record<keyof TaskBody, unknown>> = {}) =>
  collector.publish('task', taskId, {
    taskId,
    kind: 'follow-up',
    formId: 'household',
    entityId,
    label: 'as the centre calls it',
    dueFromMs: null,
    dueToMs: null,
    why: 'It matters to know.',
    ...given,
  })
/** A household that the feed has brought. */
const bringHousehold = (entityId: string, label: string) =>
  collector.publish('entity', entityId, {
    entityId,
    dataset: 'households',
    label,
    properties: { name: label, roof: 'iron', members: '4' },
    conflicted: [],
    canonicalId: entityId,
  })
const sync = async (agent: Agent) => unwrap(await agent.sync.syncOnce({ deadlineMs: 5_000 }))

const NAKATO = '0f0e0d0c-0b0a-4908-8706-050403020100'
const ABSENT = '1f0e0d0c-0b0a-4908-8706-050403020100'

test('TK1 TK2 a task opens its form with the household chosen, goes on after a restart, and goes when it is answered', async () => {
  await using agent = await startTestAgent(collector)
  expect(await tasks(agent)).toEqual([])
  bringHousehold(NAKATO, 'Nakato')
  ask('visit-1', NAKATO, { dueToMs: 2_000 })
  ask('visit-2', ABSENT, { dueToMs: 1_000, formId: 'later' })
  await sync(agent)
  // TK3, and what ends first comes first.
  expect(await tasks(agent)).toMatchObject([
    { taskId: 'visit-2', isHere: false, formTitle: null, label: 'as the centre calls it' },
    { taskId: 'visit-1', isHere: true, formTitle: 'Household visit', label: 'Nakato', draft: null },
  ])
  expect((await agent.tasks.open('visit-2')).ok).toBe(false)

  const visit = unwrap(await agent.tasks.open('visit-1'))
  expect([visit.entityId, visit.question('name')?.value]).toEqual([NAKATO, 'Nakato'])
  answerAll(visit, { members: '5' })
  await visit.save()
  await agent.close()
  const again = unwrap(await openHere(agent.folder))
  expect((await tasks(again)).find(({ taskId }) => taskId === 'visit-1')).toMatchObject({ draft: visit.interviewId })
  const goesOn = unwrap(await again.tasks.open('visit-1'))
  expect([goesOn.interviewId, goesOn.question('members')?.value]).toEqual([visit.interviewId, '5'])
  unwrap(await goesOn.finalise())
  // At once, and without a link.
  expect((await tasks(again)).map(({ taskId }) => taskId)).toEqual(['visit-2'])
  await sync(again)
  collector.publish('task', 'visit-2', null)
  await sync(again)
  expect(await tasks(again)).toEqual([])
  await again.close()
})

test('another visit to the same household leaves the task, and the centre decides', async () => {
  await using agent = await startTestAgent(collector)
  ask('visit-3', NAKATO)
  await sync(agent)
  await saveHousehold(agent, 'Okello')
  const visit = unwrap(await agent.capture.open('household', { entityId: NAKATO }))
  answerAll(visit, { members: '7' })
  unwrap(await visit.finalise())
  expect((await tasks(agent)).map(({ taskId }) => taskId)).toContain('visit-3')
})
