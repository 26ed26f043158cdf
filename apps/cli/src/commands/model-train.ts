/**
 * murram model train: a table with outcomes to a signed bundle, judged on rows kept aside.
 *
 *   murram model train --csv people.csv --target income --out ./bundle
 *   murram model train --csv visits.csv --target vulnerable --group household --time date --out ./bundle --json
 *   murram model train --csv posts.tsv --target label --text post --out ./bundle
 *
 * What a column is, is guessed as people would and said; `--type` overrides it. Without
 * `--keys` the bundle is signed by a key made for it alone, which no project trusts.
 *
 * Exit: 0 written · 1 too few rows or classes · 2 wrong use.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import type { Learner } from '@murram/learn'
import { availableParallelism } from 'node:os'
import { writeBundle } from '../bundle-folder.ts'
import { belowFloor } from '../model/below-floor.ts'
import { openRecipe } from '../model/open-recipe.ts'
import { prepareRows, type PreparedRows, type RowsOrder } from '../model/prepare-rows.ts'
import { openSigner } from '../model/sign-release.ts'
import type { WrittenBundle } from '../model/make-release.ts'
import { makeTrainedBundle, modelNameOf, trainRows } from '../model/train-bundle.ts'
import type { TrainedRows } from '../model/trained-rows.ts'
import { writeReport } from '../model/report/write-report.ts'
import { recordTraining, TRAINING_FILE } from '../model/training-record.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { showBar } from '../progress.ts'

export interface ModelTrainOptions extends RowsOrder {
  readonly recipe?: string
  readonly form?: string
  readonly out: string
  readonly learner: 'auto' | Learner
  readonly seed: number
  readonly threads?: number
  readonly region?: string
  readonly subgroups: readonly string[]
  readonly name?: string
  readonly keys?: string
  readonly json?: boolean
}

export async function modelTrain(options: ModelTrainOptions): Promise<ExitCode> {
  const done = await train(options)
  if (!done.ok) {
    const code = sayFault(done.error, options)
    return done.error.fault.startsWith('learn.') ? 1 : code
  }
  const { rows, found, bundle, notes } = done.value
  if (options.json === true) print.json(summaryOf(rows, found, bundle, notes))
  else {
    for (const note of notes) print.note(note)
    describe(rows, found, bundle, options.out)
  }
  return 0
}

interface Done {
  readonly rows: PreparedRows
  readonly found: TrainedRows
  readonly bundle: WrittenBundle
  readonly notes: readonly string[]
}

async function train(options: ModelTrainOptions): Promise<Result<Done, Fault>> {
  const signer = openSigner(options.keys)
  if (!signer.ok) return signer
  const opened = options.recipe === undefined ? ok(undefined) : await openRecipe(options.recipe, options.form)
  if (!opened.ok) return opened
  const recipe = opened.value
  const rows = prepareRows(options, recipe)
  if (!rows.ok) return rows
  const bar = showBar()
  const { seed, region, threads = availableParallelism() } = options
  const wanted = options.learner === 'auto' && recipe !== undefined ? recipe.recipe.learner : options.learner
  // A text that is named is what the model is about.
  const learner = wanted === 'auto' && options.text.length > 0 ? 'text' : wanted
  const name = options.name ?? recipe?.recipe.name ?? modelNameOf(options.csv)
  const files = options.recipe === undefined ? undefined : { recipe: options.recipe, form: options.form }
  const record = recordTraining(name, options, { learner, seed }, files)
  if (!record.ok) return record
  const found = await trainRows(rows.value, { learner, seed, threads, region }, bar.show)
  bar.clear()
  if (!found.ok) return found
  const bundle = await makeTrainedBundle(found.value, {
    name,
    signer: signer.value,
    nowMs: Date.now(),
    recipe,
  })
  if (!bundle.ok) return bundle
  const beside = new Map([
    [TRAINING_FILE, `${JSON.stringify(record.value, null, 2)}\n`],
    [
      'report.html',
      writeReport({
        name,
        target: options.target,
        found: found.value,
        bundle: bundle.value,
        conformal: bundle.value.manifest.conformal,
        region,
        subgroups: options.subgroups.length > 0 ? options.subgroups : (recipe?.recipe.subgroups ?? []),
      }),
    ],
  ])
  writeBundle(pathOf(options.out), bundle.value.files, bundle.value.release, signer.value.rootPublicKey, beside)
  const notes = [
    ...found.value.rows.notes,
    ...found.value.trained.notes,
    ...belowFloor(found.value.metrics, recipe?.recipe),
  ]
  return ok({ rows: found.value.rows, found: found.value, bundle: bundle.value, notes })
}

function summaryOf(
  { outcome, features, training, test }: PreparedRows,
  { trained, fitSeconds, metrics }: TrainedRows,
  { bytes, gzipBytes }: WrittenBundle,
  notes: readonly string[],
) {
  return {
    ok: true,
    task: outcome.task,
    rows: training.cells.rows,
    testRows: test.cells.rows,
    features: features.length,
    classes: outcome.classes,
    learner: trained.learner,
    fitSeconds: Number(fitSeconds.toFixed(3)),
    metrics: { test: metrics },
    crossValidated: trained.crossValidated,
    bundle: { bytes, gzipBytes },
    notes,
  }
}

const SHOWN: Readonly<Record<string, string>> = {
  auc: 'AUC',
  logLoss: 'log-loss',
  accuracy: 'accuracy',
  macroF1: 'macro-F1',
  calibrationSlope: 'calibration slope',
  rmse: 'RMSE',
  mae: 'mean error',
  r2: 'R²',
}

function describe(
  { features, training, test }: PreparedRows,
  { trained, fitSeconds, metrics }: TrainedRows,
  { bytes, gzipBytes }: WrittenBundle,
  out: string,
): void {
  const figures = Object.entries(SHOWN).flatMap(([key, word]) => {
    const value = metrics[key]
    return value === undefined || value === null ? [] : [`${word} ${value.toFixed(4)}`]
  })
  print.line(
    `${trained.learner}, trained on ${training.cells.rows} rows and ${features.length} columns in ${fitSeconds.toFixed(1)} s`,
  )
  print.line(
    `on ${test.cells.rows} rows kept aside: ${figures.length === 0 ? 'no figure can be had' : figures.join(', ')}`,
  )
  print.line(`bundle of ${kB(bytes)} (${kB(gzipBytes)} compressed) and report.html written to ${out}`)
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(0)} kB`
