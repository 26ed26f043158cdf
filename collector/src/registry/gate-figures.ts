/**
 * What the gate judges by: figures of a candidate and of the champion on the same holdout
 * households. Where they come from: retrain/measure-holdout.ts; what becomes of them:
 * judge-candidate.ts.
 *
 * Where an outcome was drawn with a known probability, it counts for as many households as it
 * stands for; AUC and calibration slope count each once.
 */

/** A mean over households, and one standard error of it. */
export interface Measured {
  readonly mean: number
  readonly error: number
}

export interface GateFigures {
  /** Share of all households that the recipe keeps aside. */
  readonly holdoutRatio: number
  /** Households kept aside that have a verified outcome. */
  readonly holdout: number
  readonly positives: number
  /** Champion's log-loss − candidate's, a household at a time; positive is better. */
  readonly logLossGain: Measured
  /** Of the households that were drawn at random alone. */
  readonly audit: { readonly households: number; readonly logLossGain: Measured }
  readonly look: LookFigures
  readonly championAuc: number
  readonly candidateAuc: number
  readonly calibrationSlope: number
  /** One standard error of the slope: what these few households cannot tell. */
  readonly calibrationSlopeError: number
  /** Share of holdout households whose class the candidate names rightly. */
  readonly accuracy: number
  /** Scores of holdout households that are no number. */
  readonly nonFinite: number
  /** Largest difference of a probability between ONNX Runtime and the trainer, over all holdout rows. */
  readonly parity: number
  readonly bundleBytes: number
  readonly p99Ms: number
  readonly flips: FlipFigures
  /** Of all households that turned out positive. */
  readonly missed: MissedFigures
  /** By answer of the questions that the recipe names. */
  readonly subgroups: readonly SubgroupFigures[]
  /** How the candidate was spoilt on purpose, or `null`. */
  readonly handicap: string | null
}

/** What this look at the holdout may cost (error-budget.ts). */
export interface LookFigures {
  /** The error that the look stakes; 0 where it may not promote. */
  readonly stake: number
  /** What is left of the year's budget before it. */
  readonly left: number
  /** Holdout households with an outcome that no look has seen. */
  readonly fresh: number
  /** The share of them in the holdout from which a look has something to stake. */
  readonly freshFrom: number
  /** Looks so far in which any of these households took part; the most that one of them did. */
  readonly mostLooks: number
}

export interface FlipFigures {
  /** Whether the champion is a prior that was set by hand: it may be changed more. */
  readonly isFromPrior: boolean
  readonly share: number
  readonly toPositive: number
  readonly toNegative: number
  /** The largest changes of probability, in both directions. */
  readonly examples: readonly FlipExample[]
}

export interface FlipExample {
  readonly instanceId: string
  readonly household: string
  readonly before: number
  readonly after: number
  /** What turned out. */
  readonly outcome: string
  readonly reasonsBefore: readonly FlipReason[]
  readonly reasonsAfter: readonly FlipReason[]
}

export interface FlipReason {
  readonly question: string
  readonly answer: string
  /** In log odds; above 0 speaks for the positive class. */
  readonly contribution: number
}

/** Exclusion errors: of those who turned out positive, the share that is named negative. */
export interface MissedFigures {
  readonly positives: number
  readonly champion: Measured
  readonly candidate: Measured
}

export interface SubgroupFigures {
  /** `region: northern`. */
  readonly name: string
  readonly households: number
  readonly logLossGain: Measured
  /** Mean probability − share of positives. */
  readonly calibration: { readonly champion: number; readonly candidate: number; readonly error: number }
  readonly missed: MissedFigures
}
