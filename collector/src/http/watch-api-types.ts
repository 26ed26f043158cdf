/** The JSON of the routes about a model in the field, types only: what changed, and what to do. */

export type Severity = 'info' | 'note' | 'warning' | 'alarm'

export type FindingKind =
  | 'too few'
  | 'drift'
  | 'scores'
  | 'unscored'
  | 'performance'
  | 'calibration'
  | 'retraining does not help'
  | 'label age'
  | 'churn'

export interface WatchFinding {
  readonly kind: FindingKind
  readonly severity: Severity
  /** What changed, for a programme manager. */
  readonly what: string
  readonly evidence: Readonly<Record<string, number | string>>
  readonly todo: string
  readonly sinceMs: number
}

export interface WatchedQuestion {
  readonly input: string
  readonly verdict: 'too few' | 'same' | 'drifted'
  readonly psi: number | null
  readonly psiLimit: number | null
  readonly test: 'ks' | 'chi2'
  readonly p: number | null
  /** Names of the bins, the last "not answered", with shares at training and now; drifted ones only. */
  readonly bins?: readonly { readonly name: string; readonly before: number; readonly now: number }[]
}

export interface WatchedRegion {
  /** `null`: all regions together; `''`: not answered; `*`: beyond the first few of a device. */
  readonly region: string | null
  readonly rows: number
  /** What it is held against: rows of training, or its own weeks before; `null` where there is nothing yet. */
  readonly against: 'training' | 'earlier weeks' | null
  readonly questions: readonly WatchedQuestion[]
}

export interface WatchedCalibration {
  readonly region: string
  readonly outcomes: number
  /** What the model said on average, and how often it was so. */
  readonly said: number
  readonly was: number
  /** Of `said - was`, so wide that of all regions together one in twenty looks off by chance. */
  readonly lower: number
  readonly upper: number
  readonly verdict: 'too few' | 'right' | 'off'
}

export interface WatchFigures {
  readonly championId: string | null
  readonly drift: {
    readonly sinceWeek: string
    readonly devices: number
    /** Without a plan nobody counts: a prior, or a model of an older program. */
    readonly hasPlan: boolean
    readonly regions: readonly WatchedRegion[]
  }
  readonly scores: {
    /** Twenty bins of equal width. */
    readonly atPromotion: readonly number[] | null
    readonly now: readonly number[]
    readonly verdict: 'too few' | 'same' | 'drifted'
    readonly psi: number | null
    readonly psiLimit: number | null
    /** By reason: interviews of which the model was not sure. */
    readonly abstained: Readonly<Record<string, number>>
    readonly unscored: number
    /** Share of what the model reads that was not answered. */
    readonly missing: { readonly before: number; readonly now: number } | null
  }
  readonly calibration: readonly WatchedCalibration[]
  readonly performance: {
    /** Outcomes of households that chance chose; `all` where nobody was chosen by chance. */
    readonly from: 'audit' | 'all'
    readonly outcomes: number
    readonly logLoss: number | null
    /** Lower end of the one-sided 95 % bound. */
    readonly lower: number | null
    readonly atPromotion: number | null
    readonly months: readonly { readonly month: string; readonly outcomes: number; readonly logLoss: number }[]
  }
  readonly labels: {
    readonly learntFrom: number
    readonly medianAgeDays: number | null
    readonly olderThanAYear: number | null
    /** Households with two outcomes a season or more apart, and how many of them changed. */
    readonly twice: number
    readonly changed: number
  }
  /** Runs that ended since the champion came into force, newest first. */
  readonly runs: readonly {
    readonly runId: string
    readonly finishedAtMs: number
    readonly verdict: 'promote' | 'refused'
    readonly summary: string
    /** Of log-loss on the same holdout, on average; positive is better than the champion. */
    readonly gain: number | null
    readonly handicap: boolean
    /** Whether its verdict is about the model: not where outcomes were too few, withdrawn, or all looked at. */
    readonly judged: boolean
    /** Of the outcomes that performance and calibration rest on now, how many it had. */
    readonly had: { readonly performance: number; readonly regions: Readonly<Record<string, number>> }
  }[]
}

/** GET /models/:modelName/watch */
export interface ModelWatch {
  readonly modelName: string
  /** When it was last looked at. */
  readonly atMs: number
  /** One sentence. */
  readonly summary: string
  /** While the project recovers from a restore nothing is concluded. */
  readonly paused: boolean
  readonly findings: readonly WatchFinding[]
  readonly figures: WatchFigures
}
