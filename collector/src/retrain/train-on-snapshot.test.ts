import { unwrap } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { modelInputs } from '../registry/model-inputs.ts'
import { priorOf } from '../registry/prior.ts'
import { parseRecipe } from '../registry/recipe.ts'
import { freezeRows, thawRows } from './snapshot.ts'
import { measureOnHoldout } from './measure-holdout.ts'
import { drawVisits, household, recipe as text, UNPLANNED } from './test-house.ts'
import { splitHoldout, trainRung, type TrainingOrder } from './train-on-snapshot.ts'

const recipe = unwrap(parseRecipe(text))
const inputs = unwrap(modelInputs(recipe, household))
const rowsOf = (count: number, { households = count, weigh = false } = {}) =>
  thawRows(
    freezeRows(
      {
        asked: { '1': ['roof', 'region', 'food', 'size'] },
        modelName: 'vulnerability',
        formId: 'household',
        classes: ['coping', 'vulnerable'],
        inputs,
        championInputs: inputs,
      },
      drawVisits(count).map(({ instanceId, answers, vulnerable }, i) => ({
        instanceId,
        answers,
        ...UNPLANNED,
        ...(weigh && i % 2 === 1 ? { selection: 'audit' as const, probability: 0.5 } : {}),
        version: '1',
        household: `household ${i % households}`,
        value: vulnerable ? 'vulnerable' : 'coping',
      })),
    ),
  )
const order = (verified: number): TrainingOrder => ({
  ladder: recipe.ladder,
  prior: priorOf(recipe, inputs),
  inputs: inputs.map(({ name }) => name),
  verified,
  seed: 7,
  handicap: null,
})

test('T1 a household is trained on or judged on, never both, and stays where it is', () => {
  const { training, holdout } = splitHoldout(rowsOf(600, { households: 150 }), 0.25, 'test')
  expect(training.table.rows + holdout.table.rows).toBe(600)
  expect(training.groups.filter(group => holdout.groups.includes(group))).toEqual([])
  fc.assert(
    fc.property(fc.integer({ min: 150, max: 600 }), count => {
      const fewer = splitHoldout(rowsOf(count, { households: 150 }), 0.25, 'test')
      expect(new Set(fewer.holdout.groups)).toEqual(new Set(holdout.groups))
    }),
    { numRuns: 5 },
  )
})

test('the ladder counts verified outcomes: prior below 200, logistic below 1,000, then the better', () => {
  const rung = (count: number) => {
    const { training } = splitHoldout(rowsOf(count), 0.25, 'test')
    return unwrap(trainRung(training, order(count)))
  }
  expect(rung(199)).toMatchObject({ kind: 'prior', conformal: null, crossValidated: { logistic: null } })
  expect(rung(200)).toMatchObject({ kind: 'logistic', conformal: null, crossValidated: { trees: null } })
  const { crossValidated, kind, conformal } = rung(1_000)
  expect(kind).toBe(crossValidated.trees! < crossValidated.logistic! - 1e-4 ? 'trees' : 'logistic')
  expect(conformal).toMatchObject({ coverage: 0.9 })
})

test('a household that was drawn to stand for two counts twice in training', () => {
  const { training } = splitHoldout(rowsOf(400, { weigh: true }), 0.25, 'test')
  expect(new Set(training.weights)).toEqual(new Set([1, 2]))
  expect(training.selections.filter(one => one === 'audit')).toHaveLength(training.weights.filter(w => w === 2).length)
  const plain = { ...training, weights: training.weights.map(() => 1) }
  const [weighed, unweighed] = [training, plain].map(rows => unwrap(trainRung(rows, order(400))))
  expect(weighed!.model).not.toEqual(unweighed!.model)
  const ones = unwrap(trainRung(splitHoldout(rowsOf(400), 0.25, 'test').training, order(400)))
  expect(unweighed!.model).toEqual(ones.model)
})

test('T2 the same rows make the same model, and shuffled labels teach nothing', () => {
  const { training, holdout } = splitHoldout(rowsOf(900), 0.25, 'test')
  const train = (handicap: TrainingOrder['handicap']) => unwrap(trainRung(training, { ...order(900), handicap })).model
  expect(sha256(canonicalBytes(train(null)))).toBe(sha256(canonicalBytes(train(null))))
  const champion = priorOf(recipe, inputs)
  const judge = (handicap: TrainingOrder['handicap']) =>
    measureOnHoldout(holdout, {
      candidate: train(handicap),
      champion,
      inputs,
      championInputs: inputs,
      isFromPrior: true,
      threshold: 0.5,
      subgroups: [],
    }).figures
  expect(judge(null).logLossGain.mean).toBeGreaterThan(0)
  expect(judge('shuffled-labels').logLossGain.mean).toBeLessThan(0)
  expect(judge('shuffled-labels').candidateAuc).toBeLessThan(judge(null).candidateAuc - 0.05)
})
