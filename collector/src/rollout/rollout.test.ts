/** Baselines, releases and the way back, on a real database. */
import { keyIdOf } from '@murram/seal'
import type { DeviceId } from '@murram/ground'
import type { Manifest } from '@murram/score'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  drawVisits,
  NOW,
  openTestHouse,
  outcomeRows,
  recipe,
  storeVisits,
  type RunReply,
  type TestHouse,
} from '../retrain/test-house.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import type { ReleaseReply } from './routes.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

type Counted = ReleaseReply & { readonly installed: number; readonly refused: number }
const card = '# Vulnerability'
const releasesOf = async (house: TestHouse) => (await house.get<{ releases: Counted[] }>('/releases')).releases
const inFeed = async (house: TestHouse) => {
  const { rows } = await house.house.read.execute<{ body: { signed: { body: Manifest; keyId: string } } }>(
    sql`select body from feed where kind = 'release'`,
  )
  return rows.map(({ body }) => body.signed)
}
const device = 'd'.repeat(32) as DeviceId

test('B1 a baseline is released once, however often it is published; a recipe that does not fit is refused', async () => {
  await using house = await openTestHouse(cluster)
  const first = await house.post('/models', { recipe, card })
  expect(first).toMatchObject({ modelName: 'vulnerability', inputs: 4, releaseId: 'vulnerability-1' })
  expect(await house.post('/models', { recipe, card })).toEqual({ ...(first as object), releaseId: null })
  expect(await inFeed(house)).toMatchObject([
    {
      body: {
        counter: 1,
        reason: 'baseline',
        demo: true,
        formVersions: ['1'],
        snapshot: null,
        conformal: null,
        metrics: {},
      },
      keyId: keyIdOf(house.house.keys.release.publicKey),
    },
  ])
  const [only] = await inFeed(house)
  expect(only!.body.expiresAtMs - NOW).toBe(90 * 86_400_000)

  // Other points are another prior, and go out as a release of their own.
  const other = await house.post('/models', { recipe: recipe.replace('thatch: 0.3', 'thatch: 0.5'), card })
  expect(other).toMatchObject({ releaseId: 'vulnerability-2' })

  // A recipe that does not fit is refused with its lines.
  const publish = (text: string) => house.post('/models', { recipe: text, card })
  expect(await publish(recipe.replace('baseRate: 0.4', 'baseRate: 4'))).toMatchObject({
    fault: 'recipe.invalid',
    detail: expect.stringMatching(/line 6: prior.baseRate/),
  })
  expect(await publish(recipe.replace('roof:', 'rooof:'))).toMatchObject({
    fault: 'recipe.invalid',
    detail: 'prior.points: rooof is not among the features',
  })
  expect(await publish(recipe.replace('form: household', 'form: other'))).toMatchObject({ fault: 'form.not-found' })
  expect(await publish(recipe.replace('name: vulnerability', 'name: second'))).toMatchObject({
    fault: 'recipe.invalid',
    detail: expect.stringMatching(/read by the model vulnerability already/),
  })
})

