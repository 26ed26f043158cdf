import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { classesOf, onlyByHand, orderedClasses, parseRecipe } from './recipe.ts'

const least = `name: vulnerability
form: household
outcome:
  classes: [coping, vulnerable]
  positive: vulnerable
features: all
prior:
  baseRate: 0.35
  points:
    roof: { thatch: 0.5, iron: -0.3 }
    rooms: { perUnit: -0.1, centre: 2 }
`

test('C3 what is left out has the stated default', () => {
  const recipe = unwrap(parseRecipe(least))
  expect(recipe).toMatchObject({
    exclude: [],
    holdout: { ratio: 0.25 },
    triggers: { newOutcomes: 50 },
    ladder: { logisticFrom: 200, treesFrom: 1000 },
    gate: { minHoldout: 200, maxAucDrop: 0.01, calibrationSlope: [0.8, 1.25], bootstrapLowerBound: -0.005 },
    threshold: 0.5,
    rings: [0, 1, 2, 3],
    rollout: {
      shares: [0.1, 0.5, 1],
      minScores: 200,
      minDevices: 5,
      haltDevices: 2,
      haltShare: 0.05,
      flipMargin: 0.05,
      flips: 0.2,
    },
    learner: 'auto',
    subgroups: [],
    floor: {},
  })
  expect(recipe.prior?.points).toEqual({ roof: { thatch: 0.5, iron: -0.3 }, rooms: { perUnit: -0.1, centre: 2 } })
})

test('the positive class comes last, whatever the order in the file', () => {
  const swapped = unwrap(parseRecipe(least.replace('[coping, vulnerable]', '[vulnerable, coping]')))
  expect(orderedClasses(swapped)).toEqual(['coping', 'vulnerable'])
})

test.each([
  ['a value out of range', least.replace('0.35', '1.35'), /line 8: prior\.baseRate/],
  [
    'a positive class that is none',
    least.replace('positive: vulnerable', 'positive: poor'),
    /line 5: outcome\.positive/,
  ],
  ['broken YAML', least.replace('[coping,', '[coping'), /line 4/],
  ['a missing key', least.replace('form: household\n', ''), /line 1: form/],
  ['a word where a number belongs', least.replace('centre: 2', 'centre: two'), /line 11: prior\.points\.rooms/],
])('C1 the line is named: %s', (_, text, message) => {
  const parsed = parseRecipe(text)
  expect(parsed).toMatchObject({
    ok: false,
    error: { fault: 'recipe.invalid', detail: expect.stringMatching(message) },
  })
})

test('C2 an unknown key is an error on its line', () => {
  const parsed = parseRecipe(`${least}treshold: 0.5\n`)
  expect(parsed).toMatchObject({
    ok: false,
    error: { detail: expect.stringMatching(/line 12: treshold is not a key that is known/) },
  })
})

test('two classes need a prior; several have none, and the collector leaves them to a person', () => {
  const withoutPrior = least.slice(0, least.indexOf('prior:'))
  expect(parseRecipe(withoutPrior)).toMatchObject({ error: { detail: expect.stringMatching(/prior is missing/) } })
  const several = unwrap(parseRecipe(withoutPrior.replace('[coping, vulnerable]', '[coping, shaky, vulnerable]')))
  expect(classesOf(several)).toEqual(['coping', 'shaky', 'vulnerable'])
  expect(onlyByHand(several)).toMatch(/3 classes/)
  expect(onlyByHand(unwrap(parseRecipe(least)))).toBeNull()
})
