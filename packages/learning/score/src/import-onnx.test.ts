/**
 * Graphs made elsewhere, as converters of scikit-learn write them (fixtures/foreign/make.py):
 * what is taken in says what scikit-learn says, and what does not fit is refused with its reason.
 */
import { readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { describe, expect, test } from 'vitest'
import type { FeatureRow } from './answers.ts'
import { makeBundle, type BundleFiles } from './bundle.ts'
import { fixtureBundle } from './fixture-bundle.ts'
import { importOnnx, type ImportOrder } from './import-onnx.ts'
import type { Manifest } from './manifest.ts'
import { checkOps, readOnnx } from './onnx-facts.ts'
import { openScorer } from './open-scorer.ts'
import { openPredictor } from './predictor.ts'
import { withoutZipMap } from './without-zipmap.ts'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/foreign/${name}`, import.meta.url))
const graph = (name: string): Uint8Array => new Uint8Array(fixture(`${name}.onnx`))
const known = JSON.parse(fixture('expected.json').toString()) as {
  rows: FeatureRow[]
  pipeline: number[]
  forest: number[][]
  amount: number[]
}
const roofs = ['iron', 'thatch', 'tile']
const coded = known.rows.map(row => ({ ...row, roof: roofs.indexOf(String(row['roof'])) }))

const pipeline: ImportOrder = {
  bytes: graph('pipeline'),
  inputs: [
    { name: 'roof', kind: 'category' },
    { name: 'size', kind: 'number' },
    { name: 'distance', kind: 'number' },
  ],
  task: 'binary',
  classes: ['rich', 'poor'],
  sample: known.rows,
}
const forest: ImportOrder = {
  bytes: graph('forest'),
  inputs: [
    { name: 'roof', kind: 'number' },
    { name: 'size', kind: 'number' },
    { name: 'distance', kind: 'number' },
  ],
  task: 'multiclass',
  classes: ['low', 'middle', 'high'],
  sample: coded,
}
const amount: ImportOrder = {
  bytes: graph('amount'),
  inputs: [
    { name: 'size', kind: 'number' },
    { name: 'distance', kind: 'number' },
  ],
  task: 'regression',
  classes: [],
  sample: known.rows,
}

async function bundleOf(order: ImportOrder): Promise<{ manifest: Manifest; files: BundleFiles }> {
  const { model, onnx, vectors } = unwrap(await importOnnx(order))
  const bundle = makeBundle({ model, onnx, card: '# Made elsewhere\n', vectors })
  const { manifest } = fixtureBundle('linear', {
    inputs: order.inputs,
    classes: order.classes,
    positive: order.classes.at(-1) ?? '',
    files: bundle.entries,
    conformal: null,
  })
  return { manifest, files: bundle.files }
}

describe('what is taken in says what scikit-learn says, within 1e-5', () => {
  test('a pipeline of one input a column, with the positive class first and a ZipMap', async () => {
    const { model, onnx, notes } = unwrap(await importOnnx(pipeline))
    expect(model.classColumns).toEqual([1, 0])
    expect(notes.join()).toContain('ZipMap was left out')
    await using predictor = unwrap(await openPredictor(onnx, model))
    const said = unwrap(await predictor.predict(known.rows.slice(0, 20)))
    for (const [i, p] of known.pipeline.entries()) expect(Math.abs(said[i]! - p)).toBeLessThan(1e-5)
  })

  test('a forest of one table, with classes as codes', async () => {
    const { model, onnx, notes } = unwrap(await importOnnx(forest))
    expect(notes.join()).toContain('0 is read as low')
    expect(notes.join()).toContain('in the order of the recipe')
    await using predictor = unwrap(await openPredictor(onnx, model))
    const said = unwrap(await predictor.predict(coded.slice(0, 20)))
    for (const [i, p] of known.forest.flat().entries()) expect(Math.abs(said[i]! - p)).toBeLessThan(1e-5)
  })

  test('an amount, through inputs of double width', async () => {
    const { model, onnx } = unwrap(await importOnnx(amount))
    await using predictor = unwrap(await openPredictor(onnx, model))
    const said = unwrap(await predictor.predict(known.rows.slice(0, 20)))
    for (const [i, value] of known.amount.entries()) expect(Math.abs(said[i]! - value)).toBeLessThan(1e-5)
  })
})

test('it becomes a bundle like ours: verified, tried, scored, with reasons', async () => {
  await using scorer = unwrap(await openScorer(await bundleOf(pipeline)))
  const row = { roof: 'thatch', size: 11, distance: 1 }
  const assessed = unwrap(await scorer.score(row))
  expect(assessed).toMatchObject({ label: 'poor', abstains: 'unmeasured', missing: [] })
  expect(assessed.reasons[0]!.contribution).toBeGreaterThan(0)
  expect(['roof', 'size']).toContain(assessed.reasons[0]!.input)
  await using levels = unwrap(await openScorer(await bundleOf(forest)))
  const named = unwrap(await levels.score({ roof: 1, size: 11, distance: 1 }))
  expect(named).toMatchObject({ label: 'high', positive: 'high' })
  expect(Object.values(named.probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
})

test('a graph that knows no blanks gets what is typical, and that is noted', async () => {
  const { model, notes, onnx } = unwrap(await importOnnx(pipeline))
  expect(model.takesBlanks).toBe(false)
  expect(notes.join()).toContain('takes no blank answers')
  await using predictor = unwrap(await openPredictor(onnx, model))
  expect(Number.isFinite(unwrap(await predictor.predict([{}]))[0])).toBe(true)
})

test.each<[string, string, ImportOrder]>([
  ['no ONNX file', 'no ONNX file', { ...pipeline, bytes: new TextEncoder().encode('PK\u0003\u0004 not a graph') }],
  ['an operator of another maker', 'Divine is of example.oracle', { ...amount, bytes: graph('custom-op') }],
  ['an operator that draws lots', 'RandomNormalLike', { ...amount, bytes: graph('by-lot') }],
  ['an operator that fails in the field', 'StringNormalizer', { ...amount, bytes: graph('lower-case') }],
  ['a question that the recipe does not have', 'it asks for roof', { ...pipeline, inputs: pipeline.inputs.slice(1) }],
  [
    'a question of the recipe that it does not ask',
    'does not ask for rooms',
    { ...pipeline, inputs: [...pipeline.inputs, { name: 'rooms', kind: 'number' }] },
  ],
  [
    'a text where the recipe has a number',
    'takes roof as text',
    { ...pipeline, inputs: [{ name: 'roof', kind: 'number' }, ...pipeline.inputs.slice(1)] },
  ],
  ['a table of another width', 'takes 3 columns; the recipe has 2', { ...forest, inputs: forest.inputs.slice(1) }],
  ['other classes', 'knows the classes poor, rich', { ...pipeline, classes: ['no', 'yes'] }],
  ['an amount where classes are asked for', 'fits', { ...amount, task: 'multiclass', classes: ['a', 'b', 'c'] }],
])('a file with %s is refused', async (_, reason, order) => {
  const taken = await importOnnx(order)
  expect(taken).toMatchObject({ ok: false, error: { detail: expect.stringContaining(reason) as string } })
})

test('what a file holds can be read without a runtime', () => {
  const facts = unwrap(readOnnx(graph('pipeline')))
  expect(facts).toMatchObject({
    producer: 'as-skl2onnx',
    opsets: { '': 17, 'ai.onnx.ml': 1 },
    inputs: [
      { name: 'roof', type: 'string', columns: 1 },
      { name: 'size', type: 'float', columns: 1 },
      { name: 'distance', type: 'float', columns: 1 },
    ],
    classes: ['poor', 'rich'],
    hasOutsideData: false,
  })
  expect(facts.nodes.map(({ op }) => op)).toContain('LinearClassifier')
})

test('a file without a ZipMap comes back as it is; one with it keeps all else', () => {
  const plain = graph('amount')
  expect(withoutZipMap(plain)).toBe(plain)
  const facts = unwrap(checkOps(withoutZipMap(graph('pipeline'))))
  expect(facts.nodes.map(({ op }) => op)).not.toContain('ZipMap')
  expect(facts.outputs).toEqual([
    { name: 'output_label', type: 'string', columns: null },
    { name: 'probabilities', type: 'float', columns: null },
  ])
})

test('no bytes make the reader throw: it reads or refuses', () => {
  const bytes = graph('pipeline')
  for (let place = 0; place < bytes.length; place += 7) {
    const flipped = bytes.slice()
    flipped[place]! ^= 0x55
    expect(typeof readOnnx(flipped).ok).toBe('boolean')
    expect(typeof checkOps(withoutZipMap(flipped.subarray(0, place))).ok).toBe('boolean')
  }
})
