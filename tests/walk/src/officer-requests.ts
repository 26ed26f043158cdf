/** What the walk asks of an officer's process (officer-process.ts), and what it answers. */
import type { Staging, SubjectChoice } from './subjects.ts'

export interface OfficerConfig {
  readonly dataDir: string
  readonly ledgerFile: string
  readonly officer: string
  readonly seed: number
  readonly subjects: SubjectChoice
  /** Date that officers write on their interviews, `YYYY-MM-DD`. */
  readonly date: string
  readonly fieldDir?: string
}

export interface EnrolRequest {
  readonly collectorUrl: string
  readonly token: string
}

export interface InterviewRequest {
  readonly formId: string
  readonly visits: readonly { readonly index: number; readonly staging: Staging }[]
  /** Waits until the draft is on the disk before finalising, as a person's pause would. */
  readonly pauseBeforeFinalise?: boolean
}

/** Text that must be nowhere on the disk in the clear. */
export interface PlantRequest {
  readonly formId: string
  readonly text: string
}

/** What the store of an officer holds, opened and read back. */
export interface HeldWork {
  readonly submissions: readonly { readonly instanceId: string; readonly digest: string }[]
  /** Ids of interviews that are begun and not finalised. */
  readonly drafts: readonly string[]
  /** Submissions whose payload the device has let go, because the centre has a backup of them. */
  readonly letGo: number
  /** Submissions that the collector has answered with a reason why not. */
  readonly refused: number
}

/** One finalised interview, as the screen called it saved. */
export interface SavedVisit {
  readonly index: number
  readonly instanceId: string
  readonly entityId: string | null
  /** Probability of the positive class; `null` without a model. */
  readonly probability: number | null
  readonly modelCounter: number | null
}

export interface RefusedAnswer {
  readonly question: string
  readonly value: string
  readonly message: string
}

export interface InterviewReply {
  readonly saved: readonly SavedVisit[]
  readonly refused: readonly RefusedAnswer[]
  /** Interviews that could not be finalised, with the reason. */
  readonly setAside: readonly RefusedAnswer[]
}

export interface CorrectRequest {
  readonly instanceId: string
  /** By question name. */
  readonly answers: Readonly<Record<string, string>>
}

export interface OfficerStatus {
  readonly waiting: number
  readonly households: number
  readonly forms: number
  readonly modelCounter: number | null
  readonly modelReason: string | null
  readonly link: string
  /** How much of the collector's feed is here. */
  readonly feedNumber: number
  /** Of the collector, as this device last met it. */
  readonly epoch: number
  /** What the agent says of a release that it did not take, and other faults. */
  readonly fault: string | null
  /** When the households of this laptop last changed, by the machine's clock. */
  readonly householdsChangedAtMs: number | null
}

/** A value that does not stand, as the officer's own page shows it. */
export interface OfficerConflict {
  readonly conflictId: string
  readonly household: string
  readonly property: string
  readonly stands: string
  readonly other: string
  readonly otherIsMine: boolean
}
