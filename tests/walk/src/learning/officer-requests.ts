/** What the story asks of an officer's process (officer-process.ts), and what it answers. */

export interface LearningOfficerConfig {
  readonly dataDir: string
  readonly ledgerFile: string
  readonly officer: string
  readonly seed: number
  /** Where the story's clock begins. */
  readonly startMs: number
}

export interface VisitRequest {
  readonly formId: string
  readonly visits: readonly {
    /** The household's, where it was visited before. */
    readonly entityId: string | null
    /** By question name. */
    readonly answers: Readonly<Record<string, string>>
  }[]
}

/** One finalised visit, read back from the store, with what the screen showed of the model. */
export interface MadeVisit {
  /** Its number in the panel. */
  readonly household: string
  readonly instanceId: string
  readonly entityId: string | null
  /** Of the positive class; `null` without a model. */
  readonly probability: number | null
  readonly releaseId: string | null
}

export interface VisitReply {
  readonly made: readonly MadeVisit[]
  readonly setAside: readonly { readonly question: string; readonly value: string; readonly message: string }[]
}

/** A follow-up that the centre asks of this officer. */
export interface OfficerTask {
  readonly taskId: string
  readonly formId: string
  readonly entityId: string
  readonly why: string
}

export interface LaptopStatus {
  readonly waiting: number
  readonly feedNumber: number
  readonly forms: number
  readonly releaseId: string | null
  readonly counter: number | null
  readonly fault: string | null
  /** Every release that was in force here at some time, in order. */
  readonly hadReleases: readonly string[]
}
