/** What is set aside when it comes and folded later: its device and whoever listens to arrivals hear of it. */
import { randomUUID } from 'node:crypto'
import type { Submission } from '@murram/fold'
import { fault, type InstanceId } from '@murram/ground'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConflictList, EntityDetail, SubmissionList } from '../http/api-types.ts'
import type { Arrival } from '../main/room.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import { BUILT_IN_VERSION, SETTLEMENT_FORM } from './built-in-forms.ts'

let cluster: TestCluster
let collector: TestCollector
let other: TestCollector
let amina: TestDevice
let baraka: TestDevice
const heard: { readonly by: string; readonly instanceId: InstanceId }[] = []

const listening = (by: string) => [
  () => ({
    name: 'listener',
    onArrivals: (arrivals: readonly Arrival[]) => {
      for (const { instanceId } of arrivals) heard.push({ by, instanceId })
    },
  }),
]

beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: listening('one'), lookEveryMs: 200 })
  await collector.publish(householdXml())
  const { keys, databaseUrl } = collector
  const joining = { keys, databaseUrl, join: true }
  other = await startTestCollector({ cluster, ...joining, rooms: listening('two'), lookEveryMs: 200 })
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 10_000_000 })
  baraka = await enrolTestDevice({ collector: other, officer: 'Baraka', clockMs: Date.now() - 5_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await other.close()
  await collector.close()
  await cluster.stop()
})

const creating = (device: TestDevice, entityId: string, answers: Record<string, string>) =>
  device.make({ answers: { ...answers, ...namingEntity(entityId, 'create', answers.name ?? 'Asha') } })
const visiting = (device: TestDevice, entityId: string, answers: Record<string, string>, base = {}) =>
  device.make({ answers: { ...answers, ...namingEntity(entityId, 'update') }, base })

/** What the feed tells the device of the submission: nothing, why it is held, or `null`. */
const toldOf = async (device: TestDevice, { instanceId }: Pick<Submission, 'instanceId'>) => {
  const { rows } = await device.pull({ epoch: 1, number: 0 }, 500_000)
  const row = rows.find(({ kind, key }) => kind === 'submission' && key === instanceId)
  return row === undefined ? 'nothing' : (row.body as { held: unknown }).held
}
const heardOf = ({ instanceId }: Pick<Submission, 'instanceId'>) =>
  heard.filter(one => one.instanceId === instanceId).length
const settled = () => new Promise(settle => setTimeout(settle, 1_000))
const stateOf = async ({ instanceId }: Pick<Submission, 'instanceId'>) =>
  (await collector.get<SubmissionList>(`/submissions?instanceId=${instanceId}`)).body.submissions[0]?.state

test('TS1 LA1 a visit that waited and is folded by another collector: its device is told, others are not, and it is announced once', async () => {
  const entityId = randomUUID()
  const created = creating(amina, entityId, { name: 'Asha' })
  const visit = visiting(baraka, entityId, { roof: 'tile' })
  expect((await baraka.push([visit])).results).toMatchObject([{ result: 'held' }])
  expect(await toldOf(baraka, visit)).toBe('nothing')
  await amina.push([created])
  expect(await toldOf(baraka, visit)).toBeNull()
  expect(await toldOf(amina, visit)).toBe('nothing')
  await expect.poll(() => heardOf(visit), { timeout: 10_000 }).toBe(1)
  await settled()
  expect([heardOf(created), heardOf(visit)]).toEqual([1, 1])
})

test('TS2 what is folded at once is told by its ack, and by no row', async () => {
  const created = creating(amina, randomUUID(), { name: 'Asha' })
  expect((await amina.push([created])).results).toMatchObject([{ result: 'applied' }])
  expect([await toldOf(amina, created), heardOf(created)]).toEqual(['nothing', 1])
})

