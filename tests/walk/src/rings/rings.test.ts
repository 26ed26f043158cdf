/**
 * A model on its way, with real laptops of a real collector: what each room says of it, the others hear.
 *
 *   RW1 a release goes to the staff first, to the others when a person opens their ring, and to nobody
 *       new once it is halted; who is outside scores it in shadow, and both scores come to the centre
 *   RW2 a rollback is the old bytes under a higher counter, for all who had the new ones
 *   RW3 from the line nothing is installed without a statement that is fresh: the model stays, and it is said
 *   RW4 a stick brings keys, order and model to a laptop that has no line, also where a key was replaced meanwhile
 *   RW5 a visit that is planned at the centre is a task on the officer's laptop until it is answered; what
 *       was seen there is an outcome with the chance by which it was chosen
 *   RW6 an officer's own class comes to the centre with its reason and the age of the model
 *
 * One story, told in order: each test goes on where the one before ended.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { placeOf, type Manifest } from '@murram/score'
import { firstValueFrom } from 'rxjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLaptop, openStickHouse, type Laptop, type StickHouse } from '../stick/stick-house.ts'
import { cardText, DWELLING, dwellingXml, MODEL, recipeText, VISIT, visitXml } from './dwelling-forms.ts'

const DAY_MS = 86_400_000
const INTERVIEWS = 40
const person = { who: 'Akello', reason: 'looked at by the team' }

let house: StickHouse
let staff: Laptop
let [near, far]: readonly Laptop[] = []
beforeAll(async () => {
  house = await openStickHouse('rings', {})
  for (const form of [dwellingXml, visitXml]) await house.post('/forms', form)
  staff = await house.laptop('Amina', { synced: false })
  const others = [await house.laptop('Baraka', { synced: false }), await house.laptop('Chebet', { synced: false })]
  ;[near, far] = others.toSorted((a, b) => place(a) - place(b))
  await tell('/models', { recipe: recipeText(place(near!), place(far!)), card: cardText })
  await house.put('/rollout/staff', { devices: [staff.agent.enrolment.deviceId], who: 'Akello' })
})
afterAll(() => house.close())

const place = ({ agent }: Laptop): number => placeOf(agent.enrolment.deviceId, MODEL)
async function tell<T>(path: string, body: object): Promise<T> {
  const answer = await house.post<T>(path, JSON.stringify(body))
  if (answer.status > 202) throw new Error(JSON.stringify(answer.body))
  return answer.body
}
const sync = async (...laptops: readonly Laptop[]): Promise<void> => {
  for (const { agent } of laptops) unwrap(await agent.sync.syncOnce())
}
const modelOn = ({ agent }: Laptop): Manifest => agent.shelf.model(DWELLING)!.manifest
const countersOn = (...laptops: readonly Laptop[]): readonly number[] => laptops.map(one => modelOn(one).counter)

async function interview(agent: Agent, name: string, answers = { roof: 'iron', people: '4' }) {
  const capture = unwrap(await agent.capture.open(DWELLING))
  for (const [ref, value] of Object.entries({ name, ...answers })) unwrap(capture.answer(ref, value))
  return unwrap(await capture.finalise())
}
interface Row {
  readonly instanceId: string
  readonly assessment: Readonly<Record<string, unknown>> | null
}
const stored = async (instanceId: string): Promise<Row | undefined> =>
  (
    await house.get<{ submissions: readonly Row[] }>(`/submissions?instanceId=${encodeURIComponent(instanceId)}`)
  ).body.submissions.find(row => row.instanceId === instanceId)
const tasksOf = ({ tasks }: Agent) => firstValueFrom(tasks.watch())
const reportsOf = async (releaseId: string) =>
  (
    await house.get<{ devices: readonly { deviceId: string; state: string; fault: { fault: string } | null }[] }>(
      `/releases/${releaseId}/devices`,
    )
  ).body.devices

interface Promoted {
  readonly releaseId: string
  readonly counter: number
}
let promoted: Promoted
let candidateId: string

test('a candidate that outcomes made and a person answers for', async () => {
  await sync(staff, near!, far!)
  expect(countersOn(staff, near!, far!)).toEqual([1, 1, 1])
  const outcomes: object[] = []
  for (let i = 0; i < INTERVIEWS; i += 1) {
    const people = 1 + (i % 9)
    const answers = { roof: i % 3 === 0 ? 'thatch' : 'iron', people: String(people) }
    const { instanceId } = await interview(staff.agent, `Household ${i}`, answers)
    const value = people > 5 !== (i % 11 === 0) ? 'vulnerable' : 'coping'
    outcomes.push({ instanceId, value, method: 'visit', verifier: 'Okello', observedAt: new Date().toISOString() })
  }
  await sync(staff)
  expect(await tell('/outcomes', outcomes)).toMatchObject({ imported: INTERVIEWS, refused: [] })
  const { run } = await tell<{ run: { runId: string } }>('/runs', { modelName: MODEL })
  candidateId = await ended(run.runId)
  promoted = await tell(`/models/${MODEL}/promote`, { candidateId, by: 'Akello', reason: 'a pilot of three laptops' })
})

async function ended(runId: string): Promise<string> {
  for (;;) {
    const { body } = await house.get<{ state: string; candidateId: string | null }>(`/runs/${runId}`)
    if (body.state === 'finished' && body.candidateId !== null) return body.candidateId
    if (body.state !== 'queued' && body.state !== 'running') throw new Error(JSON.stringify(body))
    await sleep(50)
  }
}

test('RW3 a laptop that is shown last week’s statement keeps its model and says why; with a fresh one it installs', async () => {
  await staff.agent.close()
  const { dataDir, keyPath } = staff
  const late = await openLaptop(dataDir, keyPath, () => {}, { now: () => Date.now() + 8 * DAY_MS })
  await sync(late)
  expect(countersOn(late)).toEqual([1])
  await expect.poll(() => reportsOf(promoted.releaseId)).toMatchObject([{ state: 'refused' }])
  expect((await reportsOf(promoted.releaseId))[0]?.fault?.fault).toBe('freshness.refused')
  expect((await interview(late.agent, 'Scored all the same')).assessment).toMatchObject({ counter: 1 })
  await late.agent.close()

  staff = await openLaptop(dataDir, keyPath)
  await sync(staff)
  expect(countersOn(staff)).toEqual([promoted.counter])
  await expect.poll(() => reportsOf(promoted.releaseId)).toMatchObject([{ state: 'installed' }])
})

test('RW1 the staff has it, the others score it in shadow; a person opens ring 1, and halts it before ring 3', async () => {
  await sync(near!, far!)
  expect(countersOn(near!, far!)).toEqual([1, 1])
  const { instanceId, assessment } = await interview(near!.agent, 'Two scores')
  const shadow = { releaseId: promoted.releaseId, counter: promoted.counter, probability: expect.any(Number) }
  expect(assessment).toMatchObject({ counter: 1, shadow })
  await sync(near!)
  expect((await stored(instanceId))?.assessment).toMatchObject({ counter: 1, probability: expect.any(Number), shadow })

  expect(await tell(`/models/${MODEL}/advance`, person)).toMatchObject({ order: { openRing: 1, state: 'advancing' } })
  await sync(near!, far!)
  expect(countersOn(staff, near!, far!)).toEqual([promoted.counter, promoted.counter, 1])
  expect(await tell(`/models/${MODEL}/halt`, person)).toMatchObject({ order: { state: 'halted' } })
  await sync(staff, near!, far!)
  expect(countersOn(staff, near!, far!)).toEqual([promoted.counter, promoted.counter, 1])
  expect((await interview(far!.agent, 'One score')).assessment).not.toHaveProperty('shadow')
})

test('RW2 a rollback is the old bytes under a higher counter, for all', async () => {
  const bytesOf = (laptop: Laptop) => modelOn(laptop).files.map(({ sha256 }) => sha256)
  expect(bytesOf(staff)).not.toEqual(bytesOf(far!))
  const old = bytesOf(far!)
  const { release } = await tell<{ release: Promoted }>(`/models/${MODEL}/rollback`, { note: 'back for the proof' })
  expect(release.counter).toBeGreaterThan(promoted.counter)
  await sync(staff, near!)
  expect(countersOn(staff, near!)).toEqual([release.counter, release.counter])
  expect([staff, near!].map(bytesOf)).toEqual([old, old])
  expect((await interview(near!.agent, 'As before')).assessment).toMatchObject({ counter: release.counter })

  await byStick(far!)
  expect(countersOn(far!)).toEqual([release.counter])
  expect(far!.agent.shelf.channelOf(modelOn(far!))).toBe('stick')
})

async function byStick({ agent }: Laptop): Promise<void> {
  const { faults } = unwrap(await agent.bundles.importFrom(await house.giveBack(agent.enrolment.deviceId)))
  expect(faults).toEqual([])
}

test('RW4 a release key is replaced while a release is between rings: sticks bring the new key, and a person releases it again', async () => {
  const promote = (): Promise<Promoted> =>
    tell(`/models/${MODEL}/promote`, { candidateId, by: 'Akello', reason: 'once more, for the proof' })
  const between = await promote()
  await byStick(staff)
  await byStick(far!)
  expect(countersOn(staff)).toEqual([between.counter])
  expect((await interview(far!.agent, 'Outside')).assessment).toMatchObject({ shadow: { counter: between.counter } })

  const { root } = await tell<{ root: object }>('/keys/draft', { replaceRelease: true })
  await tell('/keys/roots', { root })
  const { body: rollout } = await house.get<{ order: { state: string; releaseId: string } }>(`/models/${MODEL}/rollout`)
  expect(rollout.order).toMatchObject({ state: 'complete', releaseId: expect.not.stringMatching(between.releaseId) })
  await byStick(staff)
  await byStick(far!)
  const counter = Number(rollout.order.releaseId.split('-').at(-1))
  expect(countersOn(staff, far!)).toEqual([counter, counter])
  expect(modelOn(staff).files).toEqual(modelOn(far!).files)

  const again = await promote()
  await byStick(staff)
  await sync(near!, far!)
  expect(countersOn(staff, near!, far!)).toEqual([again.counter, counter, counter])
})

test('RW5 a planned visit is a task until it is answered, and an outcome with its chance', async () => {
  await sync(near!, far!)
  for (let i = 0; i < 8; i += 1) await interview(near!.agent, `For the lot ${i}`)
  await sync(near!)
  const planned = await tell<{ sent: number }>('/follow-ups/plan', { modelName: MODEL })
  expect(planned.sent).toBeGreaterThan(0)
  await sync(near!)
  const tasks = await tasksOf(near!.agent)
  expect(tasks.length).toBeGreaterThan(0)
  const task = tasks[0]!
  expect(task).toMatchObject({ formId: VISIT, isHere: true })
  const visit = unwrap(await near!.agent.tasks.open(task.taskId))
  unwrap(visit.answer('now', 'vulnerable'))
  const { instanceId } = unwrap(await visit.finalise())
  expect((await tasksOf(near!.agent)).map(({ taskId }) => taskId)).not.toContain(task.taskId)
  await sync(near!)
  await expect
    .poll(() => followUp(task.taskId), { timeout: 15_000 })
    .toMatchObject({ state: 'done', selection: expect.stringMatching(/audit|decision/) })
  await expect
    .poll(() => outcomeOf(instanceId), { timeout: 15_000 })
    .toMatchObject({ value: 'vulnerable', state: 'verified', stands: true })
  const { selection, probability } = (await followUp(task.taskId))!
  expect(await outcomeOf(instanceId)).toMatchObject({ selection, probability })
  await sync(near!)
  expect(await near!.agent.mirror.find('task', task.taskId)).toBeNull()
})

const followUp = async (followUpId: string) =>
  (
    await house.get<{
      followUps: readonly { followUpId: string; state: string; selection: string; probability: number }[]
    }>('/follow-ups?limit=1000')
  ).body.followUps.find(one => one.followUpId === followUpId)
const outcomeOf = async (sourceInstanceId: string) =>
  (
    await house.get<{ outcomes: readonly { sourceInstanceId: string | null }[] }>('/outcomes?limit=1000')
  ).body.outcomes.find(one => one.sourceInstanceId === sourceInstanceId)

test('RW6 an override comes with its reason and the age of the model', async () => {
  const saved = await interview(far!.agent, 'Overridden')
  const label = saved.assessment?.label === 'coping' ? 'vulnerable' : 'coping'
  const reason = 'the field was flooded'
  const said = unwrap(await far!.agent.override(saved.instanceId, { label, reason }))
  await sync(far!)
  expect((await stored(said.instanceId))?.assessment).toMatchObject({
    label: saved.assessment?.label,
    modelAgeDays: 0,
    override: { label, reason },
  })
})
