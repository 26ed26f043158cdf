/**
 * Models of several classes, of amounts, of text, with knots and regions: the real runtime
 * against a plain reading of the model, on random models. And Debian's checker, where it is.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type {
  Isotonic,
  LinearModel2,
  LinearText,
  RegionOffsets,
  Task,
  TreeModel2,
  WritableModel2,
} from './models-format-2.ts'
import type { Tree } from './models.ts'
import { toOnnx, type WritableModel } from './to-onnx.ts'

type Cell = string | number
const LARGEST = 3.4028234663852886e38
const float = (min: number, max: number) => fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true })

/** What the graph says of each row, one list a row. */
async function ask(model: WritableModel2, rows: readonly (readonly Cell[])[]) {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(toOnnx(model, { name: 'test' }), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const shape = [rows.length, 1]
    const feeds = Object.fromEntries(
      model.inputs.map(({ name, kind }, i) => [
        name,
        kind === 'number'
          ? new Tensor(
              'float32',
              Float32Array.from(rows, row => Number(row[i])),
              shape,
            )
          : new Tensor(
              'string',
              rows.map(row => String(row[i])),
              shape,
            ),
      ]),
    )
    const said = await session.run(feeds)
    const { data, dims } = said[model.task === 'regression' ? 'value' : 'probabilities']!
    const width = dims[1]!
    const labels = model.task === 'regression' ? [] : [...(said['label']!.data as string[])]
    return {
      labels,
      said: rows.map((_, row) => [...(data as Float32Array).subarray(row * width, (row + 1) * width)]),
    }
  } finally {
    await session.release()
  }
}

// ── a plain reading ──

function sumsOf(model: WritableModel2, row: readonly Cell[]): number[] {
  if (model.kind === 'trees')
    return model.base.map((base, k) =>
      model.trees[k]!.reduce((sum, tree) => {
        let node = 0
        while (tree.feature[node]! >= 0) {
          const input = model.inputs[tree.feature[node]!]!
          const cell = row[tree.feature[node]!]!
          const place = input.kind === 'category' ? input.orders[k]!.indexOf(String(cell)) : 0
          const value = input.kind === 'number' ? Number(cell) : cell === '' || place < 0 ? Number.NaN : place
          const left = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!
          node = left ? tree.left[node]! : tree.right[node]!
        }
        return sum + tree.value[node]!
      }, base),
    )
  return model.intercepts.map((intercept, k) =>
    model.inputs.reduce((sum, input, i) => {
      const cell = row[i]!
      if (input.kind === 'text') return sum + textSum(input, String(cell), k)
      if (input.kind === 'category')
        return sum + (cell === '' ? input.missing[k]! : (input.weights[input.values.indexOf(String(cell))]?.[k] ?? 0))
      const known = Number.isNaN(cell) ? input.mean : Math.min(input.high, Math.max(input.low, Number(cell)))
      return sum + Math.fround(Math.fround(known - input.mean) * input.scale) * input.weight[k]!
    }, intercept),
  )
}

function textSum({ blocks }: LinearText, text: string, output: number): number {
  return blocks.reduce((sum, { by, lengths: [low, high], grams, idf, weights, step }) => {
    const tokens = by === 'word' ? (text.match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []) : Array.from(text)
    const counts = grams.map(() => 0)
    for (let size = low; size <= high; size++)
      for (let from = 0; from + size <= tokens.length; from++) {
        const place = grams.indexOf(tokens.slice(from, from + size).join(by === 'word' ? ' ' : ''))
        if (place >= 0) counts[place]! += 1
      }
    const worths = counts.map((count, i) => (count === 0 ? 0 : (1 + Math.log(count)) * idf[i]!))
    const norm = Math.sqrt(worths.reduce((all, worth) => all + worth * worth, 0))
    if (norm === 0) return sum
    return sum + worths.reduce((all, worth, i) => all + (worth / norm) * Math.fround(weights[output]![i]! * step), 0)
  }, 0)
}

