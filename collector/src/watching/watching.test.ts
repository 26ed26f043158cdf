/** The laws of watching, on a real database and queue. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DeviceId } from '@murram/ground'
import { createSketcher, isoWeek, packSketch, planSketch, scoreBins } from '@murram/score'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelWatch } from '../http/watch-api-types.ts'
import type { Candidate } from '../registry/candidate.ts'
import {
  drawVisits,
  NOW,
  openTestHouse,
  outcomeRows,
  recipe,
  storeVisits,
  type TestHouse,
} from '../retrain/test-house.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import type { WatchAlert } from './watching-room.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const plan = planSketch([{ name: 'roof', kind: 'category' }], {
  rows: 400,
  columns: new Map([['roof', Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 'thatch' : 'iron'))]]),
})

/** As though the baseline had been trained: its candidate brings a plan. */
async function openWatched(options: { readonly alertWebhook?: string } = {}) {
  const test = await openTestHouse(cluster, { ...options, alertRetrySeconds: 1 })
  const { candidateId, releaseId } = await test.post<{ candidateId: string; releaseId: string }>('/models', {
    recipe: `${recipe}region: region\n`,
    card: '# Card',
  })
  const watched: Pick<Candidate, 'drift' | 'scores' | 'metrics'> = {
    drift: plan,
    scores: scoreBins(Array.from({ length: 400 }, (_, i) => i / 400)),
    metrics: { logLoss: 0.45 },
  }
  await test.house.write.execute(sql`
    update candidates set candidate = (candidate::jsonb || ${JSON.stringify(watched)}::jsonb)::json
    where candidate_id = ${candidateId}`)
  return { ...test, releaseId, watch: () => test.post<ModelWatch>('/models/vulnerability/watch', {}) }
}

function report(test: TestHouse & { readonly releaseId: string }, rows: number, device = 'device-a') {
  const sketcher = createSketcher(plan)
  for (let row = 0; row < rows; row += 1) sketcher.observe({ roof: 'thatch' })
  return test.models.onReports?.(device as DeviceId, [
    {
      kind: 'sketch',
      storeId: 'a'.repeat(32) as never,
      releaseId: test.releaseId,
      region: 'north',
      week: isoWeek(NOW),
      rows,
      packed: packSketch(plan, sketcher.sketch()),
      scores: scoreBins(Array.from({ length: rows }, () => 0.9)),
      abstained: { unmeasured: rows },
      unscored: 0,
    },
  ])
}

test('WA1 what devices repeat is counted once, in whatever order; drift is told by region', async () => {
  await using test = await openWatched()
  await report(test, 150)
  await report(test, 100) // of before, late
  await report(test, 150)
  const few = await test.watch()
  expect(few.figures.drift.regions[0]).toMatchObject({ region: null, rows: 150 })
  expect(few.findings.map(({ kind }) => kind)).toEqual(['too few', 'too few', 'too few'])
  await report(test, 150, 'device-b')
  const enough = await test.watch()
  expect(enough.figures.drift).toMatchObject({ devices: 2, hasPlan: true })
  expect(
    enough.findings
      .slice(0, 2)
      .map(({ kind }) => kind)
      .toSorted(),
  ).toEqual(['drift', 'scores'])
  expect(enough.summary).toContain('One more thing needs somebody.')
  expect(await test.get('/models/vulnerability/watch')).toEqual(enough)
  expect(await test.house.metrics.getSingleMetricAsString('murram_model_drift_psi')).toMatch(
    /model="vulnerability"} \d/,
  )
})

test('WA2 WA4 what is new is told once, by event and webhook, which may be away; and again when it is graver', async () => {
  const told: WatchAlert[] = []
  let refusals = 1
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (data: Buffer) => chunks.push(data))
    request.on('end', () => {
      const away = refusals-- > 0
      if (!away) told.push(JSON.parse(Buffer.concat(chunks).toString()) as WatchAlert)
      response.writeHead(away ? 503 : 204).end()
    })
  })
  await new Promise<void>(settle => void server.listen(0, '127.0.0.1', settle))
  const alertWebhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alert`
  try {
    await using test = await openWatched({ alertWebhook })
    const visits = drawVisits(220)
    await storeVisits(test.house, visits)
    await test.house.write.execute(sql`
      update submissions set body = jsonb_set(body::jsonb, '{assessment}',
        ${JSON.stringify({ releaseId: test.releaseId, probability: 0.05 })}::jsonb)::json`)
    await test.post('/outcomes', outcomeRows(visits))
    const first = await test.watch()
    const graves = first.findings.filter(({ severity }) => severity === 'warning' || severity === 'alarm')
    expect(graves.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['performance']))
    test.setNow(NOW + 3_600_000)
    const again = await test.watch()
    expect(again.findings.map(({ sinceMs }) => sinceMs)).toEqual(first.findings.map(({ sinceMs }) => sinceMs))
    const news = test.events.flatMap(event => (event.kind === 'watch' ? [event.news] : []))
    expect(news).toEqual([graves.length, 0])
    await expect.poll(() => told.length, { timeout: 20_000 }).toBe(graves.length)
    expect(told[0]).toMatchObject({ projectId: 'test', modelName: 'vulnerability' })
    expect(told.map(({ finding }) => finding.what).toSorted()).toEqual(graves.map(({ what }) => what).toSorted())
  } finally {
    server.close()
  }
})
