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
  predictModel,
  trainModel,
  type AnyModel,
  type Learner,
  type Progress,
  type Target,
  type TrainedModel,
} from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { makeBundle, ManifestSchema, type Bundle, type Conformal, type Manifest, type ModelInput } from '@murram/score'
import { openScorer } from '@murram/score/onnx'
import { sha256 } from '@murram/seal'
import { gzipSync } from 'node:zlib'
import type { SignedRelease } from '../bundle-folder.ts'
import { judge, type Metrics } from './judge.ts'
import type { PreparedRows } from './prepare-rows.ts'
import type { Signer } from './sign-release.ts'
import { writeTrainingCard } from './write-training-card.ts'

export interface TrainOrder {
  readonly learner: 'auto' | Learner
  readonly seed: number
  readonly threads: number
  readonly region?: string | undefined
}

export interface TrainedRows {
  readonly trained: TrainedModel
  readonly fitSeconds: number
  /** What the model says of the rows that judge. */
  readonly said: Float64Array
  readonly metrics: Metrics
}

export async function trainRows(
  { training, test }: PreparedRows,
  { learner, seed, threads, region }: TrainOrder,
  onProgress: (progress: Progress) => void,
): Promise<Result<TrainedRows, Fault>> {
  const startedMs = performance.now()
  const trained = await trainModel(training.table, training.target, {
    seed,
    groups: training.groups,
    learner,
    threads,
    onProgress,
    ...(region === undefined ? {} : { regionColumn: region }),
  })
  if (!trained.ok) return trained
  const fitSeconds = (performance.now() - startedMs) / 1_000
  const said = predictModel(trained.value.model, test.table)
  return ok({ trained: trained.value, fitSeconds, said, metrics: judge(test.target, said) })
}

export interface WrittenBundle extends Bundle {
  readonly manifest: Manifest
  readonly release: SignedRelease
  readonly bytes: number
  readonly gzipBytes: number
}

/** Fewer unseen scores than this promise no coverage: then nothing is called sure. */
const CONFORMAL_FROM = 500
const COVERAGE = 0.9
const VALID_MS = 90 * 86_400_000

export interface BundleOrder {
  /** Names the model; see `modelNameOf`. */
  readonly name: string
  readonly signer: Signer
  readonly nowMs: number
}

export async function makeTrainedBundle(
  rows: PreparedRows,
  found: TrainedRows,
  { name, signer, nowMs }: BundleOrder,
): Promise<Result<WrittenBundle, Fault>> {
  const { trained, metrics } = found
  const { model } = trained
  const bundle = makeBundle({
    model,
    onnx: toOnnx(model, { name }),
    card: writeTrainingCard({ name, rows, found }),
  })
  const manifest = ManifestSchema.parse({
    format: 1,
    projectId: signer.projectId,
    modelName: name,
    releaseId: sha256(JSON.stringify(bundle.entries)).slice(0, 32),
    counter: Math.floor(nowMs / 1_000),
    reason: 'promotion',
    demo: signer.demo,
    formId: name,
    formVersions: ['table'],
    inputs: inputsOf(model, rows),
    ...outcomeOf(model),
    threshold: 0.5,
    conformal: cutoffsOf(rows.training.target, trained.outOfFold),
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== null)),
    parent: null,
    snapshot: sha256(JSON.stringify([...rows.training.cells.columns])),
    ring: 0,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + VALID_MS,
    files: bundle.entries,
  })
  // B2: nothing is handed out that was not tried here.
  const opened = await openScorer({ manifest, files: bundle.files })
  if (!opened.ok) return opened
  await opened.value[Symbol.asyncDispose]()
  const release = signer.sign(manifest)
  return ok({ ...bundle, manifest, release, ...sizesOf(bundle, release) })
}

/** The model's inputs, in its order, with how each is read from its column. */
const inputsOf = (model: AnyModel, { features }: PreparedRows): readonly ModelInput[] => {
  const byName = new Map(features.map(({ input }) => [input.name, input]))
  return model.inputs.map(({ name, kind }) => ({ ...byName.get(name), name, kind }))
}

function outcomeOf(model: AnyModel): Partial<Manifest> {
  return { classes: model.classes, positive: model.classes.at(-1) ?? '' }
}

function cutoffsOf(target: Target, outOfFold: Float64Array): Conformal | null {
  if (target.task !== 'binary' || target.codes.length < CONFORMAL_FROM) return null
  return { coverage: COVERAGE, cutoffs: conformalCutoffs(outOfFold, target, COVERAGE) }
}

/** What a device takes over the line: the files and the signed manifest, as they are and compressed. */
function sizesOf({ files }: Bundle, release: SignedRelease): { readonly bytes: number; readonly gzipBytes: number } {
  const all = Buffer.concat([...files.values(), Buffer.from(JSON.stringify(release))])
  return { bytes: all.length, gzipBytes: gzipSync(all, { level: 9 }).length }
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