function read(model: WritableModel2, row: readonly Cell[]): number[] {
  const sums = sumsOf(model, row)
  if (model.task === 'regression') return sums
  if (model.task === 'multiclass') {
    const weights = sums.map(sum => Math.exp(sum - Math.max(...sums)))
    return weights.map(weight => weight / weights.reduce((a, b) => a + b, 0))
  }
  const { regions, isotonic } = model
  const region = regions === undefined ? -1 : model.inputs.findIndex(({ name }) => name === regions.input)
  const offset = regions?.offsets[regions.values.indexOf(String(row[region] ?? ''))] ?? 0
  const logit = sums[0]! + offset
  const p = isotonic === undefined ? 1 / (1 + Math.exp(-logit)) : onLine(isotonic, logit)
  return [1 - p, p]
}

function onLine({ threshold, value }: Isotonic, x: number): number {
  if (x <= threshold[0]!) return value[0]!
  const next = threshold.findIndex(t => t >= x)
  if (next < 0) return value.at(-1)!
  const share = (x - threshold[next - 1]!) / (threshold[next]! - threshold[next - 1]!)
  return value[next - 1]! + share * (value[next]! - value[next - 1]!)
}

// ── random models ──

const answers = ['iron', 'thatch', 'tile', 'Maïs', 'ሰላም', '2']
const words = ['maji', 'safi', 'sana', 'é', 'ሰላም', '!', 'na', '😀']
type Kind = 'number' | 'category' | 'text'

const cellOf = (kind: Kind): fc.Arbitrary<Cell> =>
  kind === 'number'
    ? fc.oneof(float(-50, 50), fc.constant(Number.NaN))
    : kind === 'category'
      ? fc.constantFrom(...answers, 'never seen', '')
      : fc
          .array(fc.constantFrom(...words, 'other'), { maxLength: 6 })
          .map(all => (all.length === 0 ? '' : ` ${all.join(' ')} `))

const shapes = fc
  .record({
    task: fc.constantFrom<Task>('binary', 'multiclass', 'regression'),
    classes: fc.integer({ min: 3, max: 5 }),
    seed: fc.nat(),
    isCalibrated: fc.boolean(),
    hasRegions: fc.boolean(),
  })
  .map(({ task, classes, ...rest }) => ({
    ...rest,
    task,
    outputs: task === 'multiclass' ? classes : 1,
    classes: task === 'regression' ? [] : task === 'binary' ? ['no', 'yes'] : answers.slice(0, classes),
  }))
type Shape = typeof shapes extends fc.Arbitrary<infer S> ? S : never

const createDice = (seed: number) => {
  let state = seed >>> 0
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 10) % sides
  }
}
type Dice = ReturnType<typeof createDice>
const anyOf = (dice: Dice) => Math.fround((dice(2_000) - 1_000) / 700)
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

function corrections(
  { task, isCalibrated, hasRegions }: Shape,
  dice: Dice,
): {
  isotonic?: Isotonic
  regions?: RegionOffsets
} {
  if (task !== 'binary') return {}
  const knots = 1 + dice(6)
  const rising = times(knots, i => Math.fround((i + 1) / (knots + 2)))
  const isotonic: Isotonic = {
    kind: 'isotonic',
    threshold: times(knots, i => Math.fround((i - knots / 2) / 2 + dice(100) / 400)),
    value: rising,
  }
  const regions: RegionOffsets = { input: 'region', values: answers.slice(0, 3), offsets: times(3, () => anyOf(dice)) }
  return { ...(isCalibrated ? { isotonic } : {}), ...(hasRegions ? { regions } : {}) }
}

function textInput(name: string, outputs: number, dice: Dice): LinearText {
  const block = (by: 'word' | 'char', grams: readonly string[], lengths: readonly [number, number]) => ({
    by,
    lengths,
    grams,
    idf: grams.map(() => Math.fround(1 + dice(300) / 100)),
    weights: times(outputs, () => grams.map(() => dice(255) - 127)),
    step: Math.fround(0.013),
  })
  return {
    name,
    kind: 'text',
    normalise: 'words',
    blocks: [
      block('word', ['maji', 'safi', 'ሰላም', 'é', 'maji safi', 'sana na'], [1, 2]),
      block('char', [' m', 'a ', 'am', 'aj', '! ', 'ሰላ', ' 😀 ', 'a m', 'ana', 'maj', 'safi'], [2, 4]),
    ],
  }
}

