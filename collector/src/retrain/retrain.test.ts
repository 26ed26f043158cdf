import { unwrap } from '@murram/ground'
import { verifyRelease } from '@murram/score'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { drawVisits, NOW, openTestHouse, outcomeRows, recipe, storeVisits, type RunReply } from './test-house.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

test('verified outcomes start a run, and a better model is promoted and released', async () => {
  await using house = await openTestHouse(cluster)
  const visits = drawVisits(950)
  await storeVisits(house.house, visits)
  const published = await house.post('/models', { recipe, card: '# Vulnerability' })
  expect(published).toMatchObject({ releaseId: 'vulnerability-1', inputs: 4 })

  const imported = await house.post('/outcomes', outcomeRows(visits))
  expect(imported).toEqual({ imported: 950, known: 0, refused: [] })
  const { runs } = await house.get<{ runs: RunReply[] }>('/runs')
  expect(runs).toHaveLength(1)
  const run = await house.runEnds(runs[0]!.runId)
  console.log(run.report)
  expect(run).toMatchObject({ state: 'finished', verdict: 'promote', reason: null })
  console.log(run.report)
})
