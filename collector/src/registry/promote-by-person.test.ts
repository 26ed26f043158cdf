/** What a person may do where the gate says no, on a real database: P1 to P4, and the ledger of looks. */
import type { Manifest } from '@murram/score'
import { sha256 } from '@murram/seal'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerOf } from '../retrain/look-ledger.ts'
import {
  drawVisits,
  instanceIdOf,
  NOW,
  openTestHouse,
  outcomeRows,
  recipe,
  storeVisits,
  type RunReply,
} from '../retrain/test-house.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { BUDGET_MS } from './error-budget.ts'
import { noteLook, readLedger } from './looks-repo.ts'
import { findCandidate, putCandidate } from './registry-repo.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const text = `${recipe}triggers: { newOutcomes: 100000 }\nsubgroups: [region]\n`

test('P1 P2 P3 P4 with too few outcomes a named person promotes to ring 0 with a reason; a spoilt run nobody', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(400)
  await storeVisits(house.house, visits)
  await house.post('/models', { recipe: text, card: '# Vulnerability' })
  await house.post('/outcomes', outcomeRows(visits))
  const { run: begun } = await house.post<{ run: RunReply }>('/runs', { modelName: 'vulnerability' })
  const run = await house.runEnds(begun.runId)
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
  expect(await promote({ by: 'Akello Ruth', reason })).toMatchObject({
    detail: expect.stringContaining('champion already'),
  })
  // P4
  expect(await house.get('/models/vulnerability/rollout')).toMatchObject({
    order: { openRing: 0, state: 'advancing' },
    next: { do: 'wait', why: expect.stringContaining('Akello Ruth promoted it past the gate') },
  })
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

  // P2, by the names that an older program gave: as if it had been spoilt, or did not compute what the trainer computed.
  const spoil = async (name: string) => {
    const { candidate, report } = (await findCandidate(house.house.read, run.candidateId!))!
    const line = { name, limit: 0, value: 1, verdict: 'failed', why: 'As this test has it.' } as const
    const candidateId = sha256(new TextEncoder().encode(name)).slice(0, 32)
    const handicap = name === 'spoilt on purpose' ? 'shuffled-labels' : null
    await putCandidate(
      house.house.write,
      { ...candidate, candidateId, handicap },
      { ...report!, lines: [...report!.lines.filter(one => one.name !== name), line] },
      NOW,
    )
    return promote({ candidateId, by: 'Akello Ruth', reason })
  }
  for (const name of ['spoilt on purpose', 'parity', 'bundle size (bytes)', 'scores that are no number'])
    expect(await spoil(name)).toMatchObject({ fault: 'gate.barred', detail: expect.stringContaining(name) })
  expect(await promote({ candidateId: 'f'.repeat(32), by: 'Akello Ruth', reason })).toMatchObject({
    fault: 'http.not-found',
  })
  // The look could not have promoted, so it cost nothing: the households stay fresh.
  expect(await readLedger(house.house.read, 'vulnerability', NOW)).toEqual({ spent: 0, seen: new Map(), own: null })
})

test('E1 the ledger: a refused look is spent for a year, one that promoted is not; who was seen stays seen', async () => {
  await using house = await openTestHouse(cluster)
  const note = (runId: string, stake: number, isPromoted: boolean, instances: string[], atMs = NOW) =>
    noteLook(house.house.write, {
      runId,
      modelName: 'vulnerability',
      stake,
      holdout: 300,
      fresh: instances.length,
      isPromoted,
      atMs,
      instances,
    })
  await note('first', 0.036, true, ['a', 'b'])
  await note('second', 0.004, false, ['b', 'c'])
  await note('third', 0.002, false, ['c'], NOW + BUDGET_MS / 2)
  const ledger = (atMs: number) => readLedger(house.house.read, 'vulnerability', atMs)
  const seen = new Map(Object.entries({ a: 1, b: 2, c: 2 }))
  expect(await ledger(NOW + BUDGET_MS / 2)).toEqual({ spent: 0.006, seen, own: null })
  expect(await ledger(NOW + BUDGET_MS)).toEqual({ spent: 0.002, seen, own: null })
  expect(await readLedger(house.house.read, 'sentiment', NOW)).toEqual({ spent: 0, seen: new Map(), own: null })
  // Noted again by a later attempt it is the same look; told apart it is not spent before itself.
  await note('third', 0.002, false, ['c'], NOW + BUDGET_MS / 2)
  const order = { modelName: 'vulnerability', runId: 'third' }
  expect(await ledgerOf(house.house.read, order, NOW + BUDGET_MS)).toEqual({
    spent: 0,
    seen,
    own: { stake: 0.002, fresh: 1 },
  })
  // LL1
  const [visit] = drawVisits(1)
  const corrected = { ...visit!, instanceId: instanceIdOf(9), deprecatedId: visit!.instanceId }
  await storeVisits(house.house, [visit!, corrected])
  await note('fourth', 0.001, false, [visit!.instanceId])
  const { seen: known } = await ledgerOf(house.house.read, order, NOW)
  expect(known.get(corrected.instanceId)).toBe(1)
})