const linearOf = (shape: Shape): LinearModel2 => {
  const { task, classes, outputs, seed } = shape
  const dice = createDice(seed)
  return {
    format: 2,
    kind: 'linear',
    task,
    classes,
    intercepts: times(outputs, () => anyOf(dice)),
    inputs: [
      {
        name: 'region',
        kind: 'category',
        values: answers.slice(0, 4),
        weights: times(4, () => times(outputs, () => anyOf(dice))),
        missing: times(outputs, () => anyOf(dice)),
      },
      ...times(dice(3), i => ({
        name: `n${i}`,
        kind: 'number' as const,
        mean: anyOf(dice),
        scale: Math.fround(dice(100) / 50),
        weight: times(outputs, () => anyOf(dice)),
        low: -20,
        high: Math.fround(20 + dice(20)),
      })),
      ...times(dice(3), i => textInput(`t${i}`, outputs, dice)),
    ],
    ...corrections(shape, dice),
  }
}

function growTree(dice: Dice, kinds: readonly Kind[]): Tree {
  const tree = {
    feature: [] as number[],
    threshold: [] as number[],
    left: [] as number[],
    right: [] as number[],
    missingLeft: [] as number[],
    value: [] as number[],
  }
  const grow = (depth: number): number => {
    const node = tree.feature.length
    const isLeaf = depth === 3 || dice(4) === 0
    const feature = isLeaf ? -1 : dice(kinds.length)
    tree.feature.push(feature)
    tree.threshold.push(isLeaf ? 0 : kinds[feature] === 'category' ? dice(4) + 0.5 : Math.fround(dice(600) / 7 - 40))
    tree.missingLeft.push(isLeaf ? 0 : dice(2))
    tree.value.push(isLeaf ? Math.fround(anyOf(dice) / 4) : 0)
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

const treesOf = (shape: Shape): TreeModel2 => {
  const { task, classes, outputs, seed } = shape
  const dice = createDice(seed)
  const kinds: Kind[] = ['category', ...times(1 + dice(3), () => 'number' as const), 'category']
  return {
    format: 2,
    kind: 'trees',
    task,
    classes,
    base: times(outputs, () => anyOf(dice)),
    inputs: kinds.map((kind, i) =>
      kind === 'number'
        ? { name: `n${i}`, kind }
        : {
            name: i === 0 ? 'region' : `c${i}`,
            kind: 'category',
            orders: times(outputs, k => (k % 2 === 0 ? answers.slice(0, 4) : answers.slice(1, 5).toReversed())),
          },
    ),
    trees: times(outputs, () => times(dice(5), () => growTree(dice, kinds))),
    ...corrections(shape, dice),
  }
}

const withRows = (models: fc.Arbitrary<WritableModel2>) =>
  models.chain(model =>
    fc.record({
      model: fc.constant(model),
      rows: fc
        .array(fc.tuple(...model.inputs.map(({ kind }) => cellOf(kind))), { minLength: 1, maxLength: 12 })
        .map((rows): readonly (readonly Cell[])[] => [
          ...rows,
          model.inputs.map(({ kind }) => (kind === 'number' ? Number.NaN : '')),
          model.inputs.map(({ kind }) =>
            kind === 'number' ? LARGEST : kind === 'text' ? ' never seen ' : 'never seen',
          ),
          model.inputs.map(({ kind }) => (kind === 'number' ? -LARGEST : '')),
        ]),
    }),
  )

test.each([
  ['linear', withRows(shapes.map(linearOf))],
  ['trees', withRows(shapes.map(treesOf))],
])('O1 O2 %s of any task: the graph says what the model says, within 1e-5, and it is finite', async (_, models) => {
  await fc.assert(
    fc.asyncProperty(models, async ({ model, rows }) => {
      const { labels, said } = await ask(model, rows)
      for (const [i, row] of rows.entries()) {
        const expected = read(model, row)
        expect(said[i]!.length).toBe(expected.length)
        const distances = expected.map((value, k) => Math.abs(value - said[i]![k]!))
        expect(Math.max(...distances)).toBeLessThan(1e-5)
        if (model.task === 'regression') continue
        const sorted = expected.toSorted((a, b) => b - a)
        const isTie = sorted[0]! - sorted[1]! < 1e-5
        expect(isTie || labels[i] === model.classes[expected.indexOf(sorted[0]!)]).toBe(true)
      }
    }),
    { numRuns: 120, seed: 5 },
  )
})

test('O3 the same model has the same bytes', () => {
  fc.assert(
    fc.property(shapes, shape => {
      expect(toOnnx(linearOf(shape), { name: 'a' })).toEqual(toOnnx(structuredClone(linearOf(shape)), { name: 'a' }))
    }),
    { numRuns: 10, seed: 5 },
  )
})

const sample: Shape = {
  task: 'binary',
  outputs: 1,
  classes: ['no', 'yes'],
  seed: 11,
  isCalibrated: true,
  hasRegions: true,
}

test.each<[string, string, WritableModel2]>([
  ['a class too few', 'classes', { ...linearOf(sample), classes: ['yes'] }],
  ['several classes and one output', 'outputs', { ...linearOf(sample), task: 'multiclass', classes: ['a', 'b', 'c'] }],
  [
    'regions of an input that is not there',
    'no category',
    { ...linearOf(sample), regions: { input: 'x', values: [], offsets: [] } },
  ],
  ['knots without values', 'knots', { ...linearOf(sample), isotonic: { kind: 'isotonic', threshold: [1], value: [] } }],
  [
    'an amount with knots',
    'takes no correction',
    {
      ...linearOf({ ...sample, task: 'regression', classes: [] }),
      isotonic: { kind: 'isotonic', threshold: [1], value: [1] },
    },
  ],
])('a model with %s is refused', (_, reason, model) => {
  expect(() => toOnnx(model, { name: 'x' })).toThrow(reason)
})

const firstFormat: readonly WritableModel[] = [
  {
    kind: 'linear',
    classes: ['no', 'yes'],
    intercept: 1,
    inputs: [
      { name: 'roof', kind: 'category', values: ['iron'], weights: [1], missing: 0 },
      { name: 'size', kind: 'number', mean: 0, scale: 1, weight: 0.5, low: -10, high: 10 },
    ],
  },
  {
    kind: 'trees',
    classes: ['no', 'yes'],
    base: 1,
    inputs: [
      { name: 'roof', kind: 'category', order: ['iron'] },
      { name: 'size', kind: 'number' },
    ],
    trees: [growTree(createDice(3), ['category', 'number'])],
  },
]

const PYTHON = '/usr/bin/python3'
const hasChecker = spawnSync(PYTHON, ['-c', 'import onnx'], { stdio: 'ignore' }).status === 0
const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(onnx.load(path), full_check=True)
print(len(sys.argv) - 1, "passed")`

test(`ONNX's own checker passes every kind of graph${hasChecker ? '' : ' (not installed here: nothing was checked)'}`, () => {
  if (!hasChecker) return
  const folder = mkdtempSync(join(tmpdir(), 'graphs-'))
  try {
    const tasks: readonly Shape[] = [
      sample,
      { ...sample, isCalibrated: false, hasRegions: false },
      { ...sample, task: 'multiclass', outputs: 4, classes: answers.slice(0, 4) },
      { ...sample, task: 'regression', classes: [] },
    ]
    const models: readonly WritableModel[] = [
      ...tasks.flatMap(shape => [linearOf({ ...shape, seed: 4 }), linearOf(shape), treesOf(shape)]),
      ...firstFormat,
    ]
    const files = models.map((model, i) => {
      const path = join(folder, `${i}.onnx`)
      writeFileSync(path, toOnnx(model, { name: 'checked', metadata: { of: 'a test' } }))
      return path
    })
    expect(execFileSync(PYTHON, ['-c', CHECK, ...files], { encoding: 'utf8' })).toContain(`${files.length} passed`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
