/**
 * Several classes, text, regions and amounts all the way: trainer → graph → bundle → device,
 * and reasons that add up to what is said.
 */
import { unwrap } from '@murram/ground'
import { predictModel, trainModel, type AnyModel, type Target, type TrainModelOptions } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { expect, test } from 'vitest'
import type { FeatureRow } from './answers.ts'
import { makeBundle } from './bundle.ts'
import { createSums } from './evaluate.ts'
import { createExplainer } from './explain.ts'
import { fixtureBundle } from './fixture-bundle.ts'
import type { Manifest, ModelInput } from './manifest.ts'
import { asFormat2 } from './model-format-2.ts'
import { openScorer, type Scorer } from './open-scorer.ts'
import { textOf } from './text-of.ts'

const ROWS = 600
const at = (row: number, salt: number, sides: number) => (Math.imul(row + 1, 2_654_435_761 + 2 * salt) >>> 12) % sides
const regions = ['north', 'south', 'west']
const words = ['maji', 'safi', 'mbaya', 'sana', 'nzuri', 'ሰላም']

const inputs: readonly ModelInput[] = [
  { name: 'region', kind: 'category' },
  { name: 'size', kind: 'number' },
  { name: 'note', kind: 'text' },
]
const rowOf = (row: number): FeatureRow => ({
  region: regions[at(row, 1, 4)] ?? '',
  size: row % 9 === 0 ? Number.NaN : at(row, 2, 12),
  note: textOf(Array.from({ length: 1 + at(row, 3, 5) }, (_, i) => words[at(row, 4 + i, 6)]).join(' ')),
})
const seen = Array.from({ length: ROWS }, (_, row) => rowOf(row))
const fresh = Array.from({ length: 300 }, (_, row) => rowOf(ROWS + row))

const tableOf = (rows: readonly FeatureRow[], hasText: boolean) => ({
  rows: rows.length,
  columns: [
    { name: 'region', kind: 'category' as const, values: rows.map(row => String(row['region'])) },
    { name: 'size', kind: 'number' as const, values: Float32Array.from(rows, row => Number(row['size'])) },
    ...(hasText ? [{ name: 'note', kind: 'text' as const, values: rows.map(row => String(row['note'])) }] : []),
  ],
})
const points = (row: FeatureRow) =>
  (Number.isNaN(row['size']) ? 6 : Number(row['size'])) +
  (row['region'] === 'south' ? 4 : 0) +
  (String(row['note']).includes('mbaya') ? 5 : 0)
const level = (row: FeatureRow) => (points(row) < 6 ? 0 : points(row) < 10 ? 1 : points(row) < 14 ? 2 : 3)
const levels: Target = {
  task: 'multiclass',
  classes: ['none', 'some', 'much', 'all'],
  codes: Uint8Array.from(seen, level),
}
const poor: Target = {
  task: 'binary',
  classes: ['no', 'yes'],
  codes: Uint8Array.from(seen, row => (points(row) > 9 ? 1 : 0)),
}
const amount: Target = { task: 'regression', values: Float64Array.from(seen, points) }

async function train(target: Target, learner: TrainModelOptions['learner'], options: Partial<TrainModelOptions> = {}) {
  const groups = seen.map((_, row) => `h${row}`)
  return unwrap(await trainModel(tableOf(seen, learner === 'text'), target, { seed: 1, groups, learner, ...options }))
    .model
}

async function openModel(model: AnyModel, changes: Partial<Manifest> = {}): Promise<Scorer> {
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name: 'm' }), card: '# Card\n' })
  const { manifest } = fixtureBundle('linear', {
    inputs: inputs.filter(({ name }) => model.inputs.some(input => input.name === name)),
    classes: model.classes,
    positive: model.classes.at(-1) ?? '',
    files: bundle.entries,
    ...changes,
  })
  return unwrap(await openScorer({ manifest, files: bundle.files }))
}

