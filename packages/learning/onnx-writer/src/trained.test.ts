/** What the trainer of the house makes, through the real runtime: the same answers as its own. */
import { unwrap } from '@murram/ground'
import {
  predict,
  priorModel,
  trainLogistic,
  trainTrees,
  type Column,
  type Labels,
  type Model,
  type Table,
} from '@murram/learn'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toOnnx } from './to-onnx.ts'

async function probabilities(model: Model, table: Table): Promise<number[]> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(toOnnx(model, { name: 'trained' }), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const shape = [table.rows, 1]
    const feeds = Object.fromEntries(
      table.columns.map(({ name, kind, values }) => [
        name,
        kind === 'number'
          ? new Tensor('float32', values, shape)
          : new Tensor(
              'string',
              values.map(value => value ?? ''),
              shape,
            ),
      ]),
    )
    const { probabilities } = await session.run(feeds)
    return [...(probabilities!.data as Float32Array)].filter((_, i) => i % 2 === 1)
  } finally {
    await session.release()
  }
}

const LARGEST = 3.4028234663852886e38
const category = fc.constantFrom('iron', 'thatch', 'tile', 'other', '', null)
const number = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 3, arbitrary: fc.float({ min: -1e6, max: 1e6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
)
const kinds = fc.array(fc.constantFrom('category' as const, 'number' as const), { minLength: 1, maxLength: 5 })

const columnOf = (kind: 'category' | 'number', i: number, rows: number): fc.Arbitrary<Column> => {
  const length = { minLength: rows, maxLength: rows }
  return kind === 'category'
    ? fc.array(category, length).map(values => ({ name: `q${i}`, kind, values }))
    : fc.array(number, length).map(values => ({ name: `q${i}`, kind, values: Float32Array.from(values) }))
}

const ROWS = 60
const surveys = kinds.chain(all =>
  fc.record({
    columns: fc.tuple(...all.map((kind, i) => columnOf(kind, i, ROWS))),
    codes: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: ROWS - 4, maxLength: ROWS - 4 }),
  }),
)

/** The same questions, answered as nobody did in training. */
const extremes = (columns: readonly Column[]): Table => ({
  rows: 4,
  columns: columns.map((column): Column =>
    column.kind === 'number'
      ? { ...column, values: Float32Array.of(Number.NaN, LARGEST, -LARGEST, 1e-45) }
      : { ...column, values: [null, 'never seen', 'IRON', 'iron'] },
  ),
})

test('O1 the graph of a trained model is the trained model, extremes included', async () => {
  await fc.assert(
    fc.asyncProperty(surveys, fc.nat(), async ({ columns, codes }, seed) => {
      const table: Table = { rows: ROWS, columns }
      const labels: Labels = { classes: ['no', 'yes'], codes: Uint8Array.from([0, 1, 0, 1, ...codes]) }
      const options = { seed, groups: Array.from({ length: ROWS }, (_, row) => `h${row % 25}`), folds: 3 }
      const models: readonly Model[] = [
        unwrap(trainLogistic(table, labels, options)),
        unwrap(trainTrees(table, labels, { ...options, rounds: 12, minRows: 3, patience: 5 })),
        priorModel({
          classes: labels.classes,
          baseRate: 0.3,
          points: { q0: { iron: 1, perUnit: 0.01 } },
          columns: columns.filter(column => column.kind !== 'text'),
        }),
      ]
      for (const model of models)
        for (const asked of [table, extremes(columns)]) {
          const expected = predict(model, asked)
          const distances = (await probabilities(model, asked)).map((p, row) => Math.abs(p - expected[row]!))
          expect(Math.max(...distances)).toBeLessThan(1e-5)
        }
    }),
    { numRuns: 25 },
  )
})
