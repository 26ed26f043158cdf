/**
 * Workload: models that the trainer made, scored as devices and the centre score: one household
 * at a time (its probability from the graph in this thread; its whole assessment, reasons
 * included, through the scorers' thread as an agent does), its reasons by themselves, and batches
 * of columns with one and two threads of the runtime.
 *   generated   150 questions (30 of them choices) and 140 numbers
 *   adult       the census survey, its official test rows, where ../shared has it
 *   swahili     posts of AfriSenti, its official test rows, where ../shared has them
 * Timed: from rows (or columns) of answers to probabilities; reasons by themselves. Not timed:
 * training, reading files. Also shown: compressed bytes of the bundle, and the largest
 * difference between the graph and the trainer over all rows of the test.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 *
 *   node bench/score.ts [--json] [--only generated]
 */
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { unwrap } from '@murram/ground'
import {
  predictModel,
  trainModel,
  type AnyModel,
  type Column,
  type Learner,
  type Table,
  type Target,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { createExplainer, makeBundle, type FeatureColumns, type FeatureRow, type Manifest } from '@murram/score'
import { createScorerThread, openPredictor, openScorer, type Scorer } from '@murram/score/onnx'

interface Source {
  readonly name: string
  readonly learner: Learner
  readonly train: Table
  readonly target: Target
  readonly test: Table
  /** Rows of a batch; the test rows are repeated up to it. */
  readonly batch: number
}

interface Measured {
  readonly name: string
  readonly model: string
  readonly inputs: number
  readonly bundleGzipBytes: number
  readonly openMs: number
  /** The graph alone, in this thread. */
  readonly singleMs: Quantiles
  /** Graph, reasons and all, through the scorers' thread. */
  readonly threadMs: Quantiles
  readonly reasonsMs: Quantiles
  readonly batchRowsASecond: { readonly one: Rate; readonly two: Rate }
  readonly largestDifference: number
}
interface Rate {
  readonly clock: number
  /** Rows a second of processor time: what a core of its own would do. */
  readonly processor: number
}
interface Quantiles {
  readonly p50: number
  readonly p99: number
}

const folder = new URL('../../shared/data/', import.meta.url)
const asJson = process.argv.includes('--json')
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined
const SINGLE = 2_000

// ── tables ──

function createDice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

function generated(questions: number, choices: number, rows: number, seed: number): { table: Table; target: Target } {
  const dice = createDice(seed)
  const columns = Array.from({ length: questions }, (_, i): Column =>
    i < choices
      ? {
          name: `c${i}`,
          kind: 'category',
          values: Array.from({ length: rows }, () => (dice() < 0.05 ? null : `answer ${Math.floor(dice() * 6)}`)),
        }
      : {
          name: `n${i}`,
          kind: 'number',
          values: Float32Array.from({ length: rows }, () => (dice() < 0.05 ? Number.NaN : Math.floor(dice() * 100))),
        },
  )
  const worth = (value: string | number | null | undefined) =>
    value === 'answer 1' ? 3 : typeof value === 'number' && !Number.isNaN(value) ? (value - 50) / 15 : 0
  const codes = Uint8Array.from({ length: rows }, (_, row) => {
    const points = columns.filter((__, i) => i % 4 === 0).reduce((sum, { values }) => sum + worth(values[row]), 0)
    return points + (dice() - 0.5) * 8 > 2 ? 1 : 0
  })
  return { table: { rows, columns }, target: { task: 'binary', classes: ['no', 'yes'], codes } }
}

function generatedSource(name: string, questions: number, choices: number): Source {
  const { table, target } = generated(questions, choices, 3_000, 1)
  return {
    name,
    learner: 'gbdt',
    train: table,
    target,
    test: generated(questions, choices, 3_000, 2).table,
    batch: 60_000,
  }
}

function adult(): Source | null {
  const file = new URL('adult/adult.csv', folder)
  if (!existsSync(file)) return null
  const readCsv = (url: URL) =>
    readFileSync(url, 'utf8')
      .trim()
      .split(/\r?\n/)
      .map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '').trim()))
  const [head = [], ...cells] = readCsv(file)
  const isTrain = readCsv(new URL('adult/split.csv', folder))
    .slice(1)
    .map(([, fold]) => fold === 'train')
  const tableOf = (wanted: boolean): { table: Table; target: Target } => {
    const rows = cells.filter((_, row) => isTrain[row] === wanted)
    const columns = head
      .map((name, at) => ({ name, at }))
      .filter(({ name }) => name !== 'income' && name !== 'official')
      .map(({ name, at }): Column =>
        cells.every(row => row[at] === '' || Number.isFinite(Number(row[at])))
          ? {
              name,
              kind: 'number',
              values: Float32Array.from(rows, row => (row[at] === '' ? Number.NaN : Number(row[at]))),
            }
          : { name, kind: 'category', values: rows.map(row => row[at] ?? null) },
      )
    const outcome = head.indexOf('income')
    const codes = Uint8Array.from(rows, row => (row[outcome]?.startsWith('>50K') === true ? 1 : 0))
    return { table: { rows: rows.length, columns }, target: { task: 'binary', classes: ['no', 'yes'], codes } }
  }
  const { table, target } = tableOf(true)
  return { name: 'adult', learner: 'gbdt', train: table, target, test: tableOf(false).table, batch: 60_000 }
}

