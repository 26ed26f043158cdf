import { request } from 'node:http'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestAgent, type TestAgent } from '../test-house/test-agent.ts'
import { entityBody, startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import type { AnsweredJson, ConflictsJson, HouseholdsJson, InterviewJson, LiveEvents } from './api-types.ts'
import type { Loopback } from './serve-page.ts'
import { startLoopback } from './start-loopback.ts'

let collector: TestCollector
let agent: TestAgent
let loopback: Loopback
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm()
  agent = await startTestAgent(collector)
  loopback = unwrap(await startLoopback(agent, { port: 0, now: Date.now }))
})
afterAll(async () => {
  await loopback.close()
  await agent[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

interface Reply<T> {
  readonly status: number
  readonly body: T
}

async function call<T = unknown>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
  const response = await fetch(`${loopback.url}/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${loopback.token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (response.status === 204 ? undefined : await response.json()) as T }
}

/** Events as they come, with the time of their coming. */
async function listen(): Promise<{
  readonly next: <K extends keyof LiveEvents>(name: K, fits: (data: LiveEvents[K]) => boolean) => Promise<number>
  readonly stop: () => void
}> {
  const seen: { readonly name: string; readonly data: unknown; readonly atMs: number }[] = []
  const response = await fetch(`${loopback.url}/api/live?token=${loopback.token}`)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const read = async (): Promise<void> => {
    for (let text = ''; ;) {
      const { done, value } = await reader.read()
      if (done) return
      text += Buffer.from(value).toString('utf8')
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(part) ?? []
        if (name !== undefined) seen.push({ name, data: JSON.parse(data ?? 'null'), atMs: performance.now() })
      }
    }
  }
  const reading = read().catch(() => {})
  return {
    next: async (name, fits) => {
      const found = () => seen.find(event => event.name === name && fits(event.data as never))
      await expect.poll(found, { timeout: 3_000, interval: 5 }).toBeDefined()
      return found()?.atMs ?? Number.NaN
    },
    stop: () => void reader.cancel().then(() => reading),
  }
}

test('G2 without the token nothing is told, and the fault says what to do', async () => {
  for (const path of ['/api/status', '/api/live', '/api/live?token=wrong', '/api/nothing']) {
    const response = await fetch(loopback.url + path)
    expect([response.status, await response.json()]).toEqual([
      401,
      expect.objectContaining({ fault: 'http.unauthorised', mend: expect.stringContaining('token') }),
    ])
  }
  // The token in an address is for the event stream alone.
  expect((await fetch(`${loopback.url}/api/status?token=${loopback.token}`)).status).toBe(401)
})

test('G1 another host name that leads here is turned away', async () => {
  const status = await new Promise<number | undefined>(resolve => {
    const headers = { Host: 'evil.example', Authorization: `Bearer ${loopback.token}` }
    request(`${loopback.url}/api/status`, { headers }, reply => resolve(reply.statusCode)).end()
  })
  expect(status).toBe(401)
})

test('an interview is led over HTTP from the first question to "saved"', async () => {
  const { body: opened } = await call<InterviewJson>('POST', 'interviews', { formId: 'household' })
  const at = `interviews/${opened.interviewId}`
  expect(opened.questions['roof']).toMatchObject({ kind: 'select-one', choices: [{ value: 'iron' }, {}, {}] })
  const refused = await call<AnsweredJson>('POST', `${at}/answers`, { ref: 'members', value: '99' })
  expect(refused.body).toMatchObject({ accepted: false, violations: [{ message: 'Between 1 and 39' }] })
  const early = await call('POST', `${at}/finalise`)
  expect(early).toMatchObject({ status: 422, body: { fault: 'session.violations' } })
  await call('POST', `${at}/answers`, { ref: 'name', value: 'Nakato' })
  await call('POST', `${at}/answers`, { ref: 'roof', value: 'iron' })
  const added = await call<InterviewJson>('POST', `${at}/repeats`, { ref: 'roster' })
  expect(added.body.repeats[0]?.count).toBe(1)
  expect(
    (await call<InterviewJson>('DELETE', `${at}/repeats/${encodeURIComponent('roster[1]')}`)).body.repeats[0]?.count,
  ).toBe(0)
  expect((await call('POST', `${at}/save`)).body).toMatchObject({ formId: 'household', answered: 2 })
  expect((await call<InterviewJson>('GET', at)).body.questions['name']?.value).toBe('Nakato')
  const saved = await call('POST', `${at}/finalise`)
  expect(saved).toMatchObject({ status: 200, body: { n: 1, assessment: null } })
  expect((await call('GET', 'outbox')).body).toMatchObject({
    summary: { waiting: 1 },
    rows: [{ state: 'queued', n: 1, label: 'Nakato' }],
  })
  expect((await call('GET', 'drafts')).body).toEqual({ drafts: [] })
  expect((await call<HouseholdsJson>('GET', 'households?q=nak')).body.households).toMatchObject([
    { label: 'Nakato', local: true },
  ])
})

test('a request of another form is answered with the field at fault', async () => {
  expect(await call('POST', 'interviews', { form: 'household' })).toMatchObject({
    status: 400,
    body: { fault: 'http.bad-request' },
  })
  expect(await call('GET', 'interviews/nobody')).toMatchObject({ status: 404 })
  expect(await call('POST', 'interviews', { formId: 'nothing' })).toMatchObject({
    status: 404,
    body: { fault: 'form.not-found' },
  })
})

test('a change that sync pulled reaches an open page within 200 ms, without polling', async () => {
  unwrap(agent.sync.start())
  const live = await listen()
  await live.next('status', ({ link }) => link === 'live')
  const times: number[] = []
  for (let i = 0; i < 5; i += 1) {
    const entityId = `0000000${i}-0000-4000-8000-000000000000`
    const publishedAt = performance.now()
    collector.publish('entity', entityId, entityBody(entityId, { name: `House ${i}` }))
    const seenAt = await live.next('households', ({ households }) => households.some(h => h.entityId === entityId))
    times.push(seenAt - publishedAt)
  }
  live.stop()
  await agent.sync.stop()
  expect(Math.max(...times)).toBeLessThan(200)
})

test('a difference is shown with both answers, and a choice becomes a submission', async () => {
  const entityId = '0000000a-0000-4000-8000-000000000000'
  const side = (answer: string, deviceId: string) => ({
    answer,
    deviceId,
    instanceId: `uuid:0000000a-0000-4000-8000-00000000000${answer.length}`,
    stamp: '0197f3c2a1b0-0000-aaaaaaaa',
  })
  collector.publish('entity', entityId, entityBody(entityId, { name: 'Auma', roof: 'tile' }))
  const conflictId = 'c'.repeat(32)
  collector.publish('conflict', conflictId, {
    conflictId,
    entityId,
    entityLabel: 'Auma',
    property: 'roof',
    settledBy: null,
    forDevices: [],
    stands: side('tile', 'b'.repeat(32)),
    other: side('iron', agent.enrolment.deviceId),
  })
  unwrap(await agent.sync.syncOnce())
  const shown = await call<ConflictsJson>('GET', 'conflicts')
  expect(shown.body.conflicts).toMatchObject([
    { state: 'open', stands: { answer: 'tile', mine: false }, other: { answer: 'iron', mine: true } },
  ])
  expect((await call('GET', 'status')).body).toMatchObject({ openConflicts: 1 })
  expect((await call('POST', `conflicts/${conflictId}/settle`, { choose: 'other' })).status).toBe(200)
  expect((await call<ConflictsJson>('GET', 'conflicts')).body.conflicts[0]?.state).toBe('waiting')
  unwrap(await agent.sync.syncOnce())
  expect(collector.stored().find(s => s.formId === 'murram:settlement')).toMatchObject({
    answers: { conflict_id: conflictId, entity_id: entityId, dataset: 'households', property: 'roof', answer: 'iron' },
    base: { roof: 'tile' },
  })
})

test('the page is served without a token, under a strict policy, and nothing beside its folder', async () => {
  const response = await fetch(loopback.url)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect((await fetch(`${loopback.url}/..%2f..%2fetc/passwd`)).headers.get('content-type')).toContain('text/html')
})

test('a port in use is a fault', async () => {
  const port = Number(new URL(loopback.url).port)
  expect(await startLoopback(agent, { port, now: Date.now })).toMatchObject({ error: { fault: 'house.port-occupied' } })
})
