/**
 * What an officer does to an interview after it was sent, on a real collector and real laptops:
 * corrections, rivals of them, what a reviewer sent back, what was held.
 *
 * ES1 a correction of what was sent takes its place at the centre and on every laptop
 * ES2 two laptops of one officer correct the same interview: both answers are kept, and either
 *     can be chosen
 * ES3 what was sent back counts again once its officer has answered, with what they answered
 * ES4 what was held is answered by a correction that can be folded
 * ES5 only the author is asked, and a restored visit counts as it did
 */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrolAgent, openAgent, type Agent, type Capture } from '@murram/agent'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createCentral, type Central } from '../central.ts'

const formXml = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head><h:title>Household</h:title><model entities:entities-version="2024.1.0">
    <instance><data id="household" version="1"><name/><roof/><people/>
      <meta><instanceID/><deprecatedID/><entity dataset="households" id="" create="1"><label/></entity></meta></data></instance>
    <bind nodeset="/data/name" type="string" entities:saveto="name"/>
    <bind nodeset="/data/roof" type="string" entities:saveto="roof"/>
    <bind nodeset="/data/people" type="int" entities:saveto="people"/>
    <bind nodeset="/data/meta/entity/@id" type="string"/>
    <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/name"/>
    <setvalue event="odk-instance-first-load" ref="/data/meta/entity/@id" value="uuid()"/>
  </model></h:head>
  <h:body><input ref="/data/name"><label>Name</label></input><input ref="/data/roof"><label>Roof</label></input>
    <input ref="/data/people"><label>People</label></input></h:body>
