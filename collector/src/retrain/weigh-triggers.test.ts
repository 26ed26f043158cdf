import { expect, test } from 'vitest'
import { RecipeSchema } from '../registry/recipe.ts'
import { weighTriggers, type TriggerFacts } from './weigh-triggers.ts'

const NOW = Date.parse('2026-11-21T09:00:00Z')
const HOUR = 3_600_000
const triggersOf = (triggers: object) =>
  RecipeSchema.parse({
    name: 'vulnerability',
    form: 'household',
    outcome: { classes: ['coping', 'vulnerable'], positive: 'vulnerable' },
    features: 'all',
    prior: { baseRate: 0.4 },
    triggers,
  }).triggers

const weigh = (facts: Partial<TriggerFacts>) => {
  const weighed = weighTriggers({
    triggers: triggersOf({}),
    nowMs: NOW,
    recovering: false,
    openRun: null,
    lastAutomaticEndMs: null,
    fresh: 0,
    audit: null,
    regions: [],
    isDue: false,
    ...facts,
  })
  return Object.fromEntries(weighed.map(one => [one.trigger, one]))
}
const audit = { outcomes: 80, logLoss: 0.61, lower: 0.56, atPromotion: 0.5 }
const north = { region: 'north', outcomes: 120, said: 0.4, was: 0.52, lower: -0.2, upper: -0.04 }

test('W1 fifty new outcomes start a run, and the next waits until the rest is over', () => {
  expect(weigh({ fresh: 49 })['outcomes']).toMatchObject({ verdict: 'waits', value: 49, limit: 50 })
  expect(weigh({ fresh: 50 })['outcomes']).toMatchObject({ verdict: 'starts' })
  const held = weigh({ fresh: 50, lastAutomaticEndMs: NOW - 23 * HOUR })['outcomes']
  expect(held).toMatchObject({ verdict: 'held', nextAtMs: NOW + HOUR })
  expect(held?.why).toMatch(/24 h lie between/)
  expect(weigh({ fresh: 50, lastAutomaticEndMs: NOW - 24 * HOUR })['outcomes']).toMatchObject({ verdict: 'starts' })
  const noRest = { triggers: triggersOf({ hoursBetween: 0 }), fresh: 50, lastAutomaticEndMs: NOW }
  expect(weigh(noRest)['outcomes']).toMatchObject({ verdict: 'starts' })
})

test('W2 degradation needs outcomes enough, and more than chance', () => {
  const verdict = (facts: Partial<TriggerFacts>) => weigh({ fresh: 20, ...facts })['degradation']
  expect(verdict({ audit })).toMatchObject({ verdict: 'starts', value: 0.56, limit: 0.5 })
  expect(verdict({ audit })?.why).toBe(
    'the champion has become worse: log-loss 0.610 on 80 outcomes of the audit share, at least 0.560 (one-sided 95 %); 0.500 when it was promoted',
  )
  expect(verdict({ audit: { ...audit, lower: 0.49 } })).toMatchObject({ verdict: 'waits' })
  expect(verdict({ audit: { ...audit, outcomes: 49 } })?.why).toMatch(/^too few: 49 outcomes/)
  expect(verdict({})).toMatchObject({ verdict: 'too-few' })
  expect(verdict({ audit: { ...audit, atPromotion: null } })).toMatchObject({ verdict: 'off' })
  expect(verdict({ audit, triggers: triggersOf({ degradation: 'off' }) })).toMatchObject({ verdict: 'off' })
})

test('W3 a region is off by more than the limit, beyond chance, on outcomes enough', () => {
  const triggers = triggersOf({ calibration: { question: 'region' } })
  const verdict = (...regions: TriggerFacts['regions']) => weigh({ triggers, fresh: 20, regions })['calibration']
  expect(verdict(north)).toMatchObject({
    verdict: 'starts',
    why: expect.stringMatching(/north \(said 40.0 %, was 52.0 %/),
  })
  expect(verdict({ ...north, upper: 0.01 })).toMatchObject({ verdict: 'waits' })
  expect(verdict({ ...north, was: 0.44 })).toMatchObject({ verdict: 'waits' })
  expect(verdict({ ...north, outcomes: 99 })).toMatchObject({ verdict: 'too-few' })
  // The worst by chance does not hide the one that is off.
  expect(verdict({ ...north, region: 'east', was: 0.8, upper: 0.1 }, north)).toMatchObject({ verdict: 'starts' })
  expect(weigh({ regions: [north] })['calibration']).toMatchObject({ verdict: 'off' })
})

test('W4 nothing starts while a run goes on or the project recovers, and that is said', () => {
  for (const [blocked, why] of [
    [{ openRun: 'training on 700 interviews' }, /training on 700 interviews/],
    [{ recovering: true }, /recovers from a restore/],
  ] as const) {
    const weighed = Object.values(weigh({ ...blocked, fresh: 50, audit }))
    expect(weighed.filter(({ verdict }) => verdict === 'starts')).toEqual([])
    expect(weighed.filter(({ verdict }) => verdict === 'held').map(one => one.trigger)).toEqual([
      'outcomes',
      'degradation',
      'person',
    ])
    expect(weighed[0]?.why).toMatch(why)
  }
})

test('W5 a model that retraining does not help is not trained again on the same rows', () => {
  expect(weigh({ fresh: 9, audit })['degradation']).toMatchObject({
    verdict: 'waits',
    why: expect.stringMatching(/9 outcomes since/),
  })
})

test('a schedule is due by the clock in UTC, and says when it is next', () => {
  const triggers = triggersOf({ schedule: '0 3 1 * *' })
  expect(weigh({ triggers })['schedule']).toMatchObject({
    verdict: 'waits',
    nextAtMs: Date.parse('2026-12-01T03:00:00Z'),
  })
  expect(weigh({ triggers, isDue: true })['schedule']).toMatchObject({ verdict: 'starts' })
  expect(weigh({ triggers, isDue: true, lastAutomaticEndMs: NOW - HOUR })['schedule']).toMatchObject({
    verdict: 'held',
    nextAtMs: Date.parse('2026-12-01T03:00:00Z'),
  })
  expect(() => triggersOf({ schedule: 'monthly' })).toThrow(/no cron expression/)
})