test.each(['logistic', 'gbdt', 'text'] as const)(
  'four classes by %s: each fresh household gets the class and the probabilities that the trainer gives it',
  async learner => {
    const model = await train(levels, learner)
    const cutoffs = Object.fromEntries(model.classes.map(name => [name, 0.3]))
    await using scorer = await openModel(model, { conformal: { coverage: 0.9, cutoffs } })
    const atCentre = predictModel(model, tableOf(fresh, learner === 'text'))
    const said = unwrap(await scorer.scoreMany(fresh))
    for (const [
      row,
      { label, positive, probability, probabilities, possible, abstains, sure, missing },
    ] of said.entries()) {
      const expected = [...atCentre.subarray(row * 4, row * 4 + 4)]
      for (const [k, name] of model.classes.entries())
        expect(Math.abs(probabilities[name]! - expected[k]!)).toBeLessThan(1e-5)
      expect(positive).toBe(label)
      expect(probability).toBe(Math.max(...Object.values(probabilities)))
      expect(possible).toEqual(model.classes.filter(name => probabilities[name]! >= 0.3))
      const tooMuch = missing.length > 0.3 * scorer.manifest.inputs.length
      expect(abstains).toBe(tooMuch ? 'missing' : possible.length === 1 ? null : 'undecided')
      expect(sure).toBe(abstains === null)
    }
    expect(said.some(({ abstains }) => abstains === 'undecided')).toBe(true)
    expect(said.some(({ sure }) => sure)).toBe(true)
  },
  20_000,
)

test.each<[string, Target, TrainModelOptions['learner'], Partial<TrainModelOptions>]>([
  ['four classes, trees', levels, 'gbdt', {}],
  ['four classes, linear', levels, 'logistic', {}],
  ['four classes, text', levels, 'text', {}],
  ['two classes, regions', poor, 'gbdt', { regionColumn: 'region', calibration: 'isotonic' }],
  ['two classes, text', poor, 'text', {}],
  ['an amount, trees', amount, 'gbdt', {}],
])(
  'contributions add up to what is said of the class: %s',
  async (_, target, learner, options) => {
    const model = await train(target, learner, options)
    const model2 = asFormat2(model)
    const sums = createSums(model2)
    const explainer = createExplainer(model)
    for (const row of fresh.slice(0, 60)) {
      const all = sums(row)
      const mean = all.length === 1 ? 0 : all.reduce((a, b) => a + b, 0) / all.length
      for (const output of all.keys()) {
        const { expected, contributions } = explainer.explain(row, output)
        const offset = model2.regions?.offsets[model2.regions.values.indexOf(String(row['region']))] ?? 0
        const whole = contributions.reduce((a, b) => a + b, expected)
        expect(whole).toBeCloseTo(all[output]! - mean + offset, 8)
      }
    }
  },
  20_000,
)

test('the reason of a text names the words that moved it, in the direction in which it moved', async () => {
  const model = await train(poor, 'text')
  const explainer = createExplainer(model)
  const bad = explainer
    .reasons({ region: 'north', size: 3, note: textOf('Maji MBAYA sana') }, 0, 3)
    .find(({ input }) => input === 'note')
  expect(bad!.contribution).toBeGreaterThan(0)
  expect(bad!.words![0]).toBe('mbaya')
})

test('inputs that are read from one question count as one reason', async () => {
  const model = await train(poor, 'gbdt')
  const read = [
    { name: 'region', kind: 'category' as const, from: 'place' },
    { name: 'size', kind: 'number' as const, from: 'place' },
  ]
  const row = { region: 'south', size: 11 }
  const reasons = createExplainer(model, read).reasons(row, 0, 5)
  const each = createExplainer(model).reasons(row, 0, 5)
  expect(reasons.map(({ input }) => input)).toEqual(['place'])
  expect(reasons[0]!.contribution).toBeCloseTo(
    each.reduce((sum, { contribution }) => sum + contribution, 0),
    9,
  )
})

test('a model of amounts predicts and explains, and is not asked for a class', async () => {
  const model = await train(amount, 'gbdt')
  await using scorer = await openModel(model)
  const table = tableOf(fresh, false)
  const columns = new Map<string, Float32Array | string[]>(table.columns.map(({ name, values }) => [name, values]))
  const said = unwrap(await scorer.predictColumns({ rows: fresh.length, columns }))
  const expected = predictModel(model, table)
  expect(Math.max(...said.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4)
  expect(unwrap(await scorer.explain(fresh[0]!)).length).toBeGreaterThan(0)
  expect(await scorer.score(fresh[0]!)).toMatchObject({ ok: false, error: { fault: 'bundle.incompatible' } })
})
