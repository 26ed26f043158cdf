import type { EntityId } from '@murram/ground'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filter, firstValueFrom } from 'rxjs'
import { saveHousehold, startTestAgent, type TestAgent } from '../test-house/test-agent.ts'
import { entityBody, startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import type { SubmissionDoc } from '../store/collections.ts'
import { layOver } from './households.ts'

const idOf = (i: number): EntityId => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` as EntityId

let collector: TestCollector
let agent: TestAgent
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
  agent = await startTestAgent(collector)
  for (let i = 0; i < 120; i += 1)
    collector.publish(
      'entity',
      idOf(i),
      entityBody(idOf(i), { name: `Okello ${i}`, roof: i % 3 === 0 ? 'tile' : 'iron' }),
    )
  collector.publish('entity', idOf(7), { ...entityBody(idOf(7), { name: 'Akello' }), canonicalId: idOf(8) })
  unwrap(await agent.sync.syncOnce())
  await saveHousehold(agent, 'Nakato Grace')
  await saveHousehold(agent, 'Okello Peter', { roof: 'tile' })
})
afterAll(async () => {
  await agent[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

test('H1, H3, H5 a page of a search shows what all of them would show, own unsent work first', async () => {
  const rows = await agent.mirror.all('entity')
  const docs = (await agent.collections.submissions.find({ sort: [{ savedAtMs: 'asc' }] }).exec()).map(
    doc => doc.toJSON() as SubmissionDoc,
  )
  const all = layOver(rows, docs)
  const everything = await agent.households.search({ limit: 1_000 })
  expect(everything.total).toBe(all.length)
  expect(everything.households.map(({ entityId }) => entityId)).toEqual(all.map(({ entityId }) => entityId))
  expect(await agent.households.search({ limit: 3 })).toEqual({ total: all.length, households: all.slice(0, 3) })
  expect(everything.households.slice(0, 2).map(({ label, local }) => [label, local])).toEqual([
    ['Okello Peter', true],
    ['Nakato Grace', true],
  ])
})

test('all of a dataset is what a search without an end finds, own unsent work among it', async () => {
  const { households } = await agent.households.search({ dataset: 'households', limit: 1_000 })
  const byId = (rows: readonly { readonly entityId: string }[]) =>
    rows.toSorted((a, b) => (a.entityId < b.entityId ? -1 : 1))
  expect(byId(await agent.households.all('households'))).toEqual(byId(households))
  expect(households.filter(({ local }) => local)).toHaveLength(2)
  expect(await agent.households.all('nothing')).toEqual([])
})

test('words begin words, answers are exact, and both hold for what nobody else knows yet', async () => {
  const names = async (query: Parameters<TestAgent['households']['search']>[0]) =>
    (await agent.households.search(query)).households.map(({ label }) => label)
  expect(await names({ text: 'grace nak' })).toEqual(['Nakato Grace'])
  expect(await names({ text: 'okello p' })).toEqual(['Okello Peter'])
  expect(await names({ text: 'akello' })).toEqual([]) // it was declared another household
  expect(await agent.households.search({ text: 'okello', filters: { roof: 'tile' }, limit: 2 })).toMatchObject({
    total: 41,
  })
  expect(await names({ filters: { roof: 'til' } })).toEqual([])
})

test('who watches a page sees a household that sync brings', async () => {
  const seen = firstValueFrom(agent.households.watch({ text: 'Zawadi' }).pipe(filter(({ total }) => total > 0)))
  collector.publish('entity', idOf(500), entityBody(idOf(500), { name: 'Zawadi' }))
  unwrap(await agent.sync.syncOnce())
  expect(await seen).toMatchObject({ total: 1, households: [{ label: 'Zawadi', local: false }] })
})
