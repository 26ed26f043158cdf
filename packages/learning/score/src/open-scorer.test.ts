/** The real runtime on real bundles: what is opened, what is refused, what is said. */
import { readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { sha256 } from '@murram/seal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyFiles, type BundleFiles } from './bundle.ts'
import { evaluate } from './evaluate.ts'
import { fixtureBundle, fixtureGraph, type TestBundle } from './fixture-bundle.ts'
import type { FeatureRow } from './answers.ts'
import type { Manifest } from './manifest.ts'
import type { Model1 } from './model-format-1.ts'
import { openScorer } from './open-scorer.ts'
import { vectorRows, type Vectors } from './vectors.ts'

const household: FeatureRow = { roof: 'thatch', water: 'source 2', size: 10, distance: 300 }
const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** A bundle with one file replaced, and a manifest that says so: signed by a mistaken centre. */
function replaced(
  { manifest, files }: TestBundle,
  name: string,
  bytes: Uint8Array,
): { manifest: Manifest; files: BundleFiles } {
  const entry = { name, sha256: sha256(bytes), sizeBytes: bytes.length }
  return {
    manifest: { ...manifest, files: manifest.files.map(file => (file.name === name ? entry : file)) },
    files: new Map([...files, [name, bytes]]),
  }
}

const refusal = async (source: { manifest: Manifest; files: BundleFiles }) => {
  const opened = await openScorer(source)
  if (opened.ok) await opened.value[Symbol.asyncDispose]()
  return opened.ok ? 'opened' : opened.error
}

describe.each(['linear', 'trees'] as const)('%s', name => {
  const bundle = fixtureBundle(name)

  test('a sound bundle opens and scores', async () => {
    await using scorer = unwrap(await openScorer(bundle))
    const assessed = unwrap(await scorer.score(household))
    expect(assessed.probability).toBeCloseTo(evaluate(bundle.model, household), 6)
    expect(assessed.label).toBe('poor')
    expect(assessed.reasons[0]).toMatchObject({ input: expect.stringMatching(/roof|size/) as string })
    expect(assessed.reasons[0]!.contribution).toBeGreaterThan(0)
  })

  test('many rows at once are the same rows one by one, and agree with TypeScript within 1e-5', async () => {
    await using scorer = unwrap(await openScorer(bundle))
    const rows = vectorRows(JSON.parse(new TextDecoder().decode(bundle.files.get('vectors.json'))) as Vectors)
    const together = unwrap(await scorer.scoreMany(rows))
    expect(together.length).toBe(64)
    for (const [i, row] of rows.entries()) {
      const alone = unwrap(await scorer.score(row))
      // The runtime adds in another order in a batch: the last digit may differ, nothing else.
      expect(alone.probability).toBeCloseTo(together[i]!.probability, 6)
      const { label, sure, reasons, missing } = together[i]!
      expect(alone).toMatchObject({ label, sure, reasons, missing })
      expect(Math.abs(together[i]!.probability - evaluate(bundle.model, row))).toBeLessThan(1e-5)
    }
    expect(unwrap(await scorer.scoreMany([]))).toEqual([])
  })

  test('one flipped bit in any file is found by length and hash, before anything loads', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bundle.files.keys()), fc.nat(), fc.nat(7), (file, place, bit) => {
        const bytes = bundle.files.get(file)!.slice()
        bytes[place % bytes.length]! ^= 1 << bit
        const verified = verifyFiles(bundle.manifest, new Map([...bundle.files, [file, bytes]]))
        expect(verified).toMatchObject({ ok: false, error: { fault: 'bundle.hash-mismatch', data: { name: file } } })
      }),
    )
  })

  test('a file cut short or left out is found', async () => {
    const cut = new Map([...bundle.files, ['model.onnx', bundle.files.get('model.onnx')!.slice(0, -1)]])
    expect(await refusal({ manifest: bundle.manifest, files: cut })).toMatchObject({ fault: 'bundle.hash-mismatch' })
    const out = new Map([...bundle.files].filter(([file]) => file !== 'card.md'))
    expect(await refusal({ manifest: bundle.manifest, files: out })).toMatchObject({
      fault: 'bundle.hash-mismatch',
      detail: 'card.md is missing',
    })
  })

  test('a graph with one changed weight does not pass its test rows', async () => {
    const graph = fixtureGraph(name)
    expect(await refusal(replaced(bundle, 'model.onnx', withChangedWeight(graph, bundle.model)))).toMatchObject({
      fault: 'bundle.vectors-failed',
      detail: expect.stringContaining('model.onnx') as string,
    })
  })

  test('reasons from another model than the graph do not pass either', async () => {
    const other: Model1 =
      bundle.model.kind === 'linear'
        ? { ...bundle.model, intercept: bundle.model.intercept + 0.01 }
        : { ...bundle.model, base: bundle.model.base + 0.01 }
    expect(await refusal(replaced(bundle, 'trees.json', toBytes(other)))).toMatchObject({
      fault: 'bundle.vectors-failed',
      detail: expect.stringContaining('trees.json') as string,
    })
  })
})

