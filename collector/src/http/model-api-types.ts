/** The JSON of the routes about models, types only: outcomes, runs, candidates, releases. */

/** POST /outcomes (a JSON list of rows, or text/csv) */
export interface OutcomesReply {
  /** The batch: it is withdrawn and restored as a whole. */
  readonly importId: string
  readonly imported: number
  /** Here already; importing twice is harmless. */
  readonly known: number
  /** Known ones that stay withdrawn, because the batch they came in was. */
  readonly withdrawn: number
  readonly refused: readonly {
    readonly row: number
    readonly fault: { readonly fault: string; readonly what: string; readonly mend: string; readonly detail?: string }
  }[]
  /** Rows that were taken, and may be a mistake. */
  readonly notes: readonly { readonly rows: readonly number[]; readonly note: string }[]
}

/** GET /submissions/{instanceId}/outcomes */
export interface InterviewOutcomes {
  /** `predicted`: a model scored it, and nobody has looked; `none`: no model did either. */
  readonly state: 'none' | 'predicted' | 'verified' | 'disputed' | 'withdrawn'
  /** Why none of its outcomes counts. */
  readonly why: string | null
  /** What the model that reads the form tells apart; `null` where none does. */
  readonly classes: readonly string[] | null
  /** In the order in which they came. */
  readonly outcomes: readonly {
    readonly outcomeId: string
    readonly state: 'verified' | 'disputed' | 'withdrawn'
    readonly why: string | null
    /** It is what is known of the interview. */
    readonly stands: boolean
    readonly value: string
    readonly method: string
    readonly verifier: string
    readonly observedAtMs: number
    readonly importedAtMs: number
    readonly source: 'import' | 'follow-up' | 'review'
    readonly importId: string | null
    readonly selection: 'audit' | 'decision' | 'unplanned'
    readonly words: readonly OutcomeWord[]
  }[]
}
export interface OutcomeWord {
  readonly kind: 'disputed' | 'withdrawn' | 'restored' | 'moved'
  readonly reason: string
  readonly by: string
  readonly atMs: number
  /** Said of the whole batch that the outcome came in. */
  readonly ofBatch: boolean
}

/** One line of the gate's report: a limit, what was found, and why that passes or fails. */
export interface GateLine {
  /** What the line is about; it stays where its words change. */
  readonly id: string
  readonly name: string
  /** Of limit and value. */
  readonly unit: 'share' | 'points' | 'bytes' | 'ms' | null
  /** How a value keeps a single limit. */
  readonly bound: 'at least' | 'above' | 'at most'
  readonly limit: number | readonly number[] | null
  readonly value: number | null
  readonly verdict: 'passed' | 'failed' | 'reported' | 'unknown'
  readonly why: string
}
export interface GateReport {
  readonly verdict: 'promote' | 'refused'
  readonly summary: string
  readonly lines: readonly GateLine[]
  /** What to do now. */
  readonly next: readonly string[]
  /** Households kept aside whose class would change; the largest changes as examples. */
  readonly flips: {
    readonly toPositive: number
    readonly toNegative: number
    readonly examples: readonly {
      readonly instanceId: string
      readonly household: string
      readonly before: number
      readonly after: number
      readonly outcome: string
      readonly reasonsBefore: readonly FlipReason[]
      readonly reasonsAfter: readonly FlipReason[]
    }[]
  } | null
  readonly subgroups: readonly {
    readonly name: string
    readonly households: number
    readonly positives: number
    readonly gain: number | null
    readonly miscalibration: number | null
    readonly missed: number | null
    readonly missedByChampion: number | null
  }[]
}
interface FlipReason {
  readonly question: string
  readonly answer: string
  readonly contribution: number
}

export interface CandidateRow {
  readonly candidateId: string
  readonly kind: 'prior' | 'logistic' | 'trees' | 'imported'
  readonly inputs: number
  readonly metrics: Readonly<Record<string, number>>
  readonly sizeBytes: number
  readonly snapshot: string | null
  readonly runId: string | null
  readonly handicap: string | null
  readonly champion: boolean
  /** `null` for a prior that no gate judged. */
  readonly report: GateReport | null
  /** Who promoted it past the gate, and why. */
  readonly approval: {
    readonly by: string
    readonly reason: string
    readonly atMs: number
    readonly overridden: readonly string[]
  } | null
  readonly createdAtMs: number
}
/** GET /models */
export interface ModelList {
  readonly models: readonly {
    readonly modelName: string
    readonly formId: string
    readonly classes: readonly string[]
    readonly positive: string
    readonly threshold: number
    readonly championId: string | null
    readonly card: string
    readonly candidates: readonly CandidateRow[]
  }[]
}

