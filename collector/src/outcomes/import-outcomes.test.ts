import type { EntityId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CAPTURED, entityIdOf, instanceIdOf, storeVisits, type TestHouse } from '../retrain/test-house.ts'
import { DAY, openOutcomeHouse, seenRow } from './test-outcomes.ts'
import { liveInterviews } from '../retrain/training-rows-repo.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'

let cluster: TestCluster
let house: TestHouse
beforeAll(async () => {
  cluster = await startTestCluster()
  house = await openOutcomeHouse(cluster)
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await cluster.stop()
})

interface Reply {
  readonly imported: number
  readonly known: number
  readonly refused: readonly {
    readonly row: number
    readonly fault: { readonly fault: string; readonly detail: string; readonly mend: string }
  }[]
}
const answers = { 'home/roof': 'iron' }
const seen = (
  about: { entityId: EntityId } | { instanceId: InstanceId },
  observedAt = '2026-11-20',
  value = 'vulnerable',
) => seenRow(about, value, { observedAt })
/** Which interview the last imported outcome was tied to. */
const lastLinked = async () => {
  const { rows } = await house.house.read.execute<{ instance_id: string }>(
    sql`select instance_id from outcomes order by seq desc limit 1`,
  )
  return rows[0]?.instance_id
}

test('I1 the same rows again, in one file or another, change nothing', async () => {
  await storeVisits(house.house, [{ instanceId: instanceIdOf(1), entityId: entityIdOf(1), answers }])
  const row = seen({ entityId: entityIdOf(1) })
  expect(await house.post('/outcomes', [row, row])).toMatchObject({ imported: 1, known: 1, refused: [] })
  const csv = `value,method,verifier,observedAt,entityId\nvulnerable,visit,Akello,2026-11-20,${entityIdOf(1)}\n`
  const again = await house.ask<Reply>('/outcomes', {
    method: 'POST',
    body: csv,
    headers: { 'Content-Type': 'text/csv' },
  })
  expect(again.body).toMatchObject({ imported: 0, known: 1, withdrawn: 0, refused: [] })
})

test('I2 bad rows are named, the others are kept', async () => {
  await storeVisits(house.house, [{ instanceId: instanceIdOf(2), entityId: entityIdOf(2), answers }])
  const csv = [
    'entityId,instanceId,value,method,verifier,observedAt',
    `${entityIdOf(2)},,coping,visit,Akello,2026-11-19`,
    `${entityIdOf(99)},,coping,visit,Akello,2026-11-19`,
    `${entityIdOf(2)},,poor,visit,Akello,2026-11-19`,
    `${entityIdOf(2)},,coping,visit,Akello,2026-11-01`,
    `,${instanceIdOf(98)},coping,visit,Akello,2026-11-19`,
    `${entityIdOf(2)},,coping,visit,Akello,yesterday`,
  ].join('\n')
  const { body } = await house.ask<Reply>('/outcomes', {
    method: 'POST',
    body: csv,
    headers: { 'Content-Type': 'text/csv' },
  })
  expect(body).toMatchObject({ imported: 1, known: 0 })
  expect(body.refused.map(({ row, fault }) => [row, fault.fault, fault.detail])).toEqual([
    [3, 'outcome.invalid', expect.stringMatching(/row 3: entityId names no household/)],
    [
      4,
      'outcome.invalid',
      expect.stringMatching(/row 4: value 'poor' is none of the classes of the model \(coping, vulnerable\)/),
    ],
    [5, 'outcome.invalid', expect.stringMatching(/row 5: entityId .* before the outcome was observed/)],
    [6, 'outcome.invalid', expect.stringMatching(/row 6: instanceId names no interview/)],
    [7, 'outcome.invalid', expect.stringMatching(/row 7: observedAt/)],
  ])
  expect(body.refused[0]?.fault.mend).toMatch(/the others were imported/)
})

test('a body that is no table, or no list, is refused as a whole', async () => {
  const send = (body: string, type: string) =>
    house.ask('/outcomes', { method: 'POST', body, headers: { 'Content-Type': type } })
  expect(await send('{"rows":[]}', 'application/json')).toMatchObject({
    status: 400,
    body: { fault: 'http.bad-request' },
  })
  expect(await send('a,a\n1,2', 'text/csv')).toMatchObject({ status: 422, body: { fault: 'table.unreadable' } })
})

test('I7 rows that contradict each other, and chances that count less than they say, are taken and told', async () => {
  await storeVisits(house.house, [
    { instanceId: instanceIdOf(70), entityId: entityIdOf(70), answers },
    { instanceId: instanceIdOf(71), entityId: entityIdOf(71), answers },
  ])
  const of = (n: number, value: string, more: object = {}) => ({
    ...seen({ entityId: entityIdOf(n) }, '2026-11-20', value),
    ...more,
  })
  const tiny = { selection: 'audit', probability: '1e-9' }
  const rows = [
    of(70, 'vulnerable'),
    of(71, 'coping', tiny),
    of(70, 'coping'),
    of(71, 'vulnerable', { verifier: 'Musa' }),
  ]
  expect(await house.post('/outcomes', rows)).toMatchObject({
    imported: 4,
    refused: [],
    notes: [
      { rows: [2], note: expect.stringMatching(/below 0\.1 in one row: such a row counts as 10 households/) },
      { rows: [1, 3], note: expect.stringMatching(/^one verifier .* the last one counts$/) },
      { rows: [2, 4], note: expect.stringMatching(/^two verifiers contradict/) },
    ],
  })
})

