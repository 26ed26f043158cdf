import { expect, test } from 'vitest'
import { auc } from '@murram/learn'
import { bestAuc, STATED_BEST_AUC } from './best-auc.ts'
import type { Household } from './household.ts'
import { createPopulation } from './population.ts'
import { listedAgain, mistakenIncome, roofRivals } from './scenarios.ts'

const draw = (seed: number, count: number): readonly Household[] => {
  const population = createPopulation({ seed })
  return Array.from({ length: count }, (_, i) => population.household(i))
}
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
const share = (households: readonly Household[], test: (h: Household) => boolean): number =>
  mean(households.map(h => (test(h) ? 1 : 0)))
const sample = draw(11, 10_000)

test('a household is the same whoever was drawn before it', () => {
  const population = createPopulation({ seed: 5 })
  const late = population.household(900)
  population.household(3)
  expect(population.household(900)).toEqual(late)
  expect(createPopulation({ seed: 6 }).household(900)).not.toEqual(late)
})

test('the best possible AUC is the stated one, at most .85, whatever the seed', () => {
  expect(STATED_BEST_AUC).toBeLessThanOrEqual(0.85)
  for (const seed of [2, 3]) {
    expect(Math.abs(bestAuc({ seed, households: 12_000 }).auc - STATED_BEST_AUC)).toBeLessThan(0.006)
  }
})

test('drawn outcomes are as hard to predict as the best AUC says', () => {
  const probabilities = sample.map(h => h.truth.probability)
  const codes = sample.map(h => (h.truth.outcome === 'vulnerable' ? 1 : 0))
  expect(Math.abs(auc(probabilities, codes) - STATED_BEST_AUC)).toBeLessThan(0.015)
  expect(Math.abs(mean(codes) - mean(probabilities))).toBeLessThan(0.015)
})

test('no single answer gives the outcome away', () => {
  const codes = sample.map(h => (h.truth.outcome === 'vulnerable' ? 1 : 0))
  for (const name of ['monthly_income', 'water_minutes', 'harvest_months', 'rooms', 'land_acres', 'meals']) {
    const found = auc(
      sample.map(h => Number(h.answers[name] ?? 0)),
      codes,
    )
    expect(Math.max(found, 1 - found)).toBeLessThan(0.75)
  }
})

test('regions and settings differ as they do in the country', () => {
  const north = sample.filter(h => h.region === 'northern')
  const central = sample.filter(h => h.region === 'central')
  const thatched = (h: Household): boolean => h.answers['roof'] === 'thatch'
  expect(share(north, thatched)).toBeGreaterThan(2 * share(central, thatched))
  expect(
    share(
      sample.filter(h => h.answers['setting'] === 'town'),
      h => h.answers['lighting'] === 'grid',
    ),
  ).toBeGreaterThan(
    2 *
      share(
        sample.filter(h => h.answers['setting'] === 'rural'),
        h => h.answers['lighting'] === 'grid',
      ),
  )
  expect(share(sample, h => h.language === 'Swahili (sw)')).toBeCloseTo(0.4, 1)
  const size = mean(sample.map(h => h.members.length))
  expect(size).toBeGreaterThan(3.5)
  expect(size).toBeLessThan(5.5)
})

test('two officers find two roofs, and neither is the one first reported', () => {
  for (const household of sample.slice(0, 50)) {
    const roofs = new Set([...roofRivals(household).answers, household.answers['roof']])
    expect(roofs.size).toBe(3)
  }
})

test('a mistaken income is one zero short and still a whole number', () => {
  for (const household of sample.slice(0, 200)) {
    const { wrong, right } = mistakenIncome(household)
    expect(wrong['monthly_income']).toMatch(/^\d+$/)
    expect(`${wrong['monthly_income']}0`).toBe(right['monthly_income'])
  }
})

test('a household listed again has the same people, ages and truth under other spellings', () => {
  for (const household of sample.slice(0, 200)) {
    const again = listedAgain(11, household)
    expect(again.answers['head_name']).not.toBe(household.answers['head_name'])
    expect(again.answers['head_name']).toBe(again.members[0]?.['member_name'])
    expect(again.members.map(m => m['age'])).toEqual(household.members.map(m => m['age']))
    expect(again.truth).toEqual(household.truth)
  }
})
