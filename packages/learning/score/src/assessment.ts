/**
 * What the officer is told: a class, how probable, whether the model is sure, the three
 * answers that weighed most, and what was missing. A hint for a person who decides.
 *
 * The model is sure only where
 *   A1 at most 30 % of its inputs are missing, and
 *   A2 exactly one class is possible at the promised coverage, and it is the class named.
 * A model that was never measured (`conformal` null) is never sure.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { topReasons, type Reason } from './explain.ts'
import { missingInputs, type FeatureRow } from './feature-row.ts'
import type { Manifest } from './manifest.ts'
import type { Model } from './model.ts'

export interface Assessment {
  readonly releaseId: string
  readonly counter: number
  readonly label: string
  /** The class that `probability` is of. */
  readonly positive: string
  /** Of the positive class. */
  readonly probability: number
  /** By class. */
  readonly probabilities: Readonly<Record<string, number>>
  readonly sure: boolean
  /** The three that weighed most, the heaviest first. */
  readonly reasons: readonly Reason[]
  readonly missing: readonly string[]
}

const MOST_MISSING = 0.3
const REASONS = 3

/** @param probability Of the positive class, as the graph gave it. */
export function assess(
  manifest: Manifest,
  model: Model,
  row: FeatureRow,
  probability: number,
): Result<Assessment, FaultOf<'score.not-finite'>> {
  const { releaseId, counter, classes, inputs, threshold } = manifest
  if (!Number.isFinite(probability)) return err(fault('score.not-finite', `release ${releaseId}`))
  const [negative, positive] = classes as readonly [string, string]
  const probabilities = { [negative]: 1 - probability, [positive]: probability }
  const label = probability >= threshold ? positive : negative
  const missing = missingInputs(row, inputs)
  return ok({
    releaseId,
    counter,
    label,
    positive,
    probability,
    probabilities,
    sure: missing.length <= MOST_MISSING * inputs.length && isOnlyPossible(label, manifest, probabilities),
    reasons: topReasons(model, row, REASONS),
    missing,
  })
}

function isOnlyPossible(
  label: string,
  { conformal, classes }: Manifest,
  probabilities: Readonly<Record<string, number>>,
): boolean {
  if (conformal === null) return false
  const possible = classes.filter(name => probabilities[name]! >= (conformal.cutoffs[name] ?? 0))
  return possible.length === 1 && possible[0] === label
}
