import { randomUUID } from 'node:crypto'
import type { FormId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

/** Asks for the outcome after some months, of the same household. */
const followUpXml = householdXml()
  .replace('id="household"', 'id="follow-up"')
  .replace('<remark/>', '<remark/><found/>')
  .replace(
    '<bind nodeset="/data/remark" type="string"/>',
    '<bind nodeset="/data/remark" type="string"/><bind nodeset="/data/found" type="string" m:outcome="yes"/>',
  )
  .replace('xmlns:h=', 'xmlns:m="http://murram.org/xforms" xmlns:h=')
  .replace('</h:body>', '<input ref="/data/found"><label>Found</label></input></h:body>')

const recipe = `name: vulnerability
form: household
outcome: { classes: [coping, vulnerable], positive: vulnerable }
features: [people]
prior: { baseRate: 0.4, points: { people: { perUnit: 0.1, centre: 3 } } }
`

let cluster: TestCluster
let collector: TestCollector
let other: TestCollector
let amina: TestDevice
let baraka: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster })
  const { databaseUrl, keys } = collector
  other = await startTestCollector({ cluster, databaseUrl, keys, join: true, lookEveryMs: 200 })
  for (const form of [householdXml(), followUpXml]) await collector.publish(form)
  await collector.post('/models', { recipe, card: '# Vulnerability' })
  const startMs = Date.now() - 10_000_000
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: startMs })
  baraka = await enrolTestDevice({ collector: other, officer: 'Baraka', clockMs: startMs + 1_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await other.close()
  await collector.close()
  await cluster.stop()
})

interface Listed {
  readonly outcomeId: string
  readonly instanceId: InstanceId
  readonly value: string
  readonly state: string
  readonly stands: boolean
  readonly verifier: string
  readonly method: string
  readonly sourceInstanceId: InstanceId
}
const all = async () => (await collector.get<{ outcomes: readonly Listed[] }>('/outcomes?limit=1000')).body.outcomes
/** What stands of each of these interviews; to be polled, for the look is a moment behind the fold. */
const standing = (instanceIds: readonly InstanceId[]) => async () => {
  const outcomes = await all()
  return instanceIds.map(id => outcomes.find(one => one.instanceId === id && one.stands)?.value ?? null)
}
const SOON = { timeout: 20_000, interval: 100 }
/** One form a batch. */
async function send(device: TestDevice, submissions: readonly ReturnType<TestDevice['make']>[]): Promise<void> {
  for (const submission of submissions) await device.push([submission])
}
const followUp = 'follow-up' as FormId
const household = (device: TestDevice, people: string) => {
  const entityId = randomUUID()
  const interview = device.make({ answers: { name: 'Otieno', people, ...namingEntity(entityId, 'create', 'Otieno') } })
  const visit = (by: TestDevice, found: string, more: { deprecatedId?: InstanceId } = {}) =>
    by.make({ formId: followUp, answers: { found, ...namingEntity(entityId, 'update') }, ...more })
  /** A follow-up of a household that nobody has interviewed. */
  const first = (by: TestDevice, found: string) =>
    by.make({ formId: followUp, answers: { found, ...namingEntity(entityId, 'create', 'Otieno') } })
  const again = (by: TestDevice) => by.make({ answers: { people: '9', ...namingEntity(entityId, 'update') } })
  return { entityId, interview, visit, first, again }
}

