/** Planning on real PostgreSQL, with interviews as ingest and fold would have stored them. */
import type { DeviceId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FollowUpList, PlannedReply } from '../http/api-types.ts'
import {
  drawVisits,
  entityIdOf,
  instanceIdOf,
  NOW,
  openTestHouse,
  recipe,
  storeVisits,
  type TestHouse,
} from '../retrain/test-house.ts'
import { listSubmissions } from '../ingest/submission-repo.ts'
import { visitPages } from '../retrain/visit-pages.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { drawOf } from './choose.ts'
import { selectionOf } from './follow-up-repo.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const DAY = 86_400_000
const COUNT = 200
const withFollowUps = `${recipe}followUps: { auditShare: 0.1, perWeek: 25 }\n`

/** Of an officer with one laptop; every fourth interview is one where the model was unsure. */
async function begin(house: TestHouse, text = withFollowUps): Promise<void> {
  const { write } = house.house
  await write.execute(sql`
    insert into devices (device_id, public_key, officer, certificate, state, enrolled_at_ms)
    values ('device', 'k', 'Amina', '{}', 'active', 0), ('second', 'k2', 'Amina', '{}', 'active', 0),
           ('other', 'k3', 'Baraka', '{}', 'active', 0)`)
  await storeVisits(house.house, drawVisits(COUNT))
  await write.execute(sql`
    update submissions set received_at_ms = ${NOW - DAY}, body = jsonb_set(body::jsonb, '{assessment}',
      jsonb_build_object('probability', .9, 'label', 'vulnerable', 'sure', n % 4 <> 0))::json`)
  await house.post('/models', { recipe: text, card: '# Vulnerability' })
}
const plan = (house: TestHouse, dryRun = false) =>
  house.post<PlannedReply>('/follow-ups/plan', { modelName: 'vulnerability', dryRun })
const listed = async (house: TestHouse, query = '') =>
  (await house.get<FollowUpList>(`/follow-ups?limit=1000${query}`)).followUps
const tasks = async (house: TestHouse) =>
  (
    await house.house.read.execute<{ key: string; body: { entityId: string; why: string } | null; scope: string[] }>(
      sql`select key, body, scope from feed where kind = 'task' order by key`,
    )
  ).rows
const isAudit = (n: number) => drawOf('test', 'audit', instanceIdOf(n)) < 0.1
const numbers = Array.from({ length: COUNT }, (_, n) => n)
const audits = numbers.filter(isAudit)

test('FP1 FP3 FP4 planned once, told to the laptops of the officer, audits first; what is there stays', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  const dry = await plan(house, true)
  expect(dry).toMatchObject({ drawn: COUNT, audits: audits.length, sent: 0 })
  expect(await listed(house)).toEqual([])

  const planned = await plan(house)
  expect(planned).toEqual({ ...dry, sent: 25 })
  const all = await listed(house)
  expect(all.length).toBe(dry.audits + dry.decisions)
  const sent = all.filter(({ state }) => state === 'sent')
  expect(
    sent
      .filter(({ selection }) => selection === 'audit')
      .map(({ entityId }) => entityId)
      .toSorted(),
  ).toEqual(audits.map(n => entityIdOf(n)).toSorted())
  const told = await tasks(house)
  expect(new Set(told.map(({ body }) => body?.entityId))).toEqual(new Set(sent.map(({ entityId }) => entityId)))
  expect(new Set(told.map(({ scope }) => String(scope)))).toEqual(new Set(['device,second']))
  // TT2: no class and no number of the model's.
  expect(JSON.stringify(told)).not.toMatch(/vulnerable|0\.9|unsure/)

  expect(await plan(house)).toMatchObject({ drawn: 0, sent: 0 })
  // A week later those that had to wait are sent.
  house.setNow(NOW + 8 * DAY)
  expect((await plan(house)).sent).toBe(Math.min(25, all.length - 25))
})

test('FP1 how an interview was chosen is kept with its probability, and a correction stands for it', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  await plan(house)
  const [audit] = audits
  const corrected = instanceIdOf(5_000)
  await storeVisits(house.house, [
    {
      instanceId: corrected,
      entityId: entityIdOf(audit!),
      answers: {},
      deprecatedId: instanceIdOf(audit!),
    },
  ])
  expect(await plan(house)).toMatchObject({ drawn: 0 })
  const nobody = 'uuid:00000000-0000-4000-8000-000000000000' as InstanceId
  const chosen = await selectionOf(house.house.read, [corrected, ...numbers.map(instanceIdOf), nobody])
  expect(chosen.get(corrected)).toEqual(chosen.get(instanceIdOf(audit!)))
  expect(chosen.has(nobody)).toBe(false)
  const unsure = (n: number) => (n + 1) % 4 === 0
  const found = numbers.flatMap(n => {
    const one = chosen.get(instanceIdOf(n))
    return one === undefined ? [] : [{ n, ...one, probability: one.probability.toFixed(10) }]
  })
  const expected = numbers
    .filter(n => isAudit(n) || found.some(one => one.n === n))
    .map(n => ({
      n,
      selection: isAudit(n) ? 'audit' : 'decision',
      probability: (unsure(n) ? 0.1 + 5 / 50 : 0.1).toFixed(10),
    }))
  expect(found).toEqual(expected)
  expect(found.filter(({ n, selection }) => selection === 'decision' && !unsure(n))).toEqual([])
  expect(found.length).toBeGreaterThan(audits.length)
})

