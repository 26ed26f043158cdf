/**
 * One line of 32 kbit/s and 300 ms for everything: what an officer has just saved, and what the
 * centre has just decided, do not wait for the large file that is coming down.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { startFaultyLink } from '@murram/testkit'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Both ways of the link and half a second of what was asked ahead; the rest is a busy machine. */
const SOON_MS = 6_000
const adminToken = 'priorities'
const folder = mkdtempSync(join(tmpdir(), 'murram-priorities-'))
let collector: Collector
let agent: Agent

const formXml = (formId: string, notes: number): string => {
  const names = Array.from({ length: notes }, (_, i) => `n${i}`)
  const label = (i: number): string => createHash('sha256').update(`${formId} ${i}`).digest('base64url')
  return `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head><h:title>${formId}</h:title><model><instance><data id="${formId}" version="1">
    <name/>${names.map(name => `<${name}/>`).join('')}<meta><instanceID/></meta></data></instance>
    <bind nodeset="/data/name" type="string"/></model></h:head>
  <h:body><input ref="/data/name"><label>Name</label></input>
    ${names.map((name, i) => `<input ref="/data/${name}"><label>${label(i)}</label></input>`).join('\n')}
  </h:body></h:html>`
}

async function post<T>(path: string, body: string, type = 'application/json'): Promise<T> {
  const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': type }
  const reply = await collector.request(`/api/v1${path}`, { method: 'POST', body, headers })
  const said = (await reply.json()) as T
  if (reply.status >= 300) throw new Error(JSON.stringify(said))
  return said
}

beforeAll(async () => {
  const keys = createProjectKeys({ projectId: 'priorities' as ProjectId, demo: true, nowMs: 0 })
  const log = pino({ level: 'silent' })
  const options = { dataDir: join(folder, 'collector'), port: 0, demo: true, adminToken, now: Date.now }
  collector = unwrap(await startCollector({ ...options, keys, log }))
  await post('/forms', formXml('small', 0), 'application/xml')
  const { token } = await post<{ token: string }>('/enrolment-tokens', JSON.stringify({ officer: 'Akello' }))
  const dataDir = join(folder, 'laptop')
  const key = { kind: 'key-file', path: join(dataDir, 'user.key') } as const
  const facts = { dataDir, key, now: Date.now, allowDemo: true }
  unwrap(await enrolAgent({ ...facts, collectorUrl: collector.url, token, officer: 'Akello' }))
  agent = unwrap(await openAgent({ ...facts, random: Math.random, uuid: randomUUID }))
  unwrap(await agent.sync.syncOnce())
})
afterAll(async () => {
  await agent.close()
  await collector.close()
  rmSync(folder, { recursive: true, force: true })
})

const timed = async (isDone: () => boolean | Promise<boolean>): Promise<number> => {
  const startMs = performance.now()
  while (!(await isDone()) && performance.now() - startMs < 60_000) await sleep(20)
  return performance.now() - startMs
}

test('while a large file comes down, what is saved is acked within seconds, and what the centre changes arrives within seconds', async () => {
  await post('/forms', formXml('large', 3_000), 'application/xml')
  const faults = { bytesPerSecond: 4_000, latencyMs: 150 }
  await using link = await startFaultyLink({ targetPort: collector.port, seed: 1, faults })
  unwrap(agent.sync.start(`http://127.0.0.1:${link.port}`))
  await timed(() => link.stats().bytesDown > 12_000) // the file is on its way
  const isLarge = () => agent.shelf.forms().some(({ formId }) => String(formId) === 'large')
  expect(isLarge()).toBe(false)

  const waits: number[] = []
  for (let i = 0; i < 3; i += 1) {
    const capture = unwrap(await agent.capture.open('small'))
    unwrap(capture.answer('name', `Household ${i}`))
    const { instanceId } = unwrap(await capture.finalise())
    waits.push(await timed(() => agent.queue.placeOf(instanceId)?.state !== 'queued'))

    const entityId = randomUUID()
    const body = {
      entityId,
      canonicalId: entityId,
      dataset: 'households',
      label: 'New',
      properties: {},
      conflicted: [],
    }
    await collector.feed.publish([{ kind: 'entity', key: entityId, body }])
    waits.push(await timed(async () => (await agent.mirror.find('entity', entityId)) !== null))
  }
  expect(isLarge()).toBe(false) // it was on its way all the time
  expect(Math.max(...waits)).toBeLessThan(SOON_MS)
  await agent.sync.stop()
})
