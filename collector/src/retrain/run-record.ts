/**
 * What a run was made with and what came out of it, kept as it was: a recipe that changes
 * later changes nothing here.
 */
import type { Handicap } from './train-on-snapshot.ts'

/** What the training itself chose; the rest of a record is known beforehand. */
export interface TrainingRecord {
  readonly rung: 'prior' | 'logistic' | 'trees'
  readonly seed: number
  /** Interviews trained on, and kept aside to judge. */
  readonly trainedRows: number
  readonly holdoutRows: number
  /** Log-loss on unseen households of each learner that was tried; `null` where it was not. */
  readonly crossValidated: { readonly logistic: number | null; readonly trees: number | null }
  /** As they were used, after every choice. */
  readonly hyperParameters: Readonly<Record<string, number | string>>
}

export interface RunRecord extends TrainingRecord {
  /** SHA-256 of the recipe as it was read, as canonical JSON. */
  readonly recipeDigest: string
  readonly handicap: Handicap | null
  readonly metrics: Readonly<Record<string, number>>
  /** The candidate's files; each is kept by its hash. */
  readonly artefacts: readonly { readonly name: string; readonly sha256: string; readonly sizeBytes: number }[]
}

export interface MlflowNote {
  readonly state: 'waiting' | 'logged' | 'given-up'
  readonly tries: number
  /** What happened last, in words. */
  readonly said: string
  readonly experimentId: string | null
  readonly mlflowRunId: string | null
  readonly atMs: number
}