const COLUMNS =
  'instanceId formId value method verifier state why stands selection probability source sourceInstanceId importId'.split(
    ' ',
  )

test('I6 what was exported changes nothing when it is imported again, whatever stands of it; elsewhere what stood is taken', async () => {
  const listed = async () => (await house.get<{ outcomes: Record<string, unknown>[] }>('/outcomes?limit=1000')).outcomes
  const before = await listed()
  await house.post(`/outcomes/${String(before[0]!['outcomeId'])}/withdraw`, { reason: 'it was mixed up', by: 'Grace' })
  // As `murram outcomes export` writes them.
  const exported = (await listed()).map(row => ({
    ...Object.fromEntries(COLUMNS.map(name => [name, row[name] ?? null])),
    outcomeId: row['outcomeId'],
    observedAt: new Date(row['observedAtMs'] as number).toISOString(),
    importedAt: new Date(row['importedAtMs'] as number).toISOString(),
  }))
  expect(await house.post('/outcomes', exported)).toMatchObject({ imported: 0, known: exported.length, refused: [] })
  const away = exported.map(row => ({
    ...row,
    outcomeId: `of another collector: ${String(row['outcomeId' as never])}`,
  }))
  const { refused } = await house.post<Reply>('/outcomes', away.slice(0, 1))
  expect(refused).toMatchObject([
    { row: 1, fault: { detail: 'row 1: state is withdrawn: what did not stand is not taken' } },
  ])
})

test('I3 an outcome belongs to the latest interview before it, a scored one first', async () => {
  const entityId = entityIdOf(3)
  const visit = (n: number, day: number, more = {}) => ({
    instanceId: instanceIdOf(n),
    entityId,
    answers,
    capturedAtMs: CAPTURED + day * DAY,
    ...more,
  })
  await storeVisits(house.house, [visit(30, 0), visit(31, 2), visit(32, 4, { scored: false }), visit(33, 9)])
  await storeVisits(house.house, [visit(34, 3, { formId: 'another form' })])
  await house.post('/outcomes', [seen({ entityId }, new Date(CAPTURED + 6 * DAY).toISOString())])
  expect(await lastLinked()).toBe(instanceIdOf(31))
  await house.post('/outcomes', [seen({ entityId }, new Date(CAPTURED + DAY).toISOString())])
  expect(await lastLinked()).toBe(instanceIdOf(30))
})

test('I3 the interviews of a household that was declared the same count too', async () => {
  await storeVisits(house.house, [
    { instanceId: instanceIdOf(40), entityId: entityIdOf(40), answers },
    { instanceId: instanceIdOf(41), entityId: entityIdOf(41), answers, capturedAtMs: CAPTURED + DAY },
  ])
  await house.house.write.execute(
    sql`update entities set canonical_id = ${entityIdOf(40)} where entity_id = ${entityIdOf(41)}`,
  )
  await house.post('/outcomes', [seen({ entityId: entityIdOf(40) })])
  expect(await lastLinked()).toBe(instanceIdOf(41))
  expect(await liveInterviews(house.house.read, [instanceIdOf(41)])).toMatchObject([{ household: entityIdOf(40) }])
})

test('what was verified holds when the interview is corrected, and the correction is learnt from', async () => {
  const correction = { 'home/roof': 'thatch' }
  await storeVisits(house.house, [
    { instanceId: instanceIdOf(50), entityId: entityIdOf(50), answers },
    { instanceId: instanceIdOf(51), entityId: entityIdOf(50), answers: correction, deprecatedId: instanceIdOf(50) },
  ])
  expect(await house.post('/outcomes', [seen({ instanceId: instanceIdOf(50) })])).toMatchObject({ imported: 1 })
  expect(await liveInterviews(house.house.read, [instanceIdOf(50)])).toEqual([
    {
      askedFor: instanceIdOf(50),
      instanceId: instanceIdOf(51),
      version: '1',
      household: entityIdOf(50),
      answers: correction,
    },
  ])
})

test('an interview without a household is its own group', async () => {
  await storeVisits(house.house, [{ instanceId: instanceIdOf(60), answers }])
  expect(await house.post('/outcomes', [seen({ instanceId: instanceIdOf(60) })])).toMatchObject({ imported: 1 })
  expect(await liveInterviews(house.house.read, [instanceIdOf(60)])).toMatchObject([{ household: instanceIdOf(60) }])
})

test('outcomes are listed page by page', async () => {
  const first = await house.get<{ outcomes: unknown[]; next: number }>('/outcomes?limit=2')
  expect(first.outcomes).toHaveLength(2)
  const rest = await house.get<{ outcomes: { seq: number }[]; next: number | null }>(`/outcomes?after=${first.next}`)
  expect(rest.outcomes[0]!.seq).toBeGreaterThan(first.next)
  expect(rest.next).toBeNull()
})
