/**
 * The one file with ONNX Runtime: opens a bundle, holds it against its own test rows, scores.
 *
 * Nothing is scored by a graph that has not just reproduced its test rows in this process,
 * and the reasons come from a model that has reproduced them too.
 *
 * One thread: a household takes a tenth of a millisecond, and the laptop has other work.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type * as ort from 'onnxruntime-node'
import { assess, type Assessment } from './assessment.ts'
import { readModel, readVectors, verifyFiles, type BundleFiles } from './bundle.ts'
import { evaluate } from './evaluate.ts'
import type { FeatureRow } from './feature-row.ts'
import type { Manifest } from './manifest.ts'
import type { Model } from './model.ts'
import { firstWrong, vectorRows } from './vectors.ts'

export interface Scorer extends AsyncDisposable {
  readonly manifest: Manifest
  score(row: FeatureRow): Promise<Result<Assessment, Fault>>
  /** In the order of the rows; one row without a usable number fails them all. */
  scoreMany(rows: readonly FeatureRow[]): Promise<Result<readonly Assessment[], Fault>>
}

export interface ScorerSource {
  readonly manifest: Manifest
  readonly files: BundleFiles
}

type Runtime = typeof ort

/** Fails with the first of: hash, malformed file, load, inputs that do not fit, test rows. */
export async function openScorer({ manifest, files }: ScorerSource): Promise<Result<Scorer, Fault>> {
  const whole = verifyFiles(manifest, files)
  if (!whole.ok) return whole
  const model = readModel(files)
  if (!model.ok) return model
  const vectors = readVectors(files)
  if (!vectors.ok) return vectors
  const fits = checkInputs(manifest, model.value)
  if (!fits.ok) return fits

  const opened = await openGraph(files.get('model.onnx')!, model.value)
  if (!opened.ok) return opened
  const graph = opened.value
  const rows = vectorRows(vectors.value)
  const said = await graph.run(rows)
  const wrong = said.ok ? firstWrong(vectors.value, said.value) : 0
  const wrongReasons = firstWrong(
    vectors.value,
    rows.map(row => evaluate(model.value, row)),
  )
  if (!said.ok || wrong >= 0 || wrongReasons >= 0) {
    await graph.close()
    if (!said.ok) return said
    return err(
      fault('bundle.vectors-failed', wrong >= 0 ? `model.onnx, row ${wrong}` : `trees.json, row ${wrongReasons}`),
    )
  }
  return ok(createScorer(manifest, model.value, graph))
}

function createScorer(manifest: Manifest, model: Model, graph: OpenGraph): Scorer {
  const scoreMany = async (rows: readonly FeatureRow[]): Promise<Result<readonly Assessment[], Fault>> => {
    if (rows.length === 0) return ok([])
    const probabilities = await graph.run(rows)
    if (!probabilities.ok) return probabilities
    const assessments: Assessment[] = []
    for (const [i, row] of rows.entries()) {
      const assessed = assess(manifest, model, row, probabilities.value[i]!)
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
    [Symbol.asyncDispose]: () => graph.close(),
  }
}

function checkInputs({ inputs, classes }: Manifest, model: Model): Result<void, Fault> {
  const same =
    inputs.length === model.inputs.length &&
    inputs.every(({ name, kind }, i) => name === model.inputs[i]!.name && kind === model.inputs[i]!.kind) &&
    classes.every((name, i) => name === model.classes[i])
  return same
    ? ok(undefined)
    : err(fault('bundle.incompatible', 'the manifest and the model name other inputs or classes'))
}

interface OpenGraph {
  /** Probabilities of the positive class; fails where one of them is no number. */
  run(rows: readonly FeatureRow[]): Promise<Result<Float64Array, Fault>>
  close(): Promise<void>
}

async function openGraph(bytes: Uint8Array, model: Model): Promise<Result<OpenGraph, Fault>> {
  let runtime: Runtime
  let session: ort.InferenceSession
  try {
    // Read when the runtime loads, hence the late import; a runtime that does not load is a fault.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
    runtime = await import('onnxruntime-node')
    session = await runtime.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    })
  } catch (cause) {
    return err(fault('bundle.load-failed', messageOf(cause)))
  }
  const missing = model.inputs.find(({ name }) => !session.inputNames.includes(name))
  if (missing !== undefined || session.inputNames.length !== model.inputs.length) {
    await session.release()
    return err(fault('bundle.incompatible', 'the graph and the model name other inputs'))
  }
  return ok({
    async run(rows) {
      try {
        const { probabilities } = await session.run(toTensors(runtime, model, rows), ['probabilities'])
        return positives(probabilities, rows.length)
      } catch (cause) {
        return err(fault('bundle.load-failed', messageOf(cause)))
      }
    },
    close: () => session.release(),
  })
}

function toTensors({ Tensor }: Runtime, model: Model, rows: readonly FeatureRow[]): Record<string, ort.Tensor> {
  const shape = [rows.length, 1]
  return Object.fromEntries(
    model.inputs.map(({ name, kind }) => [
      name,
      kind === 'number'
        ? new Tensor(
            'float32',
            Float32Array.from(rows, row => numberOf(row[name])),
            shape,
          )
        : new Tensor(
            'string',
            rows.map(row => String(row[name] ?? '')),
            shape,
          ),
    ]),
  )
}

const numberOf = (value: string | number | undefined): number => (typeof value === 'number' ? value : Number.NaN)

function positives(output: ort.Tensor | undefined, count: number): Result<Float64Array, Fault> {
  const data = output?.data
  if (!(data instanceof Float32Array) || data.length !== 2 * count)
    return err(fault('bundle.load-failed', 'the graph has no output `probabilities` of two columns'))
  const found = Float64Array.from({ length: count }, (_, row) => data[2 * row + 1]!)
  const bad = found.findIndex((p, row) => !Number.isFinite(p) || !Number.isFinite(data[2 * row]))
  return bad < 0 ? ok(found) : err(fault('score.not-finite', `row ${bad}`))
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
