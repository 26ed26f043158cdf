import { randomUUID } from 'node:crypto'
import type { FormId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EntityDetail, OwnSubmission, SubmissionList } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { farmXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let amina: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(farmXml())
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: Date.now() - 10_000_000 })
  await amina.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

interface Plot {
  readonly id: string
  readonly action?: 'create' | 'update'
  readonly answers: Readonly<Record<string, string>>
}

/** The answers of a farm with these plots. */
const farm = (id: string, owner: string, plots: readonly Plot[]): Record<string, string> => ({
  owner,
  ...namingEntity(id, 'create', owner),
  ...Object.fromEntries(
    plots.flatMap(({ id: plotId, action = 'create', answers }, i) =>
      Object.entries({ ...answers, ...namingEntity(plotId, action, `plot ${i + 1}`) }).map(([path, answer]) => [
        `plot[${i + 1}]/${path}`,
        answer,
      ]),
    ),
  ),
})
const asFarm = (parts: Partial<Submission> & Pick<Submission, 'answers'>) => ({ formId: 'farm' as FormId, ...parts })
const entity = async (entityId: string) => (await collector.get<EntityDetail>(`/entities/${entityId}`)).body
const properties = async (entityId: string) => (await entity(entityId)).properties
const ids = (count: number) => Array.from({ length: count }, () => randomUUID())

test('one submission writes its farm and each of its plots', async () => {
  const [home = '', maize = '', beans = ''] = ids(3)
  const { submission } = await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: maize, answers: { crop: 'maize', size: '2' } },
        { id: beans, answers: { crop: 'beans', size: '1' } },
      ]),
    }),
  )
  expect(await entity(home)).toMatchObject({ dataset: 'farms', label: 'Asha', properties: { owner: 'Asha' } })
  expect(await entity(maize)).toMatchObject({
    dataset: 'plots',
    label: 'plot 1',
    properties: { crop: 'maize', size: '2' },
  })
  expect(await entity(beans)).toMatchObject({
    dataset: 'plots',
    label: 'plot 2',
    properties: { crop: 'beans', size: '1' },
  })
  for (const entityId of [home, maize, beans]) {
    const { body } = await collector.get<SubmissionList>(`/submissions?entityId=${entityId}`)
    expect(body.submissions).toMatchObject([{ instanceId: submission.instanceId, entityId: home, entityLabel: 'Asha' }])
  }
})

test('E2 a correction that drops a row takes that plot away, and one that adds a row brings its own', async () => {
  const [home = '', maize = '', beans = '', rice = ''] = ids(4)
  const first = await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: maize, answers: { crop: 'maize' } },
        { id: beans, answers: { crop: 'beans' } },
      ]),
    }),
  )
  const second = await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: beans, answers: { crop: 'red beans' } },
        { id: rice, answers: { crop: 'rice' } },
      ]),
      deprecatedId: first.submission.instanceId,
    }),
  )
  expect(await entity(maize)).toMatchObject({ fault: 'http.not-found' })
  expect([await properties(beans), await properties(rice)]).toEqual([{ crop: 'red beans' }, { crop: 'rice' }])
  await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [{ id: maize, answers: { crop: 'sorghum' } }]),
      deprecatedId: second.submission.instanceId,
    }),
  )
  expect(await properties(maize)).toEqual({ crop: 'sorghum' })
  for (const gone of [beans, rice]) expect(await entity(gone)).toMatchObject({ fault: 'http.not-found' })
})

test('E2 a plot that only a late correction names stands where the corrected visit stands', async () => {
  const [home = '', plot = ''] = ids(2)
  const january = await amina.submit(asFarm({ answers: farm(home, 'Asha', []) }))
  await amina.submit(asFarm({ answers: farm(randomUUID(), 'March', [{ id: plot, answers: { crop: 'rice' } }]) }))
  await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [{ id: plot, answers: { crop: 'maize', size: '3' } }]),
      deprecatedId: january.submission.instanceId,
    }),
  )
  expect(await entity(plot)).toMatchObject({ properties: { crop: 'rice', size: '3' }, conflicted: ['crop'] })
})

test('what the author saw of each plot is told apart: an update is no rival of what it saw', async () => {
  const [home = '', plot = ''] = ids(2)
  await amina.submit(asFarm({ answers: farm(home, 'Asha', [{ id: plot, answers: { crop: 'maize' } }]) }))
  const update = (crop: string, base: Record<string, string>) =>
    amina.submit(
      asFarm({ answers: farm(randomUUID(), 'again', [{ id: plot, action: 'update', answers: { crop } }]), base }),
    )
  await update('rice', { [`${plot}/crop`]: 'maize' })
  expect(await entity(plot)).toMatchObject({ properties: { crop: 'rice' }, conflicted: [] })
  // What was seen of the farm is not what was seen of the plot.
  await update('beans', { crop: 'rice' })
  expect(await entity(plot)).toMatchObject({ properties: { crop: 'beans' }, conflicted: ['crop'] })
})

