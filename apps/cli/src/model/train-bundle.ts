/**
 * From prepared rows to a signed bundle that has been opened and tried: train, judge on the
 * rows kept aside, write the graph, the card and the manifest.
 *
 * Laws, in `model-verbs.test.ts`:
 *   B1 same rows, options and seed: the same model.onnx and trees.json, byte for byte
 *   B2 what is written has reproduced its test rows in ONNX Runtime here
 */
import { ok, type Fault, type Result } from '@murram/ground'
import {
  conformalCutoffs,
  measureAnswers,
  predictModel,
  trainModel,
  type AnyModel,
  type Learner,
  type Progress,
  type Target,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle, type Conformal, type ModelInput } from '@murram/score'
import { sha256 } from '@murram/seal'
import { codesAsNumbers, toTable, type Feature } from './features.ts'
import { makeRelease, type WrittenBundle } from './make-release.ts'
import type { OpenRecipe } from './open-recipe.ts'
import type { PreparedRows } from './prepare-rows.ts'
import type { Signer } from './sign-release.ts'
import type { TrainedRows } from './trained-rows.ts'
import { writeTrainingCard } from './write-training-card.ts'

export interface TrainOrder {
  readonly learner: 'auto' | Learner
  readonly seed: number
  readonly threads: number
  readonly region?: string | undefined
}

/**
 * What looks like codes is read as codes, which a linear model needs. Trees may do better with
 * the plain numbers: where they are chosen both ways are tried, and unseen rows decide.
 */
export async function trainRows(
  rows: PreparedRows,
  order: TrainOrder,
  onProgress: (progress: Progress) => void,
): Promise<Result<TrainedRows, Fault>> {
  const startedMs = performance.now()
  let trained = await trainOn(rows, order, onProgress)
  if (!trained.ok) return trained
  let chosen = rows
  const numbers = trained.value.learner === 'gbdt' ? codesAsNumbers(rows.features) : null
  const other = numbers === null ? null : withFeatures(rows, numbers)
  if (other !== null && other.ok) {
    const again = await trainOn(other.value, { ...order, learner: 'gbdt' }, onProgress)
    const [before, after] = [
      trained.value.crossValidated['gbdt'],
      again.ok ? again.value.crossValidated['gbdt'] : undefined,
    ]
    if (again.ok && before !== undefined && after !== undefined && after < before) {
      trained = ok({ ...again.value, crossValidated: { ...trained.value.crossValidated, gbdt: after } })
      chosen = other.value
    }
  }
  const fitSeconds = (performance.now() - startedMs) / 1_000
  const said = predictModel(trained.value.model, chosen.test.table)
  const metrics = measureAnswers(chosen.test.target, said)
  return ok({ rows: chosen, trained: trained.value, fitSeconds, said, metrics })
}

const trainOn = (
  { training }: PreparedRows,
  { learner, seed, threads, region }: TrainOrder,
  onProgress: (progress: Progress) => void,
) =>
  trainModel(training.table, training.target, {
    seed,
    groups: training.groups,
    learner,
    threads,
    onProgress,
    ...(region === undefined ? {} : { regionColumn: region }),
  })

function withFeatures(rows: PreparedRows, features: readonly Feature[]): Result<PreparedRows, Fault> {
  const training = toTable(rows.training.cells, features, 'the table')
  if (!training.ok) return training
  const test = toTable(rows.test.cells, features, 'the table')
  if (!test.ok) return test
  const columns = rows.features.filter(({ isCode }) => isCode === true).map(({ column }) => column)
  return ok({
    ...rows,
    features,
    training: { ...rows.training, table: training.value },
    test: { ...rows.test, table: test.value },
    notes: [
      ...rows.notes.filter(note => !columns.some(column => note.startsWith(`${column} is read as codes`))),
      ...columns.map(column => `${column} looks like codes; as numbers the trees told unseen rows better`),
    ],
  })
}

/** Fewer unseen scores than this promise no coverage: then nothing is called sure. */
const CONFORMAL_FROM = 500
const COVERAGE = 0.9

export interface BundleOrder {
  /** Names the model; see `modelNameOf`. */
  readonly name: string
  readonly signer: Signer
  readonly nowMs: number
  /** What it is for, of whom it was asked: where it was made by a recipe. */
  readonly recipe?: OpenRecipe | undefined
}

export async function makeTrainedBundle(
  found: TrainedRows,
  { name, signer, nowMs, recipe }: BundleOrder,
): Promise<Result<WrittenBundle, Fault>> {
  const { rows, trained, metrics } = found
  const { model } = trained
  const bundle = makeBundle({
    model,
    onnx: toOnnx(model, { name }),
    card: writeTrainingCard({ name, found, text: recipe?.card ?? '' }),
  })
  return makeRelease(bundle, {
    name,
    signer,
    nowMs,
    formId: recipe?.recipe.form ?? name,
    formVersions: [recipe?.form?.version ?? 'table'],
    inputs: inputsOf(model, rows, recipe),
    classes: model.classes,
    positive: recipe?.recipe.outcome.positive ?? model.classes.at(-1) ?? '',
    threshold: recipe?.recipe.threshold ?? 0.5,
    conformal: cutoffsOf(rows.training.target, trained.outOfFold),
    metrics,
    snapshot: sha256(JSON.stringify([...rows.training.cells.columns])),
  })
}

/** The model's inputs, in its order, with how each is read from its column. */
const inputsOf = (
  model: AnyModel,
  { features }: PreparedRows,
  recipe: OpenRecipe | undefined,
): readonly ModelInput[] => {
  const byName = new Map(features.map(({ input }) => [input.name, input]))
  const asked = new Map(recipe?.inputs.map(input => [input.name, input]))
  return model.inputs.map(({ name, kind }) => ({ ...byName.get(name), ...asked.get(name), name, kind }))
}

function cutoffsOf(target: Target, outOfFold: Float64Array): Conformal | null {
  if (target.task === 'regression' || target.codes.length < CONFORMAL_FROM) return null
  return { coverage: COVERAGE, cutoffs: conformalCutoffs(outOfFold, target, COVERAGE) }
}

/** A name of letters, digits and lines, from a file's name. */
export function modelNameOf(file: string): string {
  const name = file
    .replace(/^.*[\\/]/, '')
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
  return name === '' ? 'table' : name.slice(0, 60)
}
