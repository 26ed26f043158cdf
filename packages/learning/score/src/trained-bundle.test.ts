/** The way of a model, with the rooms it passes through: trained, written, bundled, opened. */
import { unwrap } from '@murram/ground'
import {
  conformalCutoffs,
  fitLogistic,
  fitTrees,
  predict,
  priorModel,
  type Labels,
  type Model as TrainedModel,
  type Table,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { expect, test } from 'vitest'
import { makeBundle } from './bundle.ts'
import { fixtureBundle } from './fixture-bundle.ts'
import type { FeatureRow } from './answers.ts'
import { toFeatureRow } from './feature-row.ts'
import type { Manifest } from './manifest.ts'
import { openScorer } from './open-scorer.ts'

const ROWS = 1_500
const at = (row: number, column: number, sides: number) => {
  let mixed = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return ((mixed ^ (mixed >>> 15)) >>> 0) % sides
}

/** XForm answers of one household; some questions are blank, some were not asked. */
const answersOf = (household: number): ReadonlyMap<string, string> =>
  new Map(
    [
      ['roof', ['iron', 'thatch', 'tile', ''][at(household, 1, 4)]!] as const,
      ['members', String(1 + at(household, 2, 12))] as const,
      ['distance', at(household, 3, 6) === 0 ? '' : (at(household, 3, 40_000) / 10).toFixed(1)] as const,
    ].filter((_, question) => at(household, 10 + question, 15) > 0),
  )

const inputs = [
  { name: 'roof', kind: 'category' },
  { name: 'members', kind: 'number' },
  { name: 'distance', kind: 'number' },
] as const

const rowsOf = (from: number, to: number): FeatureRow[] =>
  Array.from({ length: to - from }, (_, i) => unwrap(toFeatureRow(answersOf(from + i), inputs)))

const tableOf = (rows: readonly FeatureRow[]): Table => ({
  rows: rows.length,
  columns: inputs.map(({ name, kind }) =>
    kind === 'category'
      ? { name, kind, values: rows.map(row => String(row[name])) }
      : { name, kind, values: Float32Array.from(rows, row => Number(row[name])) },
  ),
})

const labelsOf = (rows: readonly FeatureRow[], from: number): Labels => ({
  classes: ['not poor', 'poor'],
  codes: Uint8Array.from(rows, (row, i) => {
    const members = Number.isNaN(row['members']) ? 6 : Number(row['members'])
    return (row['roof'] === 'thatch' ? 5 : 0) + members + at(from + i, 7, 8) > 12 ? 1 : 0
  }),
})

const seen = rowsOf(0, ROWS)
const fresh = rowsOf(ROWS, ROWS + 600)
const labels = labelsOf(seen, 0)
const options = { seed: 3, groups: seen.map((_, row) => `h${Math.floor(row / 2)}`) }

function bundleOf(model: TrainedModel, conformal: Manifest['conformal']) {
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name: 'vulnerability' }), card: '# Card\n' })
  const { manifest } = fixtureBundle('linear', { inputs, classes: model.classes, files: bundle.entries, conformal })
  return { manifest, files: bundle.files }
}

test.each(['logistic', 'trees'] as const)(
  '%s: on the device as at the centre, for every fresh household',
  async kind => {
    const table = tableOf(seen)
    const { model, outOfFold } =
      kind === 'trees' ? unwrap(fitTrees(table, labels, options)) : unwrap(fitLogistic(table, labels, options))
    const cutoffs = conformalCutoffs(outOfFold, labels, 0.95)
    await using scorer = unwrap(await openScorer(bundleOf(model, { coverage: 0.95, cutoffs })))

    const atCentre = predict(model, tableOf(fresh))
    const onDevice = unwrap(await scorer.scoreMany(fresh))
    expect(Math.max(...onDevice.map(({ probability }, row) => Math.abs(probability - atCentre[row]!)))).toBeLessThan(
      1e-5,
    )

    // Fresh households keep their true class among the possible ones as often as was promised.
    const { codes, classes } = labelsOf(fresh, ROWS)
    const covered = onDevice.filter(({ probabilities }, row) => {
      const truth = classes[codes[row]!]!
      return probabilities[truth]! >= cutoffs[truth]!
    })
    expect(covered.length / fresh.length).toBeGreaterThan(0.925)

    // Where all was answered, sure is right more often than unsure: that is what it is for.
    const rightShare = (sure: boolean) => {
      const those = onDevice.flatMap((said, row) =>
        said.sure === sure && said.missing.length === 0 ? [said.label === classes[codes[row]!]] : [],
      )
      return those.filter(Boolean).length / those.length
    }
    expect(rightShare(true)).toBeGreaterThan(0.85)
    expect(rightShare(true)).toBeGreaterThan(rightShare(false) + 0.1)

    const heaviest = onDevice.map(({ reasons }) => reasons[0]?.input)
    expect(heaviest.filter(input => input === 'distance').length).toBeLessThan(fresh.length / 20)
  },
)

test('a prior: the same way, and never sure', async () => {
  const model = priorModel({
    classes: labels.classes,
    baseRate: 0.4,
    points: { roof: { thatch: 1.2 }, members: { perUnit: 0.2 } },
    columns: inputs,
  })
  await using scorer = unwrap(await openScorer(bundleOf(model, null)))
  const [assessed] = unwrap(await scorer.scoreMany([{ roof: 'thatch', members: 9, distance: 10 }]))
  expect(assessed).toMatchObject({
    label: 'poor',
    sure: false,
    reasons: [
      { input: 'members', contribution: expect.closeTo(1.8, 5) as number },
      { input: 'roof', contribution: expect.closeTo(1.2, 5) as number },
    ],
  })
})