test('two rows that name one plot are one write: of two answers the lower row stands', async () => {
  const [home = '', plot = ''] = ids(2)
  await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: plot, answers: { crop: 'maize', size: '2' } },
        { id: plot, action: 'update', answers: { crop: 'rice' } },
      ]),
    }),
  )
  expect(await entity(plot)).toMatchObject({ properties: { crop: 'rice', size: '2' }, conflicted: [], submissions: 1 })
})

test('a row that names an entity of another dataset holds the submission, and none of it is folded', async () => {
  const [home = '', other = ''] = ids(2)
  const { results } = await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: home, answers: { crop: 'maize' } },
        { id: other, answers: {} },
      ]),
    }),
  )
  expect(results).toMatchObject([{ result: 'held', fault: { fault: 'fold.held' } }])
  for (const id of [home, other]) expect(await entity(id)).toMatchObject({ fault: 'http.not-found' })
})

test('E3 two plots of one submission that are one after all: both answers are kept, and parted again they are as they were', async () => {
  const [home = '', first = '', second = ''] = ids(3)
  await amina.submit(
    asFarm({
      answers: farm(home, 'Asha', [
        { id: first, answers: { crop: 'maize' } },
        { id: second, answers: { crop: 'rice' } },
      ]),
    }),
  )
  await collector.post<OwnSubmission>('/aliases', { alias: second, of: first })
  const one = await entity(first)
  expect(one).toMatchObject({ conflicted: ['crop'], submissions: 1 })
  const [conflict] = one.conflicts
  expect(new Set([conflict?.stands.answer, conflict?.other.answer])).toEqual(new Set(['maize', 'rice']))
  await collector.send(`/aliases/${second}`, { method: 'DELETE' })
  expect(await entity(first)).toMatchObject({ properties: { crop: 'maize' }, conflicted: [] })
})

test('E6 whatever the order and however often, the same submissions give the same entities', async () => {
  const crops = fc.constantFrom('maize', 'rice', 'beans')
  const story = fc.array(
    fc.record({
      plots: fc.array(fc.record({ pick: fc.nat(2), crop: crops, sawCrop: crops }), { maxLength: 3 }),
      corrects: fc.option(fc.nat(4), { nil: null }),
    }),
    { minLength: 2, maxLength: 5 },
  )
  const state = async (entityIds: readonly string[]) => {
    const { rows } = await collector.read.execute(sql`
      select entity_id, label, properties, conflicted, live, superseded from entities
       where entity_id = any(${sql.param(entityIds)}::text[]) order by entity_id`)
    return rows
  }
  await fc.assert(
    fc.asyncProperty(story, fc.array(fc.nat(), { minLength: 10, maxLength: 10 }), async (sketches, dice) => {
      const names = ids(4)
      const instances = sketches.map(() => `uuid:${randomUUID()}` as Submission['instanceId'])
      const startMs = Date.now() - 9_000_000
      // The same story twice, on its own entities each time: as it happened, and shuffled.
      const outcomes: unknown[] = []
      for (const order of [sketches.map((_, i) => i), shuffle(sketches.length, dice)]) {
        const suffix = randomUUID().slice(8)
        const own = (id: string) => id.slice(0, 8) + suffix
        const device = await enrolTestDevice({ collector, key: amina.key, clockMs: startMs })
        await device.connect()
        const made = sketches.map(({ plots, corrects }, i) => ({
          instanceId: `uuid:${own(String(instances[i]).slice(5))}` as Submission['instanceId'],
          stamp: `${(startMs + i).toString(16).padStart(12, '0')}-0000-aaaaaaaa` as Submission['stamp'],
          answers: farm(
            own(names[0] ?? ''),
            `owner ${i}`,
            plots.map(({ pick, crop }) => ({ id: own(names[1 + pick] ?? ''), answers: { crop } })),
          ),
          base: Object.fromEntries(plots.map(({ pick, sawCrop }) => [`${own(names[1 + pick] ?? '')}/crop`, sawCrop])),
          deprecatedId:
            corrects === null || i === 0
              ? null
              : (`uuid:${own(String(instances[corrects % i]).slice(5))}` as Submission['instanceId']),
        }))
        for (const i of [...order, ...order.slice(0, 1)]) {
          const parts = made[i]
          if (parts !== undefined) await device.submit(asFarm(parts))
        }
        const found = await state(names.map(own))
        outcomes.push(JSON.parse(JSON.stringify(found).replaceAll(suffix, '')))
        await device.disconnect()
      }
      expect(outcomes[1]).toEqual(outcomes[0])
    }),
    { numRuns: 15, seed: 4 },
  )
}, 60_000)

function shuffle(count: number, dice: readonly number[]): readonly number[] {
  const result = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i -= 1) {
    const j = (dice[i] ?? 0) % (i + 1)
    ;[result[i], result[j]] = [result[j] ?? 0, result[i] ?? 0]
  }
  return result
}
