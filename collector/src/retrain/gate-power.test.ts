/**
 * What the gate lets through, by simulation (simulated-looks.ts). `npm run bench -- gate` draws
 * more, in more worlds; its table stands in docs/benchmarks.md.
 *
 * Lines that take part: holdout outcomes, looks, both lines of the gain, AUC drop, calibration
 * slope, calibration and harm of five subgroups, exclusion errors, flips. Not: audit share (nobody
 * was drawn at random here), floors, parity, size, latency.
 *
 *   E1 twenty looks in a year at candidates that are all worse by the margin: under 5 % of years
 *      hold a false promotion
 */
import { auc } from '@murram/learn'
import { expect, test } from 'vitest'
import { seededRandom } from './seeded-random.ts'
import { defaultGate, drawHoldout, falsePromotions, firstStake, passRates, type World } from './simulated-looks.ts'

const gate = defaultGate()
const stake = firstStake(200)
const DRAWS = 2_000
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

test.each<[string, World, number, (bound: number, joint: number) => void]>([
  [
    'a worse one (AUC −.03) passes less than 2 times in 100',
    { base: -0.6, known: 2, more: 0.8, candidate: 'worse' },
    -0.03,
    (bound, joint) => {
      expect(bound).toBeLessThan(0.02)
      expect(joint).toBeLessThan(0.02)
    },
  ],
  [
    'a better one (AUC +.01) passes more than 40 times in 100',
    { base: -0.6, known: 2, more: 0.45, candidate: 'better' },
    0.01,
    (bound, joint) => {
      expect(bound).toBeGreaterThan(0.4)
      expect(joint).toBeGreaterThan(0.4)
    },
  ],
])('at 200 outcomes %s: the bound alone, and every line together', (name, world, gain, expectRates) => {
  const many = drawHoldout(world, 40_000, seededRandom(11))
  expect(auc(many.candidate, many.codes) - auc(many.champion, many.codes)).toBeCloseTo(gain, 2)
  const { bound, joint } = passRates(world, { gate, stake, households: 200, draws: DRAWS, random: seededRandom(7) })
  console.info(`${name}: the bound ${percent(bound)}, every line ${percent(joint)} of ${DRAWS} draws`)
  expectRates(bound, joint)
})

test('E1 over 20 looks a year at candidates worse by the margin, false promotions stay under 5 %', () => {
  const year = { base: -0.6, known: 2, noise: 0.26, looks: 20, householdsAtFirst: 200, householdsALook: 12 }
  const { withLedger, without, gain } = falsePromotions(
    { ...year, budget: gate.errorBudget, limit: gate.bootstrapLowerBound },
    2_000,
    seededRandom(3),
  )
  console.info(`years with a false promotion: ${percent(withLedger)}; if each look were the first: ${percent(without)}`)
  expect(gain).toBeCloseTo(gate.bootstrapLowerBound, 3)
  expect(withLedger).toBeLessThan(0.05)
  expect(without).toBeGreaterThan(0.2)
})