function swahili(): Source | null {
  if (!existsSync(new URL('afrisenti/swa/train.tsv', folder))) return null
  const read = (name: string) =>
    readFileSync(new URL(`afrisenti/swa/${name}.tsv`, folder), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split('\t'))
  const [train, test] = [read('train'), read('test')]
  const classes = ['negative', 'neutral', 'positive']
  const tableOf = (lines: readonly string[][]): Table => ({
    rows: lines.length,
    columns: [{ name: 'tweet', kind: 'text', values: lines.map(([text]) => text ?? null) }],
  })
  const codes = Uint8Array.from(train, ([, label]) => classes.indexOf(label?.trim() ?? ''))
  return {
    name: 'swahili',
    learner: 'text',
    train: tableOf(train),
    target: { task: 'multiclass', classes, codes },
    test: tableOf(test),
    batch: 2_000,
  }
}

// ── measuring ──

const rowsOf = ({ rows, columns }: Table, most: number): readonly FeatureRow[] =>
  Array.from({ length: Math.min(rows, most) }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row] ?? ''])),
  )

function columnsOf({ rows, columns }: Table, count: number): FeatureColumns {
  return {
    rows: count,
    columns: new Map(
      columns.map(({ name, kind, values }) => [
        name,
        kind === 'number'
          ? Float32Array.from({ length: count }, (_, row) => values[row % rows]!)
          : Array.from({ length: count }, (_, row) => values[row % rows] ?? null),
      ]),
    ),
  }
}

async function quantiles(rows: readonly FeatureRow[], one: (row: FeatureRow) => unknown): Promise<Quantiles> {
  for (const row of rows.slice(0, 200)) await one(row)
  const spentMs: number[] = []
  for (let i = 0; i < SINGLE; i++) {
    const start = performance.now()
    await one(rows[i % rows.length]!)
    spentMs.push(performance.now() - start)
  }
  spentMs.sort((a, b) => a - b)
  return { p50: spentMs[SINGLE / 2]!, p99: spentMs[Math.floor(SINGLE * 0.99)]! }
}

/** The best of five, by the clock and by the processor's time: a machine has other work too. */
async function rowsASecond(scorer: Scorer, table: FeatureColumns): Promise<Rate> {
  let best: Rate = { clock: 0, processor: 0 }
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    const before = process.cpuUsage()
    unwrap(await scorer.predictColumns(table))
    const { user, system } = process.cpuUsage(before)
    const [clock, processor] = [performance.now() - start, (user + system) / 1_000]
    best = {
      clock: Math.max(best.clock, (table.rows / clock) * 1_000),
      processor: Math.max(best.processor, (table.rows / processor) * 1_000),
    }
  }
  return best
}

