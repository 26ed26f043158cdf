/**
 * A candidate: a model that could be released, with all that its release needs to say.
 *
 * It is named by its content, so the same rows, recipe and seed make the same candidate,
 * and a run that was interrupted and began again does not make a second one.
 *
 * Not here: the counter, ring and dates, which belong to a release (rollout).
 */
import type { Model } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import {
  makeBundle,
  type BundleFiles,
  type Manifest,
  type ModelInput,
  type Sketch,
  type SketchPlan,
} from '@murram/score'
import { canonicalBytes, sha256 } from '@murram/seal'

export interface Candidate {
  readonly candidateId: string
  readonly modelName: string
  /** `imported`: made elsewhere, a person answers for it. */
  readonly kind: 'prior' | 'logistic' | 'trees' | 'imported'
  readonly formId: string
  readonly inputs: readonly ModelInput[]
  /** `[negative, positive]`. */
  readonly classes: readonly string[]
  readonly positive: string
  readonly threshold: number
  readonly conformal: Manifest['conformal']
  readonly metrics: Readonly<Record<string, number>>
  /** Digest of the rows it learnt from; `null` for a prior that is set by hand. */
  readonly snapshot: string | null
  readonly runId: string | null
  /** How the answers that it learnt from were spread; absent of a prior, which learnt from none. */
  readonly drift?: SketchPlan
  /** The same of each region that had rows enough; they stay at the centre. */
  readonly driftByRegion?: Readonly<Record<string, Sketch['counts']>>
  /** Its probabilities on the holdout, in bins of equal width: what the scores of the field are held against. */
  readonly scores?: readonly number[]
  /** How it was spoilt on purpose (demo only), or `null`. */
  readonly handicap: string | null
  /** The bundle; each file is a blob by its hash. `trees.json` is the model as plain JSON. */
  readonly files: Manifest['files']
}

/** A candidate and the bytes that its release will name. */
export interface PackedCandidate {
  readonly candidate: Candidate
  readonly files: BundleFiles
}

export interface CandidateParts extends Omit<Candidate, 'candidateId' | 'files'> {
  readonly model: Model
  readonly card: string
}

export function packCandidate({ model, card, ...parts }: CandidateParts): PackedCandidate {
  const candidateId = candidateIdOf(parts.modelName, model, parts.threshold, parts.snapshot)
  const onnx = toOnnx(model, { name: parts.modelName, metadata: { candidateId, formId: parts.formId } })
  const bundle = makeBundle({ model, onnx, card })
  return { candidate: { candidateId, ...parts, files: bundle.entries }, files: bundle.files }
}

const candidateIdOf = (modelName: string, model: Model, threshold: number, snapshot: string | null): string =>
  sha256(canonicalBytes([modelName, model, threshold, snapshot])).slice(0, 32)