test('TS1 LA1 approved, taken back, approved: told each time, announced once', async () => {
  const strange = amina.make({ answers: { name: 'A', new: 'x', ...namingEntity(randomUUID(), 'create', 'A') } })
  expect((await amina.push([strange])).results).toMatchObject([{ result: 'held' }])
  const approve = () =>
    collector.post<{ instanceId: string }>(`/submissions/${strange.instanceId}/review`, { verdict: 'approve' })
  const approval = await approve()
  expect(await toldOf(amina, strange)).toBeNull()
  await expect.poll(() => heardOf(strange), { timeout: 10_000 }).toBe(1)
  await collector.post(`/submissions/${approval.body.instanceId}/undo`)
  expect(await toldOf(amina, strange)).toMatchObject({ fault: 'fold.deferred' })
  await approve()
  expect(await toldOf(amina, strange)).toBeNull()
  await settled()
  expect(heardOf(strange)).toBe(1)
})

test('TS1 one that is tried again and stays held is told nothing', async () => {
  const strange = amina.make({ answers: { name: 'A', new: 'x', ...namingEntity(randomUUID(), 'create', 'A') } })
  await amina.push([strange])
  await collector.post('/submissions/fold-held')
  expect(await toldOf(amina, strange)).toBe('nothing')
})

test('a settlement that comes before its own device said anything of it is held, and folded when that comes', async () => {
  const entityId = randomUUID()
  const created = creating(amina, entityId, { name: 'Asha', roof: 'iron' })
  await amina.push([created])
  await baraka.push([visiting(baraka, entityId, { roof: 'tile' }, { roof: 'mud' })])
  const late = await enrolTestDevice({ collector, officer: 'Chipo', clockMs: Date.now() - 4_000_000 })
  await late.connect()
  const mine = visiting(late, entityId, { roof: 'thatch' }, { roof: 'mud' })
  const { conflicts } = (await collector.get<ConflictList>('/conflicts')).body
  const open = conflicts.find(one => one.entityId === entityId)
  const settlement = late.make({
    formId: SETTLEMENT_FORM,
    version: BUILT_IN_VERSION,
    answers: {
      conflict_id: open?.conflictId ?? '',
      entity_id: entityId,
      dataset: 'households',
      property: 'roof',
      answer: 'iron',
    },
    base: { roof: 'tile' },
  })
  expect((await late.push([settlement])).results).toMatchObject([
    { result: 'held', fault: fault('fold.not-author', 'it never wrote roof') },
  ])
  // Anybody else's visit does not make it an author.
  await amina.push([visiting(amina, entityId, { people: '3' })])
  expect(await stateOf(settlement)).toBe('held')
  // What it wrote itself of something else does not either.
  await late.push([visiting(late, entityId, { people: '4' }, { people: '3' })])
  expect(await stateOf(settlement)).toBe('held')
  expect((await late.push([mine])).results[0]?.result).not.toBe('held')
  expect(await stateOf(settlement)).toBe('applied')
  expect(await toldOf(late, settlement)).toBeNull()
  const { body } = await collector.get<EntityDetail>(`/entities/${entityId}`)
  expect(body.conflicts.some(({ settledBy }) => settledBy === settlement.instanceId)).toBe(true)
  await late.disconnect()
})

test('a settlement is folded when two households are joined of which its officer wrote the other', async () => {
  const [home, twin] = [randomUUID(), randomUUID()]
  await amina.push([creating(amina, home, { name: 'Asha', roof: 'iron' })])
  await baraka.push([
    visiting(baraka, home, { roof: 'tile' }, { roof: 'mud' }),
    creating(baraka, twin, { name: 'Asha', roof: 'tile' }),
  ])
  const chipo = await enrolTestDevice({ collector, officer: 'Chipo 2', clockMs: Date.now() - 4_000_000 })
  await chipo.connect()
  await chipo.push([visiting(chipo, twin, { roof: 'thatch' }, { roof: 'tile' })])
  const { conflicts } = (await collector.get<ConflictList>('/conflicts')).body
  const settlement = chipo.make({
    formId: SETTLEMENT_FORM,
    version: BUILT_IN_VERSION,
    answers: {
      conflict_id: conflicts.find(one => one.entityId === home)?.conflictId ?? '',
      entity_id: home,
      dataset: 'households',
      property: 'roof',
      answer: 'iron',
    },
    base: { roof: 'tile' },
  })
  await chipo.push([settlement])
  expect(await stateOf(settlement)).toBe('held')
  await collector.post('/aliases', { alias: twin, of: home })
  expect(await stateOf(settlement)).toBe('applied')
  await chipo.disconnect()
})