</h:html>`

const folder = mkdtempSync(join(tmpdir(), 'murram-edit-'))
chmodSync(folder, 0o711) // PostgreSQL has a user of its own where this one is root
let collector: Collector
let central: Central
/** Of one test: a process opens no more than three stores. */
let agents: Agent[] = []

beforeAll(async () => {
  collector = unwrap(
    await startCollector({
      dataDir: join(folder, 'centre'),
      port: 0,
      keys: createProjectKeys({ projectId: 'edits' as ProjectId, demo: true, nowMs: 0 }),
      demo: true,
      adminToken: 'token',
      now: Date.now,
      log: pino({ level: 'silent' }),
      rooms: [],
    }),
  )
  central = createCentral(`${collector.url}/api/v1`, 'token')
  await central.send('/forms', 'application/xml', formXml)
}, 60_000)
afterEach(async () => {
  for (const agent of agents) await agent.close()
  agents = []
})
afterAll(async () => {
  await collector?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function laptopOf(officer: string): Promise<Agent> {
  const dataDir = join(folder, `laptop-${randomUUID()}`)
  const key = { kind: 'key-file', path: join(folder, `${randomUUID()}.key`) } as const
  const { token } = await central.post<{ token: string }>('/enrolment-tokens', { officer })
  const { url: collectorUrl } = collector
  unwrap(await enrolAgent({ dataDir, key, collectorUrl, token, officer, allowDemo: true, now: Date.now }))
  const options = { dataDir, key, now: Date.now, random: Math.random, uuid: randomUUID, allowDemo: true }
  const agent = unwrap(await openAgent(options))
  agents.push(agent)
  await sync(agent)
  return agent
}

const sync = async (agent: Agent) => unwrap(await agent.sync.syncOnce({ deadlineMs: 20_000 }))

type Opening = Parameters<Agent['capture']['open']>[1]
async function interview(agent: Agent, answers: Readonly<Record<string, string>>, opening: Opening = {}) {
  const capture = unwrap(await agent.capture.open('household', opening))
  return finish(capture, answers)
}
async function finish(capture: Capture, answers: Readonly<Record<string, string>>) {
  for (const [ref, answer] of Object.entries(answers)) unwrap(capture.answer(ref, answer))
  const entityId = capture.answers()['meta/entity@id'] ?? ''
  return { ...unwrap(await capture.finalise()), entityId }
}

interface Household {
  readonly properties: Readonly<Record<string, string>>
  readonly conflicts: readonly { readonly conflictId: string; readonly other: { readonly answer: string } }[]
}
const household = (entityId: string) => central.get<Household>(`/entities/${entityId}`)
const stateOf = async (instanceId: string) => {
  const found = await central.get<{ submissions: { state: string; reason: { fault: string } | null }[] }>(
    `/submissions?instanceId=${instanceId}`,
  )
  return found.submissions[0]
}
const review = (instanceId: string, verdict: string, comments: readonly object[] = []) =>
  central.post(`/submissions/${instanceId}/review`, { verdict, comments })

test('ES1 a correction of what was sent takes its place at the centre and on every laptop', async () => {
  const [amina, baraka] = [await laptopOf('Amina'), await laptopOf('Baraka')]
  const first = await interview(amina, { name: 'Asha', roof: 'iron', people: '4' })
  await sync(amina)
  await sync(baraka)
  await interview(amina, { roof: 'thatch' }, { correct: first.instanceId })
  await sync(amina)
  expect(await household(first.entityId)).toMatchObject({ properties: { roof: 'thatch', people: '4' }, conflicts: [] })
  await sync(baraka)
  expect((await baraka.households.find(first.entityId))?.properties).toMatchObject({ roof: 'thatch', people: '4' })

  // A visit in between that found the former answer true stands for itself: both are kept.
  await interview(baraka, { people: '5' }, { entityId: first.entityId })
  await sync(baraka)
  await interview(amina, { roof: 'tile' }, { correct: first.instanceId })
  await sync(amina)
  expect(await household(first.entityId)).toMatchObject({
    properties: { roof: 'thatch', people: '5' },
    conflicts: [{ property: 'roof', other: { answer: 'tile' } }],
  })
})

test('ES2 rival corrections of one interview from two laptops are a conflict that both see', async () => {
  const officer = 'Chiku'
  const old = await laptopOf(officer)
  const first = await interview(old, { name: 'Asha', roof: 'iron' })
  await sync(old)
  const later = await laptopOf(officer)
  // The new laptop has the household and not the interview: it visits, the old one corrects.
  await interview(old, { roof: 'thatch' }, { correct: first.instanceId })
  await interview(later, { roof: 'tile' }, { entityId: first.entityId })
  await sync(later)
  await sync(old)
  const found = await household(first.entityId)
  expect(found.conflicts).toHaveLength(1)
  await sync(later)
  for (const laptop of [old, later]) {
    await sync(laptop)
    expect((await laptop.mirror.all('conflict')).map(({ body }) => body.property)).toContain('roof')
  }
  const chosen = found.conflicts[0]?.other.answer
  unwrap(await old.settle(found.conflicts[0]?.conflictId ?? '', 'other'))
  await sync(old)
  expect((await household(first.entityId)).properties).toMatchObject({ roof: chosen })
})

test('ES3 what was sent back counts again once its officer has answered', async () => {
  const amina = await laptopOf('Dalili')
  const first = await interview(amina, { name: 'Asha', roof: 'iron', people: '40' })
  await sync(amina)
  await review(first.instanceId, 'return', [{ path: 'people', text: 'forty?' }])
  await expect(household(first.entityId)).rejects.toThrow('404')
  await sync(amina)
  const shown = await new Promise(settle => void amina.returns.watch().subscribe(settle))
  expect(shown).toMatchObject([{ instanceId: first.instanceId, comments: [{ ref: 'people', answer: '40' }] }])
  await finish(unwrap(await amina.returns.open(first.instanceId)), { people: '4' })
  await sync(amina)
  expect((await household(first.entityId)).properties).toEqual({ name: 'Asha', roof: 'iron', people: '4' })
  await sync(amina)
  expect(await amina.mirror.all('return')).toEqual([])
})

test('ES4 what was held is answered by a correction that can be folded', async () => {
  const amina = await laptopOf('Eshe')
  const bad = await interview(amina, { name: 'Asha', roof: 'iron', 'meta/entity@id': 'no uuid' })
  await sync(amina)
  expect(await stateOf(bad.instanceId)).toMatchObject({ state: 'held', reason: { fault: 'fold.held' } })
  const entityId = randomUUID()
  await interview(amina, { 'meta/entity@id': entityId }, { correct: bad.instanceId })
  await sync(amina)
  expect((await household(entityId)).properties).toMatchObject({ name: 'Asha', roof: 'iron' })
  expect(await stateOf(bad.instanceId)).toMatchObject({ state: 'held' })
})

test('ES5 only the author is asked, and a restored visit counts as it did', async () => {
  const [amina, baraka] = [await laptopOf('Fatuma'), await laptopOf('Gakuo')]
  const first = await interview(amina, { name: 'Asha', roof: 'iron' })
  await sync(amina)
  await sync(baraka)
  const visit = await interview(baraka, { roof: 'tile' }, { entityId: first.entityId })
  await sync(baraka)
  await review(visit.instanceId, 'return', [{ path: 'roof', text: 'iron, I think' }])
  expect((await household(first.entityId)).properties).toMatchObject({ roof: 'iron' })
  await sync(amina)
  expect(await amina.mirror.all('return')).toEqual([])
  await review(visit.instanceId, 'restore')
  expect((await household(first.entityId)).properties).toMatchObject({ roof: 'tile' })
})