export interface RunRow {
  readonly runId: string
  readonly modelName: string
  readonly trigger: 'outcomes' | 'degradation' | 'calibration' | 'schedule' | 'person'
  /** The trigger's evidence, in words. */
  readonly because: string
  readonly handicap: 'shuffled-labels' | null
  readonly state: 'queued' | 'running' | 'finished' | 'failed' | 'cancelled'
  /** Share done, and what is being done, in words. */
  readonly progress: number
  readonly step: string
  readonly attempts: number
  readonly snapshot: string | null
  readonly candidateId: string | null
  readonly verdict: 'promote' | 'refused' | null
  readonly releaseId: string | null
  readonly reason: unknown
  readonly cancelled: { readonly who: string; readonly why: string } | null
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}
/** GET /runs */
export interface RunList {
  readonly runs: readonly RunRow[]
}
/** GET /runs/:runId */
export interface RunDetail extends RunRow {
  readonly report: GateReport | null
  readonly rows: {
    readonly used: number
    readonly positives: number
    readonly leftOut: Readonly<Record<string, number>>
  } | null
  /** What it was made with and what came out; `null` until it has trained. */
  readonly record: {
    readonly rung: 'prior' | 'logistic' | 'trees'
    readonly seed: number
    readonly trainedRows: number
    readonly holdoutRows: number
    readonly crossValidated: { readonly logistic: number | null; readonly trees: number | null }
    readonly hyperParameters: Readonly<Record<string, number | string>>
    readonly recipeDigest: string
    readonly handicap: string | null
    readonly metrics: Readonly<Record<string, number>>
    readonly artefacts: readonly { readonly name: string; readonly sha256: string; readonly sizeBytes: number }[]
  } | null
  /** What became of its log at an MLflow server; `null` where none is set. */
  readonly mlflow: {
    readonly state: 'waiting' | 'logged' | 'given-up'
    readonly tries: number
    readonly said: string
    readonly experimentId: string | null
    readonly mlflowRunId: string | null
    readonly atMs: number
  } | null
}
/** GET /models/:modelName/triggers */
export interface TriggerList {
  readonly triggers: readonly {
    readonly trigger: RunRow['trigger']
    readonly verdict: 'starts' | 'held' | 'waits' | 'too-few' | 'off'
    readonly value: number | null
    readonly limit: number | null
    readonly why: string
    /** The earliest moment, where it is a matter of time alone. */
    readonly nextAtMs: number | null
  }[]
}

/** GET /releases */
export interface ReleaseList {
  readonly releases: readonly {
    readonly releaseId: string
    readonly modelName: string
    readonly counter: number
    readonly reason: 'baseline' | 'promotion' | 'rollback'
    readonly candidateId: string
    readonly note: string | null
    readonly ring: number
    readonly metrics: Readonly<Record<string, number>>
    readonly createdAtMs: number
    readonly expiresAtMs: number
    /** Devices that said so. */
    readonly installed: number
    readonly refused: number
    /** It was in force there, and the one before it is again. */
    readonly rolledBack: number
  }[]
}

/** GET /models/:modelName/rollout */
export interface RolloutReply {
  readonly order: {
    readonly releaseId: string
    /** 0 staff, 1 a tenth, 2 half, 3 all. */
    readonly openRing: number
    readonly state: 'advancing' | 'halted' | 'complete'
    readonly who: string
    readonly reason: string
    readonly atMs: number
  }
  /** `null` where all have it. */
  readonly evidence: {
    readonly devices: number
    readonly installed: number
    readonly scores: number
    readonly failures: readonly { readonly deviceId: string; readonly why: string }[]
  } | null
  /** What would be done now, and why; `null` where it is halted or complete. */
  readonly next: { readonly do: 'wait' | 'advance' | 'halt'; readonly why: string } | null
}
