/**
 * What the officer is told: a class, how probable, whether the model is sure, the three
 * answers that weighed most, and what was missing. A hint for a person who decides.
 *
 * The model is sure only where
 *   A1 at most 30 % of its inputs are missing, and
 *   A2 exactly one class is possible at the promised coverage, and it is the class named.
 * A model that was never measured (`conformal` null) is never sure. Where it is not, the
 * assessment says which of these it was: it abstains, and the officer decides alone.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Reason } from './explain.ts'
import type { FeatureRow } from './answers.ts'
import { missingInputs } from './feature-row.ts'
import type { Manifest } from './manifest.ts'

/** Why the model is not sure: never measured · too much missing · two or no classes possible. */
export type Abstention = 'unmeasured' | 'missing' | 'undecided'

export interface Assessment {
  readonly releaseId: string
  readonly counter: number
  readonly label: string
  /** The class that `probability` is of: of two the positive one, of several the one named. */
  readonly positive: string
  readonly probability: number
  /** By class. */
  readonly probabilities: Readonly<Record<string, number>>
  readonly sure: boolean
  /** `null` where it is sure. */
  readonly abstains: Abstention | null
  /** The classes that are possible at the promised coverage; empty where never measured. */
  readonly possible: readonly string[]
  /** The three that weighed most, the heaviest first. */
  readonly reasons: readonly Reason[]
  readonly missing: readonly string[]
  /** Of a model on trial, for the centre to compare by: the officer is not shown it. */
  readonly shadow?: ShadowScore
}

export type ShadowScore = Pick<Assessment, 'releaseId' | 'counter' | 'label' | 'probability'>

const MOST_MISSING = 0.3

/** What the graph said of one row: the positive class of two, or each of several classes. */
export type Said = ArrayLike<number>

/** The place of the class that is named, in the manifest's order. */
export function namedClass({ classes, threshold }: Pick<Manifest, 'classes' | 'threshold'>, said: Said): number {
  if (classes.length === 2) return said[0]! >= threshold ? 1 : 0
  let best = 0
  for (let i = 1; i < classes.length; i++) if (said[i]! > said[best]!) best = i
  return best
}

/** @param reasons Of the class that is named (`namedClass`), where there are several. */
export function assess(
  manifest: Manifest,
  row: FeatureRow,
  said: Said,
  reasons: readonly Reason[],
): Result<Assessment, FaultOf<'score.not-finite'>> {
  const { releaseId, counter, classes, inputs, conformal } = manifest
  if (!Array.from(said).every(Number.isFinite)) return err(fault('score.not-finite', `release ${releaseId}`))
  const isBinary = classes.length === 2
  const byClass = isBinary ? [1 - said[0]!, said[0]!] : Array.from(said)
  const probabilities = Object.fromEntries(classes.map((name, i) => [name, byClass[i]!]))
  const label = classes[namedClass(manifest, said)]!
  const positive = isBinary ? classes[1]! : label
  const missing = missingInputs(row, inputs)
  const possible =
    conformal === null ? [] : classes.filter(name => probabilities[name]! >= (conformal.cutoffs[name] ?? 0))
  const abstains: Abstention | null =
    conformal === null
      ? 'unmeasured'
      : missing.length > MOST_MISSING * inputs.length // A1
        ? 'missing'
        : possible.length === 1 && possible[0] === label // A2
          ? null
          : 'undecided'
  return ok({
    releaseId,
    counter,
    label,
    positive,
    probability: probabilities[positive]!,
    probabilities,
    sure: abstains === null,
    abstains,
    possible,
    reasons,
    missing,
  })
}