test('L1 L3 B2 a rollback is a new release with the old bytes and a higher counter', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(950)
  await storeVisits(house.house, visits)
  await house.post('/models', { recipe, card })
  const back = (body: object) => house.post('/models/vulnerability/rollback', body)
  expect(await back({ note: 'there is nothing yet' })).toMatchObject({ fault: 'http.not-found' })
  await house.post('/outcomes', outcomeRows(visits))
  const { runs } = await house.get<{ runs: RunReply[] }>('/runs')
  const run = await house.runEnds(runs[0]!.runId)
  expect(run.verdict).toBe('promote')

  // B2: what was trained and promoted stays, whatever prior is published.
  expect(await house.post('/models', { recipe: recipe.replace('0.3', '0.4'), card })).toMatchObject({ releaseId: null })

  // A device is ahead of us, as after a restore; another one reports nonsense.
  const ahead = NOW / 1000 + 500
  const report = (counter: number, state: 'installed' | 'refused') =>
    ({ kind: 'release', releaseId: `vulnerability-${counter}`, counter, state, atMs: NOW }) as const
  await house.models.onReports?.(device, [
    report(ahead, 'installed'),
    report(1, 'refused'),
    report(NOW / 1000, 'installed'),
  ])
  await house.models.onReports?.('e'.repeat(32) as DeviceId, [report(Number.MAX_SAFE_INTEGER, 'refused')])

  const { release } = (await back({ note: 'officers saw odd scores' })) as { release: ReleaseReply }
  expect(release).toMatchObject({ reason: 'rollback', note: 'officers saw odd scores', counter: ahead + 1 })
  const [rolledBack, promoted, baseline] = await releasesOf(house)
  expect(rolledBack!.candidateId).toBe(baseline!.candidateId)
  expect(promoted).toMatchObject({ reason: 'promotion', installed: 1, refused: 0, parent: 'vulnerability-1' })
  expect(baseline).toMatchObject({ installed: 0, refused: 1 })
  const [order] = await inFeed(house)
  expect(order!.body).toMatchObject({ releaseId: release.releaseId, parent: promoted!.releaseId, reason: 'rollback' })

  // And forward again, by name.
  const { release: forward } = (await back({ to: promoted!.releaseId, note: 'it was the form' })) as {
    release: ReleaseReply
  }
  expect(forward).toMatchObject({ candidateId: run.candidateId, counter: ahead + 2 })
  // What is in force already is not released again.
  const { release: same } = await house.post<{ release: ReleaseReply }>('/releases', { candidateId: run.candidateId })
  expect(same.releaseId).toBe(forward.releaseId)
  expect(await house.get(`/releases/vulnerability-1/devices`)).toMatchObject({
    devices: [{ deviceId: device, state: 'refused' }],
  })
})

test('an order that a device misses is counted, and one that was never given is not', async () => {
  await using house = await openTestHouse(cluster)
  await house.post('/models', { recipe, card })
  const missing = {
    kind: 'withheld',
    modelName: 'vulnerability',
    orderNumber: NOW / 1000,
    heard: 0,
    atMs: NOW,
  } as const
  const said = [missing, { ...missing, heard: NOW }, { ...missing, modelName: 'wealth' }]
  await house.models.onReports?.(device, said)
  const told = await house.house.metrics.getSingleMetricAsString('murram_model_orders_withheld_total')
  expect(told.split('\n').filter(line => !line.startsWith('#'))).toEqual([
    'murram_model_orders_withheld_total{model="vulnerability"} 1',
  ])
})

test('L2 a release that breaks off leaves no model, no champion and no order behind', async () => {
  await using house = await openTestHouse(cluster)
  vi.spyOn(house.house.feed, 'append').mockRejectedValueOnce(new Error('the feed is locked'))
  using _quiet = vi.spyOn(console, 'error').mockReturnValue()
  const broken = await house.models.routes!.request('/models', {
    method: 'POST',
    body: JSON.stringify({ recipe, card }),
    headers: { 'Content-Type': 'application/json' },
  })
  expect(broken.status).toBe(500)
  expect(await house.get('/models')).toEqual({ models: [] })
  expect(await releasesOf(house)).toEqual([])
  expect(await house.post('/models', { recipe, card })).toMatchObject({ releaseId: 'vulnerability-1' })
})

test('the latest word of a device on a release counts', async () => {
  await using house = await openTestHouse(cluster)
  const say = (state: 'installed' | 'refused', atMs: number) =>
    house.models.onReports?.(device, [{ kind: 'release', releaseId: 'vulnerability-1', counter: 1, state, atMs }])
  house.setNow(NOW + 20)
  await say('refused', NOW)
  await say('installed', NOW + 10)
  await say('refused', NOW + 5) // an older word that came late
  expect(await house.get('/releases/vulnerability-1/devices')).toMatchObject({ devices: [{ state: 'installed' }] })
  await say('refused', NOW + 8 * 86_400_000) // by a clock that stood ahead
  house.setNow(NOW + 60_000)
  await say('installed', NOW + 60_000)
  expect(await house.get('/releases/vulnerability-1/devices')).toMatchObject({ devices: [{ state: 'installed' }] })
})
