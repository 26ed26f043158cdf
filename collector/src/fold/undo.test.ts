import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EntityDetail, FoldedAgainReply, OwnSubmission } from '../http/api-types.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

let cluster: TestCluster
let collector: TestCollector
let amina: TestDevice
let baraka: TestDevice
beforeAll(async () => {
  cluster = await startTestCluster()
  collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  const startMs = Date.now() - 10_000_000
  amina = await enrolTestDevice({ collector, officer: 'Amina', clockMs: startMs })
  baraka = await enrolTestDevice({ collector, officer: 'Baraka', clockMs: startMs + 1_000_000 })
  await amina.connect()
  await baraka.connect()
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
})

interface Stage {
  readonly entityIds: readonly string[]
  readonly interviews: readonly string[]
}

/** Three households, each with rival visits and a correction. */
async function setStage(): Promise<Stage> {
  const entityIds: string[] = []
  const interviews: string[] = []
  for (const roof of ['iron', 'tile', 'grass']) {
    const entityId = randomUUID()
    const naming = namingEntity(entityId, 'create', `of ${roof}`)
    const created = amina.make({ answers: { name: `of ${roof}`, roof, ...naming } })
    const update = { ...namingEntity(entityId, 'update') }
    const here = amina.make({ answers: { roof: 'thatch', ...update }, base: { roof } })
    const there = baraka.make({ answers: { roof: 'slate', people: '4', ...update }, base: { roof } })
    const edit = amina.make({ answers: { ...created.answers, people: '9' }, deprecatedId: created.instanceId })
    await amina.push([created, here, edit])
    await baraka.push([there])
    entityIds.push(entityId)
    interviews.push(created.instanceId, here.instanceId, there.instanceId, edit.instanceId)
  }
  return { entityIds, interviews }
}

interface Move {
  readonly kind: 'settle' | 'join' | 'part' | 'return' | 'approve' | 'undo'
  readonly a: number
  readonly b: number
}

/** @returns The decision's own instance, where there was something to decide. */
async function act({ kind, a, b }: Move, stage: Stage, decided: readonly string[]): Promise<string | undefined> {
  const pick = <T>(all: readonly T[], i: number): T | undefined => all[i % Math.max(1, all.length)]
  const [entityId = '', interview = ''] = [pick(stage.entityIds, a), pick(stage.interviews, a)]
  const post = async (path: string, body?: object) => {
    const { status, body: done } = await collector.post<OwnSubmission>(path, body)
    expect(status).toBeLessThan(500)
    return status === 200 ? done.instanceId : undefined
  }
  switch (kind) {
    case 'settle': {
      const { conflicts = [] } = (await collector.get<Partial<EntityDetail>>(`/entities/${entityId}`)).body
      const conflict = pick(conflicts, b)
      return conflict && post(`/conflicts/${conflict.conflictId}/settle`, { choose: b % 2 === 0 ? 'stands' : 'other' })
    }
    case 'join':
      return post('/aliases', { alias: entityId, of: pick(stage.entityIds, b) })
    case 'part': {
      const { status, body } = await collector.send<OwnSubmission>(`/aliases/${entityId}`, { method: 'DELETE' })
      return status === 200 ? body.instanceId : undefined
    }
    case 'return':
      return post(`/submissions/${interview}/review`, { verdict: 'return', comments: [{ text: 'look again' }] })
    case 'approve':
      return post(`/submissions/${interview}/review`, { verdict: 'approve' })
    case 'undo':
      return decided.length === 0 ? undefined : post(`/submissions/${pick(decided, a)}/undo`)
  }
}

const entitiesNow = async ({ entityIds }: Stage) => {
  const { rows } = await collector.read.execute(sql`
    select e.entity_id, e.label, e.properties, e.conflicted, e.canonical_id, e.live, e.superseded,
           (select json_agg(json_build_array(c.conflict_id, c.stands, c.other, c.settled_by) order by c.conflict_id)
              from conflicts c where c.entity_id = e.entity_id) as conflicts
      from entities e where e.entity_id = any(${sql.param(entityIds)}::text[]) order by 1`)
  return rows
}

/** All that was derived of these forgotten, and folded anew from the inbox without these submissions. */
async function foldedWithout({ entityIds, interviews }: Stage, decisions: readonly string[], out: readonly string[]) {
  const of = sql`= any(${sql.param(entityIds)}::text[])`
  for (const table of ['entity_writes', 'entities', 'conflicts'])
    await collector.write.execute(sql`delete from ${sql.raw(table)} where entity_id ${of}`)
  await collector.write.execute(sql`delete from aliases where alias ${of}`)
  const all = [...interviews, ...decisions]
  await collector.write.execute(sql`delete from reviews where instance_id = any(${sql.param(all)}::text[])`)
  await collector.write.execute(sql`
    update submissions set state = 'held', reason = '{"fault":"fold.held"}' where instance_id = any(${sql.param(all)}::text[])`)
  await collector.write.execute(
    sql`update submissions set state = 'void' where instance_id = any(${sql.param(out)}::text[])`,
  )
  const done = await collector.post<FoldedAgainReply>('/submissions/fold-held')
  expect(done.body.notFolded.filter(({ state }) => state === 'held')).toEqual([])
  return entitiesNow({ entityIds, interviews })
}

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom<Move['kind']>(
      'settle',
      'settle',
      'join',
      'join',
      'part',
      'return',
      'return',
      'approve',
      'undo',
      'undo',
    ),
    a: fc.nat(30),
    b: fc.nat(30),
  }),
  { minLength: 2, maxLength: 9 },
)

test('E7 whatever was decided and undone: what stands is the fold without it, and the inbox alone gives it again', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async all => {
      const stage = await setStage()
      const decided: string[] = []
      for (const move of all) {
        const instanceId = await act(move, stage, decided)
        if (instanceId !== undefined) decided.push(instanceId)
      }
      const stands = await entitiesNow(stage)
      const { rows } = await collector.read.execute<{ id: string }>(sql`
        select instance_id as id from submissions where state = 'returned' and instance_id = any(${sql.param(decided)}::text[])`)
      const undone = rows.map(({ id }) => id)
      // With an undone decision goes what was said of it: the review that took it back.
      const { rows: about } = await collector.read.execute<{ id: string }>(sql`
        select instance_id as id from reviews where about = any(${sql.param(undone)}::text[])`)
      const out = [...undone, ...about.map(({ id }) => id)]
      expect(await foldedWithout(stage, decided, out)).toEqual(stands)
    }),
    { numRuns: 20, seed: 11 },
  )
}, 120_000)

test('E7 undoing all that was decided gives back what was there before', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async all => {
      const stage = await setStage()
      const before = await entitiesNow(stage)
      const decided: string[] = []
      for (const move of all.filter(({ kind }) => kind !== 'undo')) {
        const instanceId = await act(move, stage, decided)
        if (instanceId !== undefined) decided.push(instanceId)
      }
      for (const instanceId of decided.toSorted())
        expect(await collector.post(`/submissions/${instanceId}/undo`)).toMatchObject({ status: 200 })
      expect(await entitiesNow(stage)).toEqual(before)
    }),
    { numRuns: 15, seed: 5 },
  )
}, 120_000)
