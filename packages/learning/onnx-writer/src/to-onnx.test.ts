/**
 * The real runtime against a plain reading of the model, on random models: hand-made, so
 * that this room knows no trainer.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { LinearModel, Tree, TreeModel, WritableModel } from './models.ts'
import { toOnnx } from './to-onnx.ts'

interface Runtime {
  readonly create: (bytes: Uint8Array) => Promise<InferenceSession>
  readonly strings: (values: readonly string[]) => Tensor
  readonly floats: (values: readonly number[]) => Tensor
}
let runtime: Runtime

beforeAll(async () => {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  runtime = {
    create: bytes => InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 }),
    strings: values => new Tensor('string', [...values], [values.length, 1]),
    floats: values => new Tensor('float32', Float32Array.from(values), [values.length, 1]),
  }
})

type Cell = string | number
type Row = readonly Cell[]

/** Label and probability of the positive class of each row, as the graph says. */
async function ask(model: WritableModel, rows: readonly Row[]) {
  const session = await runtime.create(toOnnx(model, { name: 'test' }))
  try {
    const feeds = Object.fromEntries(
      model.inputs.map(({ name, kind }, i) => [
        name,
        kind === 'number'
          ? runtime.floats(rows.map(row => Number(row[i])))
          : runtime.strings(rows.map(row => String(row[i]))),
      ]),
    )
    const { label, probabilities } = await session.run(feeds)
    return {
      labels: [...(label!.data as unknown as string[])],
      probabilities: [...(probabilities!.data as Float32Array)],
      shape: probabilities!.dims,
      metadata: session.inputMetadata,
    }
  } finally {
    await session.release()
  }
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))

function read(model: WritableModel, row: Row): number {
  if (model.kind === 'linear') {
    const terms = model.inputs.map((input, i) => {
      const cell = row[i]!
      if (input.kind === 'category')
        return cell === '' ? input.missing : (input.weights[input.values.indexOf(String(cell))] ?? 0)
      const known = Number.isNaN(cell) ? input.mean : Math.min(input.high, Math.max(input.low, Number(cell)))
      return Math.fround(Math.fround(known - input.mean) * input.scale) * input.weight
    })
    return sigmoid(terms.reduce((a, b) => a + b, model.intercept))
  }
  const cells = model.inputs.map((input, i) => {
    if (input.kind === 'number') return Number(row[i])
    const place = input.order.indexOf(String(row[i]))
    return row[i] === '' || place < 0 ? Number.NaN : place
  })
  const sums = model.trees.map(tree => {
    let node = 0
    while (tree.feature[node]! >= 0) {
      const cell = cells[tree.feature[node]!]!
      const left = Number.isNaN(cell) ? tree.missingLeft[node] === 1 : cell <= tree.threshold[node]!
      node = left ? tree.left[node]! : tree.right[node]!
    }
    return tree.value[node]!
  })
  return sigmoid(sums.reduce((a, b) => a + b, model.base))
}

const LARGEST = 3.4028234663852886e38
const answers = ['iron', 'thatch', 'tôle', 'ሳር', ' ', 'yes no', '1']
const float = (min: number, max: number) => fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true })
const category = fc.oneof(fc.constantFrom(...answers), fc.constantFrom('', 'never seen', 'IRON'))
const number = fc.oneof(
  float(-50, 50),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Number.NaN, LARGEST, -LARGEST, 1e-45, 0, -0),
)
const kinds = fc.array(fc.constantFrom('category' as const, 'number' as const), { minLength: 1, maxLength: 6 })
const cellOf = (kind: 'category' | 'number'): fc.Arbitrary<Cell> => (kind === 'category' ? category : number)

const linearInput = (kind: 'category' | 'number', i: number): fc.Arbitrary<LinearModel['inputs'][number]> =>
  kind === 'category'
    ? fc.uniqueArray(fc.constantFrom(...answers), { maxLength: 5 }).chain(values =>
        fc.record({
          name: fc.constant(`q${i}`),
          kind: fc.constant(kind),
          values: fc.constant(values),
          weights: fc.array(float(-2, 2), { minLength: values.length, maxLength: values.length }),
          missing: float(-2, 2),
        }),
      )
    : fc.record({
        name: fc.constant(`q${i}`),
        kind: fc.constant(kind),
        mean: float(-10, 10),
        scale: float(0, 1),
        weight: float(-1, 1),
        low: float(-30, -10),
        high: float(10, 30),
      })

const linear: fc.Arbitrary<LinearModel> = kinds.chain(all =>
  fc.record({
    kind: fc.constant('linear' as const),
    classes: fc.constant(['no', 'yes']),
    inputs: fc.tuple(...all.map(linearInput)),
    intercept: float(-3, 3),
  }),
)

/** Whole numbers below 2^20, from a linear congruence: plain, and printed by its seed. */
function createDice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 12
  }
}

/** A random tree: each branch is drawn from the dice, to a depth of four. */
function growFrom(dice: () => number, kinds: readonly ('category' | 'number')[], value: () => number): Tree {
  const tree: { [K in keyof Tree]: number[] } = {
    feature: [],
    threshold: [],
    left: [],
    right: [],
    missingLeft: [],
    value: [],
  }
  const grow = (depth: number): number => {
    const node = tree.feature.length
    const isLeaf = depth === 4 || dice() % 4 === 0
    const feature = isLeaf ? -1 : dice() % kinds.length
    tree.feature.push(feature)
    const threshold = kinds[feature] === 'category' ? (dice() % 5) + 0.5 : Math.fround((dice() % 600) / 7 - 40)
    tree.threshold.push(isLeaf ? 0 : dice() % 9 === 0 ? LARGEST : threshold)
    tree.missingLeft.push(isLeaf ? 0 : dice() % 2)
    tree.value.push(isLeaf ? Math.fround(value()) : 0)
    tree.left.push(0)
    tree.right.push(0)
    if (!isLeaf) {
      tree.left[node] = grow(depth + 1)
      tree.right[node] = grow(depth + 1)
    }
    return node
  }
  grow(0)
  return tree
}

