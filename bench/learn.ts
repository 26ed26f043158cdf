/**
 * Workload: the census survey (Adult) and two more tables of the shared data on their given
 * split, where present, and a generated survey of 150 questions. Timed: training with its folds, calibration and refit; one household
 * scored through ONNX Runtime with its reasons. Not timed: reading the CSV.
 * Beside it: scikit-learn's figures on the same split, from shared/data/README.md (they are
 * of that run, not of this one). Also shown: the largest difference between the graph and
 * TypeScript over all test rows.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { existsSync, readFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import {
  auc,
  calibrationSlope,
  conformalCutoffs,
  fitLogistic,
  fitTrees,
  logLoss,
  predict,
  takeLabels,
  takeRows,
  type Labels,
  type Table,
  type Trained,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle, type FeatureRow, type Manifest } from '@murram/score'
import { openScorer } from '@murram/score/onnx'

interface Source {
  readonly name: string
  readonly file: string
  readonly target: string
  readonly positive: string
  readonly leaveOut: readonly string[]
  /** Log-loss and AUC of the baseline: logistic (where given) and gradient boosting. */
  readonly baseline: Baseline
}

interface Baseline {
  readonly logistic?: readonly [number, number]
  readonly trees?: readonly [number, number]
}

/** Row numbers of a table that are trained on and measured on. */
interface Split {
  readonly table: Table
  readonly labels: Labels
  readonly train: readonly number[]
  readonly test: readonly number[]
}

const sources: readonly Source[] = [
  {
    name: 'adult',
    file: 'adult/adult.csv',
    target: 'income',
    positive: '>50K',
    leaveOut: ['official'],
    baseline: { logistic: [0.3204, 0.9048], trees: [0.2775, 0.9276] },
  },
  {
    name: 'online_shoppers',
    file: 'online_shoppers/online_shoppers.csv',
    target: 'Revenue',
    positive: '1',
    leaveOut: [],
    baseline: { trees: [0.2157, 0.9381] },
  },
  {
    name: 'telco',
    file: 'telco/telco.csv',
    target: 'Churn',
    positive: 'Yes',
    leaveOut: ['customerID'],
    baseline: { trees: [0.411, 0.85] },
  },
]
const folder = new URL('../../shared/data/', import.meta.url)
const asJson = process.argv.includes('--json')

/** The shared tables have no quoted commas. */
const readCsv = (file: string): string[][] =>
  readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split(/\r?\n/)
    .map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '').trim()))

function readSource({ file, target, positive, leaveOut }: Source): Split {
  const [head = [], ...cells] = readCsv(file)
  const at = head.indexOf(target)
  const isNumber = (column: number) => cells.every(row => row[column] === '' || Number.isFinite(Number(row[column])))
  const table: Table = {
    rows: cells.length,
    columns: head
      .map((name, column) => ({ name, column }))
      .filter(({ name }) => name !== target && !leaveOut.includes(name))
      .map(({ name, column }) =>
        isNumber(column)
          ? {
              name,
              kind: 'number',
              values: Float32Array.from(cells, row => (row[column] === '' ? Number.NaN : Number(row[column]))),
            }
          : { name, kind: 'category', values: cells.map(row => row[column] ?? null) },
      ),
  }
  const isPositive = (row: readonly string[]) => row[at]?.toLowerCase() === positive.toLowerCase()
  const labels: Labels = { classes: ['no', 'yes'], codes: Uint8Array.from(cells, row => (isPositive(row) ? 1 : 0)) }
  const folds = readCsv(file.replace(/[^/]+$/, 'split.csv')).slice(1)
  const rowsOf = (isTrain: boolean) =>
    folds.filter(([, fold]) => (fold === 'train') === isTrain).map(([row]) => Number(row))
  return { table, labels, train: rowsOf(true), test: rowsOf(false) }
}