/** Finds a float of the model in the file and adds a sixteenth to it. */
function withChangedWeight(graph: Uint8Array, model: Model1): Uint8Array {
  const weight = model.kind === 'trees' ? model.trees[0]!.value.find(value => value !== 0)! : 0.5
  const wanted = Buffer.alloc(4)
  wanted.writeFloatLE(weight)
  const changed = Buffer.from(graph)
  const at = changed.lastIndexOf(wanted)
  if (at < 0) throw new Error('the graph does not hold the weight')
  changed.writeFloatLE(weight + 1 / 16, at)
  return new Uint8Array(changed)
}

const bundle = fixtureBundle('linear')

test('a graph that gives no number is refused when it is opened', async () => {
  expect(await refusal(replaced(bundle, 'model.onnx', fixtureGraph('not-finite')))).toMatchObject({
    fault: 'score.not-finite',
  })
})

test('what is no graph does not load', async () => {
  expect(await refusal(replaced(bundle, 'model.onnx', toBytes('not a graph')))).toMatchObject({
    fault: 'bundle.load-failed',
  })
})

test.each([
  ['trees.json', toBytes({ format: 1, kind: 'forest' })],
  ['trees.json', new TextEncoder().encode('{')],
  ['vectors.json', toBytes({ format: 1, inputs: ['roof'], rows: [], expected: [] })],
])('%s that cannot be read is malformed', async (name, bytes) => {
  expect(await refusal(replaced(bundle, name, bytes))).toMatchObject({ fault: 'bundle.malformed' })
})

test('a tree whose children lead back is malformed: every walk must end', async () => {
  const trees = fixtureBundle('trees')
  if (trees.model.kind !== 'trees') throw new Error('another kind of model')
  const [first, ...rest] = trees.model.trees
  const circle = { ...trees.model, trees: [{ ...first!, left: first!.left.map(() => 0) }, ...rest] }
  expect(await refusal(replaced(trees, 'trees.json', toBytes(circle)))).toMatchObject({ fault: 'bundle.malformed' })
})

test('a manifest with other inputs or classes than the model is incompatible', async () => {
  const [first, ...rest] = bundle.manifest.inputs
  const swapped = { ...bundle.manifest, inputs: [...rest, first!] }
  expect(await refusal({ ...bundle, manifest: swapped })).toMatchObject({ fault: 'bundle.incompatible' })
  const turned = { ...bundle.manifest, classes: bundle.manifest.classes.toReversed(), positive: 'not poor' }
  expect(await refusal({ ...bundle, manifest: turned })).toMatchObject({ fault: 'bundle.incompatible' })
})

test('the manifest of another bundle does not open this one', async () => {
  const { files } = fixtureBundle('trees')
  expect(await refusal({ manifest: bundle.manifest, files })).toMatchObject({ fault: 'bundle.hash-mismatch' })
})

test('a graph that asks for something else, or by another kind, is named before it runs', async () => {
  const other = new Uint8Array(readFileSync(new URL('../fixtures/foreign/pipeline.onnx', import.meta.url)))
  expect(await refusal(replaced(bundle, 'model.onnx', other))).toMatchObject({
    fault: 'bundle.incompatible',
    detail: expect.stringMatching(/distance|water/) as string,
  })
})

test('a graph with an operator that no device has is refused by name', async () => {
  const oracle = new Uint8Array(readFileSync(new URL('../fixtures/foreign/custom-op.onnx', import.meta.url)))
  expect(await refusal(replaced(bundle, 'model.onnx', oracle))).toMatchObject({
    fault: 'bundle.incompatible',
    detail: expect.stringContaining('Divine') as string,
  })
})

test('the graph of another model is incompatible or fails its rows', async () => {
  const trees = fixtureBundle('trees')
  expect(await refusal(replaced(trees, 'model.onnx', fixtureGraph('linear')))).toMatchObject({
    fault: 'bundle.vectors-failed',
  })
})

test('an input of the wrong kind counts as missing, not as a crash', async () => {
  await using scorer = unwrap(await openScorer(bundle))
  const assessed = unwrap(await scorer.score({ roof: 3, water: 'source 2', size: 'ten', distance: 300 }))
  expect(Number.isFinite(assessed.probability)).toBe(true)
})