/** `sign` +1: no leaf is negative, which the runtime reads otherwise. */
const treesOf = (sign: 1 | 0): fc.Arbitrary<TreeModel> =>
  fc
    .record({
      all: kinds,
      count: fc.integer({ min: 0, max: 8 }),
      seed: fc.nat(),
      base: float(-2, 2),
    })
    .map(({ all, count, seed, base }) => {
      const dice = createDice(seed)
      const value = () => (sign === 1 ? 1 : dice() % 2 === 0 ? 1 : -1) * ((dice() % 1_000) / 2_000)
      return {
        kind: 'trees',
        classes: ['no', 'yes'],
        inputs: all.map((kind, i) =>
          kind === 'category' ? { name: `q${i}`, kind, order: answers.slice(0, dice() % 6) } : { name: `q${i}`, kind },
        ),
        base,
        trees: Array.from({ length: count }, () => growFrom(dice, all, value)),
      }
    })

const withRows = <M extends WritableModel>(models: fc.Arbitrary<M>) =>
  models.chain(model =>
    fc.record({
      model: fc.constant(model),
      rows: fc
        .array(fc.tuple(...model.inputs.map(({ kind }) => cellOf(kind))), { minLength: 1, maxLength: 20 })
        .map((rows): readonly Row[] => [
          ...rows,
          model.inputs.map(({ kind }) => (kind === 'number' ? Number.NaN : '')),
          model.inputs.map(({ kind }) => (kind === 'number' ? LARGEST : 'never seen')),
          model.inputs.map(({ kind }) => (kind === 'number' ? -LARGEST : 'never seen')),
        ]),
    }),
  )

describe.each([
  ['linear', withRows<WritableModel>(linear)],
  ['trees', withRows<WritableModel>(treesOf(0))],
  ['trees without a negative leaf', withRows<WritableModel>(treesOf(1))],
])('%s', (_, models) => {
  test('O1 O2 the graph says what the model says, within 1e-5, and it is finite', async () => {
    await fc.assert(
      fc.asyncProperty(models, async ({ model, rows }) => {
        const { labels, probabilities, shape } = await ask(model, rows)
        expect(shape).toEqual([rows.length, 2])
        for (const [i, row] of rows.entries()) {
          const expected = read(model, row)
          expect(Math.abs(probabilities[2 * i + 1]! - expected)).toBeLessThan(1e-5)
          expect(Math.abs(probabilities[2 * i]! - (1 - expected))).toBeLessThan(1e-5)
          const isTie = Math.abs(expected - 0.5) < 1e-5
          expect(isTie || labels[i] === (expected > 0.5 ? 'yes' : 'no')).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })
})

const small: LinearModel = {
  kind: 'linear',
  classes: ['no', 'yes'],
  intercept: Math.fround(-0.4),
  inputs: [
    { name: 'roof', kind: 'category', values: ['iron'], weights: [1], missing: 0 },
    { name: 'size', kind: 'number', mean: 0, scale: 1, weight: 0.5, low: -10, high: 10 },
  ],
}

test('O3 the same model has the same bytes', () => {
  fc.assert(
    fc.property(linear, model => {
      expect(toOnnx(structuredClone(model), { name: 'a' })).toEqual(toOnnx(model, { name: 'a' }))
    }),
    { numRuns: 20 },
  )
})

test('a graph asks by question name, string or float32', async () => {
  const { metadata } = await ask(small, [['iron', 1]])
  expect(metadata).toMatchObject([
    { name: 'roof', type: 'string', shape: ['rows', 1] },
    { name: 'size', type: 'float32', shape: ['rows', 1] },
  ])
})

test('a prior of an intercept alone says its base rate of everyone', async () => {
  const prior: LinearModel = {
    ...small,
    inputs: small.inputs.map(input =>
      input.kind === 'category' ? { ...input, values: [], weights: [] } : { ...input, weight: 0 },
    ),
  }
  const { probabilities } = await ask(prior, [
    ['iron', 3],
    ['', Number.NaN],
  ])
  expect(probabilities[1]).toBeCloseTo(sigmoid(-0.4), 6)
  expect(probabilities[3]).toBeCloseTo(sigmoid(-0.4), 6)
})

test('what belongs with the file travels in it', () => {
  const bytes = toOnnx(small, { name: 'vulnerability', metadata: { release: 'r-17' } })
  const text = Buffer.from(bytes).toString('latin1')
  for (const word of ['vulnerability', 'release', 'r-17', 'ai.onnx.ml', 'murram']) expect(text).toContain(word)
})

test.each([
  ['no input', 'without inputs', { ...small, inputs: [] }],
  [
    'two inputs of one name',
    'same name',
    { ...small, inputs: [small.inputs[0]!, { ...small.inputs[1]!, name: 'roof' }] },
  ],
  ['an input called label', 'called label', { ...small, inputs: [{ ...small.inputs[0]!, name: 'label' }] }],
  ['three classes', 'binary', { ...small, classes: ['a', 'b', 'c'] }],
])('a model with %s is refused', (_, reason, model) => {
  expect(() => toOnnx(model, { name: 'x' })).toThrow(reason)
})
