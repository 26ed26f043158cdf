/** What tests of outcomes have in common: a house with a model, and rows as somebody sends them. For tests only. */
import { CAPTURED, openTestHouse, recipe, type TestHouse } from '../retrain/test-house.ts'
import type { TestCluster } from '../test-cluster.ts'

export const DAY = 86_400_000

/** The model *vulnerability* is published; no interview is there. */
export async function openOutcomeHouse(cluster: TestCluster): Promise<TestHouse> {
  const house = await openTestHouse(cluster)
  await house.post('/models', { recipe, card: '# Vulnerability' })
  return house
}

/** Seen ten days after the interviews of test-house. */
export const seenRow = (about: object, value = 'vulnerable', more: object = {}) => ({
  ...about,
  value,
  method: 'visit',
  verifier: 'Akello',
  observedAt: new Date(CAPTURED + 10 * DAY).toISOString().slice(0, 10),
  ...more,
})