/** Percentiles in milliseconds of single rows, reasons included, and the distance to `said`. */
async function scoreRows({ model, outOfFold }: Trained, labels: Labels, table: Table, said: Float64Array) {
  const onnx = toOnnx(model, { name: 'bench' })
  const bundle = makeBundle({ model, onnx, card: '' })
  const manifest: Manifest = {
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
    positive: 'yes',
    threshold: 0.5,
    conformal: { coverage: 0.9, cutoffs: conformalCutoffs(outOfFold, labels, 0.9) },
    metrics: {},
    parent: null,
    snapshot: null,
    ring: 0,
    createdAtMs: 0,
    expiresAtMs: 1,
    files: bundle.entries,
  }
  const rows = Array.from({ length: table.rows }, (_, row): FeatureRow =>
    Object.fromEntries(table.columns.map(({ name, values }) => [name, values[row] ?? ''])),
  )
  await using scorer = unwrap(await openScorer({ manifest, files: bundle.files }))
  for (const row of rows.slice(0, 200)) unwrap(await scorer.score(row))
  const spentMs: number[] = []
  for (const row of rows.slice(0, 2_000)) {
    const start = performance.now()
    unwrap(await scorer.score(row))
    spentMs.push(performance.now() - start)
  }
  spentMs.sort((a, b) => a - b)
  const assessed = unwrap(await scorer.scoreMany(rows))
  return {
    p50Ms: spentMs[Math.floor(spentMs.length / 2)]!,
    p99Ms: spentMs[Math.floor(spentMs.length * 0.99)]!,
    distance: Math.max(...assessed.map(({ probability }, row) => Math.abs(probability - said[row]!))),
    sureShare: assessed.filter(({ sure }) => sure).length / assessed.length,
    onnxBytes: onnx.length,
  }
}

/** A long questionnaire: 100 choices and 50 numbers, a few of which matter; a tenth is blank. */
function generateWide(): Split {
  const rows = 4_000
  const at = (row: number, column: number, sides: number) => {
    let mixed = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % sides
  }
  const isBlank = (row: number, column: number) => at(row, column + 500, 10) === 0
  const table: Table = {
    rows,
    columns: Array.from({ length: 150 }, (_, column) => {
      const cells = Array.from({ length: rows }, (_, row) => (isBlank(row, column) ? null : at(row, column, 9)))
      return column < 100
        ? { name: `q${column}`, kind: 'category', values: cells.map(cell => (cell === null ? null : `answer ${cell}`)) }
        : { name: `q${column}`, kind: 'number', values: Float32Array.from(cells, cell => cell ?? Number.NaN) }
    }),
  }
  const points = (row: number) =>
    [1, 7, 30, 101, 120].reduce((sum, column) => sum + at(row, column, 9), at(row, 999, 12))
  const codes = Uint8Array.from({ length: rows }, (_, row) => (points(row) > 28 ? 1 : 0))
  const numbers = Array.from({ length: rows }, (_, row) => row)
  return {
    table,
    labels: { classes: ['no', 'yes'], codes },
    train: numbers.slice(1_000),
    test: numbers.slice(0, 1_000),
  }
}

const round = (value: number, digits = 4) => Number(value.toFixed(digits))

async function measure(name: string, { table, labels, train, test }: Split, baseline: Baseline) {
  const seen = takeRows(table, train)
  const seenLabels = takeLabels(labels, train)
  const held = takeRows(table, test)
  const { codes } = takeLabels(labels, test)
  const options = { seed: 1, groups: train.map(String) }
  const results: Record<string, string | number | null>[] = []
  for (const kind of ['logistic', 'trees'] as const) {
    const start = performance.now()
    const trained: Trained =
      kind === 'trees' ? unwrap(fitTrees(seen, seenLabels, options)) : unwrap(fitLogistic(seen, seenLabels, options))
    const trainMs = performance.now() - start
    const said = predict(trained.model, held)
    const [baseLoss, baseAuc] = baseline[kind] ?? [null, null]
    const scored = await scoreRows(trained, seenLabels, held, said)
    results.push({
      table: name,
      model: kind,
      rows: train.length,
      inputs: table.columns.length,
      trees: trained.model.kind === 'trees' ? trained.model.trees.length : 0,
      trainMs: Math.round(trainMs),
      logLoss: round(logLoss(said, codes)),
      'sklearn logLoss': baseLoss,
      auc: round(auc(said, codes)),
      'sklearn auc': baseAuc,
      slope: round(calibrationSlope(said, codes), 3),
      p50Ms: round(scored.p50Ms, 3),
      p99Ms: round(scored.p99Ms, 3),
      'max |Δp|': scored.distance.toExponential(1),
      sure: round(scored.sureShare, 3),
      onnxBytes: scored.onnxBytes,
    })
  }
  return results
}

const results = await measure('generated, 150 questions', generateWide(), {})
for (const source of sources.filter(({ file }) => existsSync(new URL(file, folder))))
  results.push(...(await measure(source.name, readSource(source), source.baseline)))
if (asJson) console.log(JSON.stringify({ benchmark: 'learn', results }))
else console.table(results)
