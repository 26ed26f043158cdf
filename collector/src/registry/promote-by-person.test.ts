/** What a person may do where the gate says no, on a real database: P1 to P3, and the ledger of looks. */
import type { Manifest } from '@murram/score'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawVisits, openTestHouse, outcomeRows, recipe, storeVisits, type RunReply } from '../retrain/test-house.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const text = `${recipe}triggers: { newOutcomes: 100000 }\nsubgroups: [region]\n`

test('P1 P2 P3 with too few outcomes a named person promotes to ring 0 with a reason; a spoilt run nobody', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(400)
  await storeVisits(house.house, visits)
  await house.post('/models', { recipe: text, card: '# Vulnerability' })
  await house.post('/outcomes', outcomeRows(visits))
  const runOf = async (more: object) => {
    const { run } = await house.post<{ run: RunReply }>('/runs', { modelName: 'vulnerability', ...more })
    return house.runEnds(run.runId)
  }
  const run = await runOf({})
  expect(run).toMatchObject({ verdict: 'refused', releaseId: null })
  const promote = (body: object) =>
    house.post('/models/vulnerability/promote', { candidateId: run.candidateId, ...body })

  // P1
  const reason = 'The pilot begins on Monday and its officers know that it is one.'
  expect(await promote({ by: 'Akello' })).toMatchObject({
    fault: 'http.bad-request',
    detail: expect.stringContaining('reason'),
  })
  expect(await promote({ by: ' ', reason })).toMatchObject({
    fault: 'http.bad-request',
    detail: expect.stringContaining('by'),
  })
  expect(await promote({ by: 'Akello', reason: 'because' })).toMatchObject({ fault: 'http.bad-request' })

  // P3
  expect(await promote({ by: 'Akello Ruth', reason })).toMatchObject({ ring: 0 })
  const { rows } = await house.house.read.execute<{ signed: { body: Manifest }; note: string }>(
    sql`select signed, note from releases order by counter desc limit 1`,
  )
  expect(rows[0]).toMatchObject({ note: `Akello Ruth: ${reason}`, signed: { body: { ring: 0, reason: 'promotion' } } })
  expect(await promote({ by: 'Akello Ruth', reason })).toMatchObject({ fault: 'gate.in-force' })
  const report = async (format: string) =>
    (await house.models.routes!.request(`/runs/${run.runId}/report?format=${format}`)).text()
  for (const format of ['html', 'text']) {
    const said = await report(format)
    expect(said).toContain('Promoted by Akello Ruth')
    expect(said).toContain(reason)
    expect(said).toContain('holdout outcomes')
    expect(said).toContain('region: north')
  }
  // It stands alone: nothing is fetched, and what an officer typed is no markup.
  expect(await report('html')).not.toMatch(/<(script|link|img|iframe)|https?:|url\(/)

  // P2
  const spoilt = await runOf({ handicap: 'shuffled-labels' })
  expect(await promote({ candidateId: spoilt.candidateId, by: 'Akello Ruth', reason })).toMatchObject({
    fault: 'gate.barred',
    detail: expect.stringContaining('spoilt on purpose'),
  })
  expect(await promote({ candidateId: 'f'.repeat(32), by: 'Akello Ruth', reason })).toMatchObject({
    fault: 'http.not-found',
  })
  // Neither look could have promoted, so neither cost anything: the households stay fresh.
  expect((await house.house.read.execute(sql`select * from holdout_looks`)).rows).toEqual([])
})

test('E1 a look that promotes costs nothing, and the same households are not looked at for nothing again', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(950)
  await storeVisits(house.house, visits)
  await house.post('/models', { recipe: text, card: '# Vulnerability' })
  await house.post('/outcomes', outcomeRows(visits))
  const runOf = async () => {
    const { run } = await house.post<{ run: RunReply }>('/runs', { modelName: 'vulnerability' })
    return house.runEnds(run.runId)
  }
  expect(await runOf()).toMatchObject({ verdict: 'promote' })
  const looks = async () =>
    (
      await house.house.read.execute(
        sql`select is_promoted, holdout, fresh, stake from holdout_looks order by at_ms, stake desc`,
      )
    ).rows
  expect(await looks()).toMatchObject([{ is_promoted: true }])
  const [{ holdout, fresh }] = (await looks()) as [{ holdout: number; fresh: number }]
  expect(fresh).toBe(holdout)

  // Another recipe, another model, the same households: there is nothing left to be sure by.
  await house.post('/models', { recipe: `${text}exclude: [size]\n`, card: '# Vulnerability' })
  const again = await runOf()
  expect(again.verdict).toBe('refused')
  const line = again.report!.lines.find(({ name }) => name === 'looks') as { verdict: string; why: string } | undefined
  expect(line).toMatchObject({
    verdict: 'failed',
    why: expect.stringMatching(/looked at 1 time before; 0 of .* more fresh outcomes/),
  })
  expect(await looks()).toHaveLength(1)

  // Fresh outcomes renew it.
  const more = drawVisits(200, { seed: 2, from: 950 })
  await storeVisits(house.house, more)
  await house.post('/outcomes', outcomeRows(more))
  const renewed = await runOf()
  const staked = renewed.report!.lines.find(({ name }) => name === 'looks')
  expect(staked).toMatchObject({ verdict: 'passed' })
  expect(staked!.value).toBeLessThan(0.02)
  expect(await looks()).toHaveLength(2)
})
