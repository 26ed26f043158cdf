import { unwrap } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { expect, test } from 'vitest'
import { modelInputs } from '../registry/model-inputs.ts'
import { priorOf } from '../registry/prior.ts'
import { parseRecipe } from '../registry/recipe.ts'
import type { JudgedRows } from './judged-rows.ts'
import { judgeRows, measureOnHoldout } from './measure-holdout.ts'
import { freezeRows, thawRows, type SnapshotTable } from './snapshot.ts'
import { drawVisits, household, recipe as text, UNPLANNED } from './test-house.ts'
import { splitHoldout, trainRung } from './train-on-snapshot.ts'

const rows: JudgedRows = {
  codes: Uint8Array.from([1, 1, 1, 0, 0, 0]),
  groups: ['a', 'b', 'c', 'd', 'e', 'e'],
  weights: null,
  selections: ['audit', 'decision', 'audit', 'decision', 'audit', 'decision'],
  champion: Float64Array.from([0.6, 0.7, 0.4, 0.3, 0.2, 0.6]),
  candidate: Float64Array.from([0.7, 0.4, 0.8, 0.2, 0.1, 0.4]),
  threshold: 0.5,
}
const everyone = [{ name: 'everyone', rows: [0, 1, 2, 3, 4, 5] }]

test('M1 a row that stands for three households counts as three', () => {
  const weighted = judgeRows({ ...rows, weights: Float64Array.from([1, 3, 1, 1, 1, 1]) }, everyone)
  const at = [0, 1, 1, 1, 2, 3, 4, 5]
  const copied = judgeRows(
    {
      ...rows,
      codes: Uint8Array.from(at, row => rows.codes[row]!),
      groups: at.map(row => rows.groups[row]!),
      selections: null,
      champion: Float64Array.from(at, row => rows.champion[row]!),
      candidate: Float64Array.from(at, row => rows.candidate[row]!),
    },
    [{ name: 'everyone', rows: at.map((_, row) => row) }],
  )
  expect(weighted.logLossGain.mean).toBeCloseTo(copied.logLossGain.mean, 12)
  expect(weighted.logLossGain.error).toBeCloseTo(copied.logLossGain.error, 12)
  expect(weighted.missed.candidate.mean).toBeCloseTo(copied.missed.candidate.mean, 12)
  expect(weighted.flips.share).toBeCloseTo(copied.flips.share, 12)
  expect(weighted.subgroups[0]!.calibration.candidate).toBeCloseTo(copied.subgroups[0]!.calibration.candidate, 12)
  expect(weighted.flips.share).toBeGreaterThan(judgeRows(rows, everyone).flips.share)
})

test('M2 flips both ways, misses and the audit share are counted by household', () => {
  const figures = judgeRows(rows, everyone)
  expect(figures).toMatchObject({
    holdout: 5,
    positives: 3,
    flips: { share: 0.5, toPositive: 1, toNegative: 2 },
    missed: { positives: 3, champion: { mean: 1 / 3 }, candidate: { mean: 1 / 3 } },
    audit: { households: 3 },
  })
  expect(figures.audit.logLossGain.mean).toBeCloseTo(
    (Math.log(0.7 / 0.6) + Math.log(0.8 / 0.4) + Math.log(0.9 / 0.8)) / 3,
    12,
  )
})

const recipe = unwrap(parseRecipe(text))
const inputs = unwrap(modelInputs(recipe, household))
const frozen = thawRows(
  freezeRows(
    {
      asked: { '1': ['roof', 'region', 'food', 'size'] },
      modelName: 'vulnerability',
      formId: 'household',
      classes: ['coping', 'vulnerable'],
      inputs,
      championInputs: inputs,
    },
    drawVisits(1_300).map(({ instanceId, answers, vulnerable }, i) => ({
      ...UNPLANNED,
      instanceId,
      answers,
      version: '1',
      household: `household ${i % 900}`,
      value: vulnerable ? 'vulnerable' : 'coping',
    })),
  ),
)
const prior = priorOf(recipe, inputs)
const made = (table: SnapshotTable) => {
  const { training, holdout } = splitHoldout(table, 0.25, 'test')
  const trained = trainRung(training, {
    ladder: recipe.ladder,
    prior,
    inputs: inputs.map(({ name }) => name),
    verified: 1_300,
    seed: 7,
    handicap: null,
  })
  return { ...unwrap(trained), holdout }
}

test('T1 nothing of the holdout reaches a model: not its ladder, penalty, calibration, stopping nor its doubt', () => {
  const once = made(frozen)
  // The same rows, with all that is known of the holdout turned into its opposite.
  const isHeld = new Set(once.holdout.groups)
  const codes = frozen.labels.codes.map((code, row) => (isHeld.has(frozen.groups[row]!) ? 1 - code : code))
  const columns = frozen.table.columns.map(column =>
    column.kind === 'number'
      ? { ...column, values: column.values.map((value, row) => (isHeld.has(frozen.groups[row]!) ? 8 - value : value)) }
      : { ...column, values: column.values.map((value, row) => (isHeld.has(frozen.groups[row]!) ? 'another' : value)) },
  )
  const turned = made({
    ...frozen,
    labels: { ...frozen.labels, codes },
    table: { ...frozen.table, columns },
  })
  const { holdout: _once, ...all } = once
  const { holdout: _turned, ...same } = turned
  expect(once.conformal).not.toBeNull()
  expect(sha256(canonicalBytes(same))).toBe(sha256(canonicalBytes(all)))
})

test('M2 the examples are the largest changes both ways, with the household and what moved both models', () => {
  const { model, holdout } = made(frozen)
  const { figures } = measureOnHoldout(holdout, {
    candidate: model,
    champion: prior,
    inputs,
    championInputs: inputs,
    isFromPrior: true,
    threshold: 0.5,
    subgroups: ['region'],
  })
  const { examples, toPositive, toNegative } = figures.flips
  expect(examples).toHaveLength(Math.min(5, toPositive) + Math.min(5, toNegative))
  const [first] = examples
  expect(first).toMatchObject({
    household: expect.stringMatching(/^household/),
    instanceId: expect.stringMatching(/^uuid:/),
  })
  expect(first!.before < 0.5 && first!.after >= 0.5).toBe(true)
  expect(first!.reasonsAfter[0]!.contribution).toBeGreaterThan(0)
  expect(first!.reasonsAfter.map(({ question }) => question)).toContain('food')
  expect(figures.subgroups.map(({ name }) => name)).toEqual(['region: east', 'region: north', 'region: south'])
})
