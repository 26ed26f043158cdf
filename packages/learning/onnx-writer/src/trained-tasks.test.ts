/**
 * What the trainer makes of several classes, amounts, text, steps and regions, through the
 * real runtime: the same answers as its own, on rows as nobody gave in training too.
 */
import { unwrap } from '@murram/ground'
import { predictModel, trainModel, type AnyModel, type Column, type Table, type Target } from '@murram/learn'
import { expect, test } from 'vitest'
import { toOnnx } from './to-onnx.ts'

const ROWS = 400
const LARGEST = 3.4028234663852886e38
const at = (row: number, salt: number, sides: number) => (Math.imul(row + 1, 2_654_435_761 + 2 * salt) >>> 12) % sides
const words = ['maji', 'safi', 'sana', 'mbaya', 'kabisa', 'ሰላም', 'é', '!', '😀']

const tableOf = (from: number, rows: number, hasText: boolean): Table => {
  const ids = Array.from({ length: rows }, (_, i) => from + i)
  const text: Column = {
    name: 'note',
    kind: 'text',
    values: ids.map(row =>
      row % 11 === 0 ? null : Array.from({ length: 1 + at(row, 9, 6) }, (_, i) => words[at(row, 10 + i, 9)]).join(' '),
    ),
  }
  return {
    rows,
    columns: [
      { name: 'region', kind: 'category', values: ids.map(row => ['north', 'south', 'west', null][at(row, 1, 4)]!) },
      {
        name: 'size',
        kind: 'number',
        values: Float32Array.from(ids, row => (row % 13 === 0 ? Number.NaN : at(row, 3, 12) / 3)),
      },
      ...(hasText ? [text] : []),
    ],
  }
}

/** The same questions, answered as nobody did in training. */
const extremes = (hasText: boolean): Table => ({
  rows: 4,
  columns: [
    { name: 'region', kind: 'category', values: [null, 'never seen', 'North', 'north'] },
    { name: 'size', kind: 'number', values: Float32Array.of(Number.NaN, LARGEST, -LARGEST, 1e-45) },
    ...(hasText ? [{ name: 'note', kind: 'text' as const, values: [null, 'ጤና unknown', ' \n ', 'MAJI  safi!'] }] : []),
  ],
})

const points = (row: number) =>
  at(row, 3, 12) + (at(row, 1, 4) === 1 ? 5 : 0) + (words[at(row, 10, 9)] === 'mbaya' ? 6 : 0) + at(row, 5, 5)
const targets: Readonly<Record<Target['task'], Target>> = {
  binary: {
    task: 'binary',
    classes: ['no', 'yes'],
    codes: Uint8Array.from({ length: ROWS }, (_, row) => (points(row) > 10 ? 1 : 0)),
  },
  multiclass: {
    task: 'multiclass',
    classes: ['a', 'b', 'c', 'd'],
    codes: Uint8Array.from({ length: ROWS }, (_, row) => Math.min(3, Math.floor(points(row) / 6))),
  },
  regression: { task: 'regression', values: Float64Array.from({ length: ROWS }, (_, row) => 100 * points(row)) },
}

async function ask(model: AnyModel, { rows, columns }: Table): Promise<number[]> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(toOnnx(model, { name: 'trained' }), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const shape = [rows, 1]
    const ready = (value: string | null) => {
      const small = (value ?? '').normalize('NFC').toLowerCase().replace(/\s+/gu, ' ').trim()
      return small === '' ? '' : ` ${small} `
    }
    const feeds = Object.fromEntries(
      columns.map(({ name, kind, values }) => [
        name,
        kind === 'number'
          ? new Tensor('float32', values, shape)
          : new Tensor(
              'string',
              values.map(value => (kind === 'text' ? ready(value) : (value ?? ''))),
              shape,
            ),
      ]),
    )
    const said = await session.run(feeds)
    const numbers = [...((said['probabilities'] ?? said['value'])!.data as Float32Array)]
    return model.classes.length === 2 ? numbers.filter((_, i) => i % 2 === 1) : numbers
  } finally {
    await session.release()
  }
}

test.each<[Target['task'], 'logistic' | 'gbdt' | 'text', object]>([
  ['binary', 'logistic', { calibration: 'isotonic', regionColumn: 'region' }],
  ['binary', 'gbdt', { calibration: 'isotonic', regionColumn: 'region' }],
  ['binary', 'text', {}],
  ['multiclass', 'logistic', {}],
  ['multiclass', 'gbdt', {}],
  ['multiclass', 'text', {}],
  ['regression', 'logistic', {}],
  ['regression', 'gbdt', {}],
])('O1 %s by %s: the graph says what the trained model says', async (task, learner, options) => {
  const hasText = learner === 'text'
  const groups = Array.from({ length: ROWS }, (_, row) => `h${row >> 1}`)
  const { model } = unwrap(
    await trainModel(tableOf(0, ROWS, hasText), targets[task], { seed: 1, groups, learner, ...options }),
  )
  for (const table of [tableOf(0, 1_500, hasText), extremes(hasText)]) {
    const expected = predictModel(model, table)
    const said = await ask(model, table)
    expect(said.length).toBe(expected.length)
    const scale = task === 'regression' ? Math.max(1, ...expected.map(Math.abs)) : 1
    const worst = said.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!) / scale), 0)
    expect(worst).toBeLessThan(1e-5)
  }
})