const manifestOf = (model: AnyModel, files: Manifest['files']): Manifest => ({
  format: 1,
  projectId: 'bench',
  modelName: 'bench',
  releaseId: 'bench-1',
  counter: 1,
  reason: 'baseline',
  demo: true,
  formId: 'bench',
  formVersions: ['1'],
  inputs: model.inputs.map(({ name, kind }) => ({ name, kind })),
  classes: model.classes,
  positive: model.classes.at(-1) ?? '',
  threshold: 0.5,
  conformal: null,
  metrics: {},
  parent: null,
  snapshot: null,
  ring: 0,
  createdAtMs: 0,
  expiresAtMs: 1,
  files,
})

const sizeOf = (model: AnyModel): string => {
  if (model.kind === 'linear') {
    const grams = model.inputs.reduce(
      (sum, input) =>
        sum + (input.kind === 'text' ? input.blocks.reduce((all, { grams: known }) => all + known.length, 0) : 0),
      0,
    )
    return grams === 0 ? 'logistic' : `${grams} grams`
  }
  return `${model.format === 1 ? model.trees.length : model.trees.flat().length} trees`
}

async function measure({ name, learner, train, target, test, batch }: Source): Promise<Measured> {
  const groups = Array.from({ length: train.rows }, (_, row) => `h${row}`)
  const { model } = unwrap(await trainModel(train, target, { seed: 1, groups, learner }))
  const onnx = toOnnx(model, { name: 'bench' })
  const bundle = makeBundle({ model, onnx, card: '# Bench\n' })
  const manifest = manifestOf(model, bundle.entries)
  const openedAt = performance.now()
  await using scorer = unwrap(await openScorer({ manifest, files: bundle.files }))
  const openMs = performance.now() - openedAt
  await using graph = unwrap(await openPredictor(onnx, model))
  await using two = unwrap(await openScorer({ manifest, files: bundle.files, threads: 2 }))
  await using thread = createScorerThread()
  await using apart = unwrap(await thread.open({ manifest, files: bundle.files }))

  const expected = predictModel(model, test)
  const said = unwrap(await scorer.predictColumns(columnsOf(test, test.rows)))
  const rows = rowsOf(test, SINGLE)
  const { reasons } = createExplainer(model)
  const table = columnsOf(test, batch)
  return {
    name,
    model: sizeOf(model),
    inputs: model.inputs.length,
    bundleGzipBytes: gzipSync(Buffer.concat([...bundle.files.values()]), { level: 9 }).length,
    openMs,
    singleMs: await quantiles(rows, async row => unwrap(await graph.predict([row]))),
    threadMs: await quantiles(rows, async row => unwrap(await apart.score(row))),
    reasonsMs: await quantiles(rows, row => reasons(row, 0, 3)),
    batchRowsASecond: { one: await rowsASecond(scorer, table), two: await rowsASecond(two, table) },
    largestDifference: said.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0),
  }
}

const sources: readonly (readonly [string, () => Source | null])[] = [
  ['generated', () => generatedSource('generated, 150 questions', 150, 30)],
  ['numbers', () => generatedSource('generated, 140 numbers', 140, 0)],
  ['adult', adult],
  ['swahili', swahili],
]
const found: Measured[] = []
for (const [key, make] of sources) {
  if (only !== undefined && only !== key) continue
  const source = make()
  if (source === null) console.error(`${key}: not beside this checkout (../shared/data), left out`)
  else found.push(await measure(source))
}

if (asJson) console.log(JSON.stringify(found))
else {
  const ms = ({ p50, p99 }: Quantiles) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`
  console.log(
    '| table | model | inputs | bundle gz kB | open ms | one: p50 / p99 ms | assessed in its thread | reasons alone | rows/s, 1 thread | of processor time | 2 threads | graph − trainer |',
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const {
    name,
    model,
    inputs,
    bundleGzipBytes,
    openMs,
    singleMs,
    threadMs,
    reasonsMs,
    batchRowsASecond,
    largestDifference,
  } of found)
    console.log(
      `| ${[name, model, inputs, (bundleGzipBytes / 1_000).toFixed(0), openMs.toFixed(0), ms(singleMs), ms(threadMs), ms(reasonsMs), Math.round(batchRowsASecond.one.clock), Math.round(batchRowsASecond.one.processor), Math.round(batchRowsASecond.two.clock), largestDifference.toExponential(1)].join(' | ')} |`,
    )
}
