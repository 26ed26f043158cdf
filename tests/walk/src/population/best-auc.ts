/**
 * The best AUC that any model can expect on the synthetic population.
 *
 *   node_modules/.bin/node tests/walk/src/population/best-auc.ts
 *   node_modules/.bin/node tests/walk/src/population/best-auc.ts --seed 7 --households 200000
 *
 * A household's true probability is a function of its answers, so no ranking of households by
 * their answers beats the ranking by it. Its AUC is taken in expectation over the outcomes (each
 * pair counts by the chance that one is vulnerable and the other not), which needs no draw.
 */
import { parseArgs } from 'node:util'
import { createPopulation } from './population.ts'

/** What population.md states; the test holds it to a big sample. */
export const STATED_BEST_AUC = 0.84

interface BestAuc {
  readonly auc: number
  readonly baseRate: number
  readonly households: number
}

export function bestAuc({ seed, households }: { readonly seed: number; readonly households: number }): BestAuc {
  const population = createPopulation({ seed })
  const probabilities = Float64Array.from({ length: households }, (_, i) => population.household(i).truth.probability)
  probabilities.sort()
  let positives = 0
  let negatives = 0
  let won = 0
  for (const probability of probabilities) {
    won += probability * negatives
    positives += probability
    negatives += 1 - probability
  }
  // A household is never paired with itself.
  const withItself = probabilities.reduce((sum, probability) => sum + probability * (1 - probability), 0)
  return { auc: won / (positives * negatives - withItself), baseRate: positives / households, households }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, households: { type: 'string', default: '100000' } },
  })
  console.log(JSON.stringify(bestAuc({ seed: Number(values.seed), households: Number(values.households) })))
}