test('done when an outcome comes, whoever brings it; the task is taken from the laptops', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  await plan(house)
  const [one, two] = (await listed(house)).filter(({ state }) => state === 'sent')
  const outcome = (instanceId: string) => ({
    instanceId,
    value: 'vulnerable',
    method: 'phone',
    verifier: 'Akello',
    observedAt: '2026-11-20',
  })
  await house.post('/outcomes', [outcome(one!.instanceId)])
  const found = (await listed(house)).find(({ followUpId }) => followUpId === one!.followUpId)
  expect(found).toMatchObject({ state: 'done', doneBy: 'outcome', probability: one!.probability })
  expect((await tasks(house)).find(({ key }) => key === one!.followUpId)?.body).toBeNull()

  const cancelled = await house.ask<object>(`/follow-ups/${two!.followUpId}/cancel`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason: 'the road is flooded' }),
  })
  expect(cancelled.body).toMatchObject({ state: 'cancelled', reason: 'the road is flooded' })
  expect((await tasks(house)).find(({ key }) => key === two!.followUpId)?.body).toBeNull()
  expect(await house.post(`/follow-ups/${two!.followUpId}/cancel`, { reason: 'again' })).toMatchObject({
    fault: 'follow-ups.over',
  })
  expect((await selectionOf(house.house.read, [two!.instanceId as InstanceId])).size).toBe(1)
})

test('FP2 an outcome that was here before leaves the audit share as it is, and sends nobody', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  const rows = numbers.map(n => ({
    instanceId: instanceIdOf(n),
    value: 'coping',
    method: 'phone',
    verifier: 'Akello',
    observedAt: '2026-11-20',
  }))
  // A model with fifty new outcomes would begin a run; this house has none to spare.
  await house.post('/outcomes', rows.slice(0, 40))
  const known = audits.filter(n => n < 40)
  const stored = await house.get<{ outcomes: { instanceId: string; selection: string; probability: number | null }[] }>(
    '/outcomes?limit=100',
  )
  expect(stored.outcomes.filter(({ selection }) => selection !== 'unplanned')).toMatchObject(
    known.map(n => ({ instanceId: instanceIdOf(n), selection: 'audit', probability: 0.1 })),
  )
  const all = await listed(house)
  expect(all.filter(({ selection }) => selection === 'audit').length).toBe(audits.length)
  expect(new Set(all.filter(({ state }) => state === 'done').map(({ instanceId }) => instanceId))).toEqual(
    new Set(known.map(instanceIdOf)),
  )
  await plan(house)
  expect(new Set((await tasks(house)).map(({ body }) => body?.entityId))).not.toContain(entityIdOf(known[0]!))
})

test('TT1 a laptop that comes later is told, and one whose agent could not read of tasks is told again', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  await plan(house)
  await house.house.write
    .execute(sql`insert into devices (device_id, public_key, officer, certificate, state, enrolled_at_ms)
    values ('third', 'k4', 'Amina', '{}', 'active', 0)`)
  const welcome = (deviceId: string, versionBefore: string | null) =>
    house.models.onWelcome?.({ deviceId: deviceId as DeviceId, agentVersion: '0.2.0', versionBefore })
  await welcome('third', null)
  await welcome('other', null)
  expect(new Set((await tasks(house)).map(({ scope }) => String(scope.toSorted())))).toEqual(
    new Set(['device,second,third']),
  )
  const number = async () =>
    (await house.house.read.execute<{ n: string }>(sql`select min(number) as n from feed where kind = 'task'`)).rows[0]!
      .n
  const before = Number(await number())
  await welcome('second', '0.2.0')
  expect(Number(await number())).toBe(before)
  await welcome('second', '0.1.0')
  expect(Number(await number())).toBeGreaterThan(before)
})

test('an officer who says otherwise than the model is no outcome, and no run learns from it', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house)
  await house.house.write.execute(sql`
    update submissions set body = jsonb_set(body::jsonb, '{assessment,override}',
      '{"label": "coping", "reason": "two cows were sold"}')::json where n <= 5`)
  await house.post('/outcomes', [
    { instanceId: instanceIdOf(0), value: 'vulnerable', method: 'phone', verifier: 'Akello', observedAt: '2026-11-20' },
  ])
  const computedIn = async (_version: string, answers: Readonly<Record<string, string>>) => answers
  const pages = visitPages(house.house.read, { formId: 'household', uptoSeq: 1_000, horizon: undefined, computedIn })
  const visits: unknown[] = []
  for await (const page of pages) visits.push(...page)
  expect(visits).toMatchObject([{ instanceId: instanceIdOf(0), value: 'vulnerable' }])
  expect(JSON.stringify(visits)).not.toMatch(/override|two cows/)
  const overridden = await listSubmissions(house.house.read, { overridden: true, limit: 100 })
  const others = await listSubmissions(house.house.read, { overridden: false, limit: 1_000 })
  expect([overridden.length, others.length]).toEqual([5, COUNT - 5])
  // It is a reason to go and see.
  const chances = await house.house.read.execute<{ n: number }>(
    sql`select count(*)::int as n from follow_up_chances where cause = 'overridden'`,
  )
  expect(chances.rows[0]?.n).toBe(4)
})

test('a recipe without follow-ups plans none, and says what to do', async () => {
  await using house = await openTestHouse(cluster)
  await begin(house, recipe)
  expect(await plan(house)).toMatchObject({ fault: 'follow-ups.not-in-recipe' })
})
