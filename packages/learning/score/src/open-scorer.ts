/**
 * Opens a bundle, holds it against its own test rows, scores.
 *
 * Nothing is scored by a graph that has not just reproduced its test rows in this process,
 * and the reasons come from a model that has reproduced them too.
 *
 * Not here: may this release be installed (release.ts); a thread of its own (worker-scorer.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { assess, namedClass, type Assessment } from './assessment.ts'
import { readModel, readVectors, verifyFiles, type BundleFiles } from './bundle.ts'
import { createEvaluator } from './evaluate.ts'
import { createExplainer, type Reason } from './explain.ts'
import { foreignReasons } from './explain-foreign.ts'
import type { FeatureColumns, FeatureRow } from './answers.ts'
import type { Manifest } from './manifest.ts'
import { isOwn, type Model } from './model.ts'
import { checkOps } from './onnx-facts.ts'
import { openPredictor, type Predictor } from './predictor.ts'
import { firstWrong, vectorRows, type Vectors } from './vectors.ts'

export interface ScoreWish {
  /** `false` where nobody reads them: reasons cost more than the score. */
  readonly reasons?: boolean
}

export interface Scorer extends AsyncDisposable {
  readonly manifest: Manifest
  readonly score: (row: FeatureRow) => Promise<Result<Assessment, Fault>>
  /** In the order of the rows; one row without a usable number fails them all. */
  readonly scoreMany: (rows: readonly FeatureRow[], wish?: ScoreWish) => Promise<Result<readonly Assessment[], Fault>>
  /** Every question that moved the answer, not only the three that an assessment names. */
  readonly explain: (row: FeatureRow) => Promise<Result<readonly Reason[], Fault>>
  /** Probabilities or amounts alone, many at once (`predictor.ts`). */
  readonly predictColumns: (table: FeatureColumns) => Promise<Result<Float64Array, Fault>>
}

export interface ScorerSource {
  readonly manifest: Manifest
  readonly files: BundleFiles
  /** Of the runtime; more than one pays off in batches only. */
  readonly threads?: number
}

/** Fails with the first of: hash, malformed file, inputs that do not fit, load, test rows. */
export async function openScorer({ manifest, files, threads = 1 }: ScorerSource): Promise<Result<Scorer, Fault>> {
  const whole = verifyFiles(manifest, files)
  if (!whole.ok) return whole
  const model = readModel(files)
  if (!model.ok) return model
  const vectors = readVectors(files)
  if (!vectors.ok) return vectors
  const fits = checkInputs(manifest, model.value)
  if (!fits.ok) return fits
  const sound = checkOps(files.get('model.onnx')!)
  if (!sound.ok) return sound

  const opened = await openPredictor(files.get('model.onnx')!, model.value, threads)
  if (!opened.ok) return opened
  const tried = await tryVectors(opened.value, model.value, vectors.value)
  if (!tried.ok) {
    await opened.value[Symbol.asyncDispose]()
    return tried
  }
  return ok(createScorer(manifest, model.value, opened.value))
}

async function tryVectors(predictor: Predictor, model: Model, vectors: Vectors): Promise<Result<void, Fault>> {
  const rows = vectorRows(vectors)
  const said = await predictor.predict(rows)
  if (!said.ok) return said
  const wrong = firstWrong(vectors, said.value)
  if (wrong >= 0) return err(fault('bundle.vectors-failed', `model.onnx, row ${wrong}`))
  if (!isOwn(model)) return ok(undefined)
  const say = createEvaluator(model)
  const second = firstWrong(
    vectors,
    rows.flatMap(row => [...say(row)]),
  )
  return second < 0 ? ok(undefined) : err(fault('bundle.vectors-failed', `trees.json, row ${second}`))
}

const REASONS = 3

function createScorer(manifest: Manifest, model: Model, predictor: Predictor): Scorer {
  const { inputs, classes } = manifest
  const { width } = predictor
  const explainer = isOwn(model) ? createExplainer(model, inputs) : null
  const reasonsOf = async (row: FeatureRow, output: number, most: number): Promise<Result<Reason[], Fault>> =>
    explainer !== null
      ? ok(explainer.reasons(row, output, most))
      : isOwn(model)
        ? ok([])
        : foreignReasons(model, inputs, predictor, row, output, most)
  const outputOf = (said: ArrayLike<number>): number => (width === 1 ? 0 : namedClass(manifest, said))

  const scoreMany: Scorer['scoreMany'] = async (rows, { reasons: isExplained = true } = {}) => {
    if (classes.length === 0)
      return err(fault('bundle.incompatible', 'the model says an amount, not a class: ask for its prediction'))
    if (rows.length === 0) return ok([])
    const said = await predictor.predict(rows)
    if (!said.ok) return said
    const assessments: Assessment[] = []
    for (const [i, row] of rows.entries()) {
      const ofRow = said.value.subarray(i * width, (i + 1) * width)
      const reasons = isExplained ? await reasonsOf(row, outputOf(ofRow), REASONS) : ok([])
      if (!reasons.ok) return reasons
      const assessed = assess(manifest, row, ofRow, reasons.value)
      if (!assessed.ok) return assessed
      assessments.push(assessed.value)
    }
    return ok(assessments)
  }
  return {
    manifest,
    scoreMany,
    async score(row) {
      const scored = await scoreMany([row])
      return scored.ok ? ok(scored.value[0]!) : scored
    },
    async explain(row) {
      const said = await predictor.predict([row])
      return said.ok ? reasonsOf(row, outputOf(said.value), inputs.length) : said
    },
    predictColumns: predictor.predictColumns,
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  }
}

function checkInputs({ inputs, classes }: Manifest, model: Model): Result<void, Fault> {
  const other = inputs.find(({ name, kind }, i) => name !== model.inputs[i]?.name || kind !== model.inputs[i]?.kind)
  const same =
    other === undefined &&
    inputs.length === model.inputs.length &&
    classes.length === model.classes.length &&
    classes.every((name, i) => name === model.classes[i])
  return same
    ? ok(undefined)
    : err(fault('bundle.incompatible', 'the manifest and the model name other inputs or classes'))
}