test('L1 a follow-up tells of the interview before it, by its officer, at its own time; a correction changes it', async () => {
  const { interview, visit } = household(amina, '4')
  const found = visit(amina, 'vulnerable')
  await send(amina, [interview, found])
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['vulnerable'])
  expect(await all()).toMatchObject([
    {
      method: 'follow-up form',
      verifier: 'Amina',
      source: 'follow-up',
      sourceInstanceId: found.instanceId,
      state: 'verified',
    },
  ])
  const corrected = visit(amina, 'coping', { deprecatedId: found.instanceId })
  await send(amina, [corrected])
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['coping'])
  // Said again with the same answer, it is the same outcome.
  await send(amina, [visit(amina, 'coping', { deprecatedId: corrected.instanceId })])
  await send(amina, [
    amina.make({ answers: { ...interview.answers, people: '5' }, deprecatedId: interview.instanceId }),
  ])
  const { interview: later, visit: laterVisit } = household(amina, '3')
  await send(amina, [later, laterVisit(amina, 'coping')])
  await expect.poll(standing([later.instanceId, interview.instanceId]), SOON).toEqual(['coping', 'coping'])
  expect((await all()).filter(({ instanceId }) => instanceId === interview.instanceId)).toMatchObject([
    { value: 'vulnerable', state: 'withdrawn' },
    { value: 'coping', state: 'verified' },
  ])
})

test('L1 what stands between them is what it is about, and never the submission that carries it', async () => {
  const { interview, visit, again } = household(amina, '4')
  const second = again(amina)
  const found = visit(amina, 'vulnerable')
  await send(amina, [interview, second, found])
  await expect.poll(standing([interview.instanceId, second.instanceId]), SOON).toEqual([null, 'vulnerable'])
  // A follow-up before any interview tells of none.
  const early = household(amina, '2')
  const before = early.first(amina, 'coping')
  await send(amina, [before, early.again(amina)])
  await expect.poll(standing([before.instanceId]), SOON).toEqual([null])
})

test('L2 L5 returned, it says nothing; restored, it says what it said; and what people said of it is kept', async () => {
  const { interview, visit } = household(amina, '4')
  const found = visit(amina, 'vulnerable')
  await send(amina, [interview, found])
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['vulnerable'])
  const review = (verdict: string) =>
    collector.post(`/submissions/${found.instanceId}/review`, { verdict, comments: [{ text: 'Look again.' }] })
  await review('return')
  await expect.poll(standing([interview.instanceId]), SOON).toEqual([null])
  await review('restore')
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['vulnerable'])
  expect((await all()).filter(one => one.sourceInstanceId === found.instanceId)).toHaveLength(1)
  const [outcome] = (await all()).filter(one => one.sourceInstanceId === found.instanceId)
  await collector.post(`/outcomes/${outcome!.outcomeId}/dispute`, { reason: 'nobody was at home', by: 'Grace' })
  await review('return')
  await review('restore')
  const { interview: later, visit: laterVisit } = household(amina, '3')
  await send(amina, [later, laterVisit(amina, 'coping')])
  await expect.poll(standing([later.instanceId, interview.instanceId]), SOON).toEqual(['coping', null])
})

test('L3 two households that are one share their interviews, on either collector; parted, each has its own', async () => {
  const one = household(amina, '4')
  const two = household(baraka, '6')
  const found = two.first(baraka, 'vulnerable')
  await send(amina, [one.interview])
  await send(baraka, [found])
  await expect.poll(standing([one.interview.instanceId]), SOON).toEqual([null])
  await other.post('/aliases', { alias: two.entityId, of: one.entityId })
  await expect.poll(standing([one.interview.instanceId]), SOON).toEqual(['vulnerable'])
  await collector.send(`/aliases/${two.entityId}`, { method: 'DELETE' })
  await expect.poll(standing([one.interview.instanceId]), SOON).toEqual([null])
})

test('L4 what was told while nobody looked is caught up', async () => {
  const { interview, visit } = household(amina, '4')
  await send(amina, [interview, visit(amina, 'coping')])
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['coping'])
  // As though the outcomes' room had never heard of any of it.
  await collector.write.execute(sql`with marks as (delete from outcome_marks) delete from outcomes`)
  await expect.poll(standing([interview.instanceId]), SOON).toEqual([null])
  await send(amina, [household(amina, '2').interview])
  await expect.poll(standing([interview.instanceId]), SOON).toEqual(['coping'])
})
