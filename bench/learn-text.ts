/**
 * Workload: short posts in Swahili, Kinyarwanda and Nigerian Pidgin (AfriSenti) on their official
 * folds, where present: trained on `train`, judged on `test`. Timed: training with the search
 * for its penalty, calibration and refit; one post read by the TypeScript evaluator. Not
 * timed: reading the files.
 * Beside it: scikit-learn's accuracy on the same folds, from shared/data/README.md: TF-IDF of
 * words, and with characters.
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { unwrap } from '@murram/ground'
import {
  measureAnswers,
  measureIntervals,
  predictModel,
  takeRows,
  trainModel,
  type Table,
  type Target,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle } from '@murram/score'

const folder = new URL('../../shared/data/afrisenti/', import.meta.url)
const languages = [
  { code: 'swa', name: 'Swahili', words: 0.604, characters: 0.614 },
  { code: 'kin', name: 'Kinyarwanda', words: 0.567, characters: 0.61 },
  { code: 'pcm', name: 'Nigerian Pidgin', words: null, characters: null },
]
const asJson = process.argv.includes('--json')

function readFold(code: string, fold: string, classes: string[]): { readonly table: Table; readonly target: Target } {
  const rows = readFileSync(new URL(`${code}/${fold}.tsv`, folder), 'utf8')
    .split(/\r?\n/)
    .slice(1)
    .filter(line => line.includes('\t'))
    .map(line => ({ post: line.slice(0, line.lastIndexOf('\t')), label: line.slice(line.lastIndexOf('\t') + 1) }))
    .filter(({ label }) => label !== '')
  for (const { label } of rows) if (!classes.includes(label)) classes.push(label)
  return {
    table: { rows: rows.length, columns: [{ name: 'post', kind: 'text', values: rows.map(({ post }) => post) }] },
    target: { task: 'multiclass', classes, codes: Uint8Array.from(rows, ({ label }) => classes.indexOf(label)) },
  }
}

const round = (value: number | null | undefined, digits = 3) => (value == null ? null : Number(value.toFixed(digits)))

async function measure({ code, name, words, characters }: (typeof languages)[number]) {
  const classes: string[] = []
  const train = readFold(code, 'train', classes)
  const test = readFold(code, 'test', classes)
  const groups = Array.from({ length: train.table.rows }, (_, row) => String(row))
  const start = performance.now()
  const { model } = unwrap(await trainModel(train.table, train.target, { seed: 1, groups, learner: 'text' }))
  const trainMs = performance.now() - start
  const said = predictModel(model, test.table)
  const figures = measureAnswers(test.target, said)
  const { accuracy } = measureIntervals(test.target, said, {
    groups: Array.from({ length: test.table.rows }, (_, row) => String(row)),
    seed: 1,
  })
  const bundle = makeBundle({ model, onnx: toOnnx(model, { name: 'bench' }), card: '' })
  const bytes = [...bundle.files.values()].reduce((sum, file) => sum + gzipSync(file).length, 0)
  const text =
    model.format === 2 && model.kind === 'linear' ? model.inputs.find(input => input.kind === 'text') : undefined
  const grams = text?.kind === 'text' ? text.blocks.reduce((sum, block) => sum + block.grams.length, 0) : 0
  const single = performance.now()
  predictModel(model, takeRows(test.table, [0]))
  const firstRowMs = performance.now() - single
  return {
    language: name,
    rows: train.table.rows,
    grams,
    trainMs: Math.round(trainMs),
    accuracy: round(figures['accuracy']),
    'from … to': `${round(accuracy?.lower)} … ${round(accuracy?.upper)}`,
    'sklearn words': words,
    'sklearn characters': characters,
    macroF1: round(figures['macroF1']),
    logLoss: round(figures['logLoss']),
    auc: round(figures['auc']),
    slope: round(figures['calibrationSlope'], 2),
    'bundle, compressed': bytes,
    firstRowMs: round(firstRowMs, 1),
  }
}

const results: Awaited<ReturnType<typeof measure>>[] = []
for (const language of languages.filter(({ code }) => existsSync(new URL(`${code}/train.tsv`, folder))))
  results.push(await measure(language))
if (asJson) console.log(JSON.stringify({ benchmark: 'learn-text', results }))
else console.table(results)
