import { randomBytes } from 'node:crypto'
import { unwrap } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PHOTO_FORM_ID, photoForm } from '../test-house/photo-form.ts'
import { startTestAgent, type TestAgent } from '../test-house/test-agent.ts'
import { startTestCollector, type TestCollector } from '../test-house/test-collector.ts'
import type { AnsweredJson, InterviewJson, OutboxJson } from './api-types.ts'
import { startLoopback } from './start-loopback.ts'
import { startPreview } from './start-preview.ts'
import type { Loopback } from './serve-page.ts'

let collector: TestCollector
let agent: TestAgent
let loopback: Loopback
beforeAll(async () => {
  collector = await startTestCollector()
  collector.publishForm('1', photoForm())
  agent = await startTestAgent(collector)
  loopback = unwrap(await startLoopback(agent, { port: 0, now: Date.now }))
})
afterAll(async () => {
  await loopback.close()
  await agent[Symbol.asyncDispose]()
  await collector[Symbol.asyncDispose]()
})

const call = (path: string, init: RequestInit = {}, to: Loopback = loopback): Promise<Response> =>
  fetch(`${to.url}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${to.token}`, ...(init.headers as Record<string, string> | undefined) },
  })
const json = async <T>(reply: Response): Promise<T> => (await reply.json()) as T
const openInterview = async (): Promise<InterviewJson> =>
  json(await call('/api/interviews', { method: 'POST', body: JSON.stringify({ formId: PHOTO_FORM_ID }) }))
const fileAt = (id: string, ref: string) => `/api/interviews/${id}/attachments/${encodeURIComponent(ref)}`
const put = (id: string, ref: string, bytes: Uint8Array, mediaType = 'image/png', to = loopback) =>
  call(
    fileAt(id, ref),
    { method: 'PUT', body: Buffer.from(bytes), headers: { 'Content-Type': mediaType, 'X-File-Name': 'IMG%201.PNG' } },
    to,
  )

test('a photo that is put is shown, whole and in parts, and taken out again', async () => {
  const { interviewId, questions } = await openInterview()
  expect(questions['house']).toMatchObject({
    kind: 'file',
    upload: { accept: 'image/*', capture: null, maxPixels: 1024, file: null },
  })
  const bytes = new Uint8Array(randomBytes(150_000))
  const answered = await json<AnsweredJson>(await put(interviewId, 'house', bytes))
  const file = answered.interview.questions['house']?.upload?.file
  expect(answered.accepted).toBe(true)
  expect(file).toMatchObject({ sizeBytes: 150_000, mediaType: 'image/png', isHere: true })
  expect(file?.name).toMatch(/^\d{13}\.png$/)
  const whole = await call(fileAt(interviewId, 'house'))
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
  expect(whole.headers.get('Content-Type')).toBe('image/png')
  expect(whole.headers.get('Content-Disposition')).toContain('attachment')
  const part = await call(fileAt(interviewId, 'house'), { headers: { Range: 'bytes=65530-65545' } })
  expect([part.status, part.headers.get('Content-Range')]).toEqual([206, 'bytes 65530-65545/150000'])
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(65_530, 65_546))).toBe(true)
  expect((await call(fileAt(interviewId, 'house'), { headers: { Range: 'bytes=150000-' } })).status).toBe(416)
  const removed = await json<AnsweredJson>(await call(fileAt(interviewId, 'house'), { method: 'DELETE' }))
  expect(removed.interview.questions['house']?.upload?.file).toBeNull()
  expect((await call(fileAt(interviewId, 'house'))).status).toBe(404)
})

test('FR1 a page that was put as a file is handed over as bytes', async () => {
  const { interviewId } = await openInterview()
  expect((await put(interviewId, 'paper', Buffer.from('<script>'), 'text/html')).status).toBe(200)
  const got = await call(fileAt(interviewId, 'paper'))
  expect(got.headers.get('Content-Type')).toBe('application/octet-stream')
  expect(got.headers.get('Content-Security-Policy')).toContain('sandbox')
})

test('a file without a token, of the wrong kind, or for no question is refused with what to do', async () => {
  const { interviewId } = await openInterview()
  expect((await fetch(`${loopback.url}${fileAt(interviewId, 'house')}`)).status).toBe(401)
  const wrong = await put(interviewId, 'house', Buffer.from('x'), 'application/pdf')
  expect([wrong.status, (await json<{ fault: string }>(wrong)).fault]).toEqual([415, 'attachment.unexpected'])
  expect((await put(interviewId, 'nowhere', Buffer.from('x'))).status).toBe(404)
  expect((await put('no-interview', 'house', Buffer.from('x'))).status).toBe(404)
})

test('sent means all: the outbox says awaiting, and how much is left, until the photo has arrived', async () => {
  const { interviewId } = await openInterview()
  await put(interviewId, 'house', new Uint8Array(randomBytes(40_000)))
  await call(`/api/interviews/${interviewId}/finalise`, { method: 'POST' })
  const outbox = async () => json<OutboxJson>(await call('/api/outbox'))
  expect((await outbox()).rows[0]).toMatchObject({ state: 'queued', files: 1, bytesLeft: 40_000 })
  collector.uploads.refuse(true)
  unwrap(await agent.sync.syncOnce())
  const waiting = await outbox()
  expect(waiting.rows[0]).toMatchObject({ state: 'awaiting', files: 1, bytesLeft: 40_000 })
  expect(waiting.summary).toMatchObject({ waiting: 0, awaiting: 1, awaitingBytes: 40_000 })
  collector.uploads.refuse(false)
  unwrap(await agent.sync.syncOnce())
  const sent = await outbox()
  expect(sent.rows[0]).toMatchObject({ state: 'sent', files: 1, bytesLeft: 0 })
  expect(sent.summary).toMatchObject({ awaiting: 0, awaitingBytes: 0 })
})

test('a preview takes files too, and keeps none', async () => {
  const preview = unwrap(
    await startPreview({
      fileName: 'form.xlsx',
      port: 0,
      now: Date.now,
      uuid: () => crypto.randomUUID(),
      random: Math.random,
    }),
  )
  try {
    preview.show({ form: photoForm(), findings: [] })
    const live = await call('/api/preview/restart', { method: 'POST' }, preview)
    const { interviewId } = await json<{ interviewId: string }>(live)
    const answered = await json<AnsweredJson>(
      await put(interviewId, 'house', Buffer.from('photo'), 'image/png', preview),
    )
    expect(answered.interview.questions['house']?.upload?.file).toMatchObject({ sizeBytes: 5, isHere: true })
    expect(await (await call(fileAt(interviewId, 'house'), {}, preview)).text()).toBe('photo')
    await call('/api/preview/restart', { method: 'POST' }, preview)
    expect((await call(fileAt(interviewId, 'house'), {}, preview)).status).toBe(404)
  } finally {
    await preview.close()
  }
})
