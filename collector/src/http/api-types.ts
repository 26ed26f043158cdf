/**
 * The JSON of each route of the collector, types only: what the console and other programs
 * may count on. Below `/api/v1` every route wants `Authorization: Bearer <admin token>`
 * (`/live` also takes `?token=`, for a browser's event stream cannot send headers).
 *
 * A request that fails answers `FaultReply` with the status of its code.
 */
type Answers = Readonly<Record<string, string>>

export interface FaultReply {
  /** Stable code, e.g. `form.version-exists`. */
  readonly fault: string
  /** What happened, and what to do next: one sentence each. */
  readonly what: string
  readonly mend: string
  /** The field, row, file or message at fault. */
  readonly detail?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** GET /health (open) */
export interface Health {
  readonly status: 'ok'
  readonly projectId: string
  readonly demo: boolean
  readonly epoch: number
}

/** GET /summary */
export interface Summary {
  readonly projectId: string
  readonly demo: boolean
  readonly epoch: number
  readonly feedNumber: number
  readonly submissions: { readonly total: number; readonly held: number; readonly lastReceivedAtMs: number | null }
  readonly entities: number
  readonly conflicts: { readonly open: number; readonly settled: number }
  /** Files that submissions name; `awaitedBytes` is what of them has not arrived. */
  readonly attachments: {
    readonly stored: number
    readonly awaited: number
    readonly awaitedBytes: number
    /** Submissions that await at least one. */
    readonly incomplete: number
  }
  /** `revoked`: given up in any way, also those that left or were stolen. */
  readonly devices: { readonly active: number; readonly revoked: number; readonly connected: number }
  readonly forms: number
  /** Nothing is `safe` on the devices until a verified backup contains it. */
  readonly backup: { readonly safeSubmissions: number; readonly note: string }
}

/** POST /enrol (open) */
export interface EnrolRequest {
  readonly token: string
  /** Ed25519, base64url. */
  readonly publicKey: string
  readonly officer: string
}
export interface EnrolReply {
  readonly certificate: {
    readonly body: {
      readonly projectId: string
      readonly deviceId: string
      readonly publicKey: string
      readonly officer: string
      readonly demo: boolean
      readonly issuedAtMs: number
    }
    readonly keyId: string
    readonly signature: string
  }
  readonly rootPublicKey: string
  readonly projectId: string
  readonly collectorId: string
  readonly boxPublicKey: string
  readonly demo: boolean
  readonly epoch: number
}

/** POST /enrolment-tokens */
export interface EnrolmentTokenRequest {
  readonly officer: string
  /** Hours until it expires, 168 if absent. */
  readonly validHours?: number
}
export interface EnrolmentToken {
  /** Shown once; the collector keeps its hash. */
  readonly token: string
  readonly officer: string
  readonly expiresAtMs: number
}

/** GET /devices, POST /devices/:id/revoke */
/** What a device was ordered to do with all it holds, and its signed answer. */
export interface DeviceOrderRow {
  readonly kind: 'leave' | 'stay' | 'destroy'
  readonly issuedAtMs: number
  /** `null`: it has had no link since. */
  readonly toldAtMs: number | null
  /** Of the device: what it held was removed, and how much of it had never been sent. */
  readonly receipt: { readonly atMs: number; readonly unsent: number } | null
}

/** GET /scopes, PUT /scopes/datasets/:dataset, PUT /devices/:id/scopes */
export interface ScopeList {
  /** Dataset → the property whose answer is the scope of its entities. */
  readonly properties: Readonly<Record<string, string>>
  /** `scope` is blank for entities without an answer. */
  readonly scopes: readonly { readonly dataset: string; readonly scope: string; readonly entities: number }[]
}

export interface DeviceRow {
  readonly deviceId: string
  readonly officer: string
  readonly state: 'active' | 'left' | 'stolen' | 'revoked'
  readonly connected: boolean
  readonly enrolledAtMs: number
  readonly lastSeenAtMs: number | null
  readonly agentVersion: string | null
  /** The device's clock minus the collector's at the last handshake. */
  readonly clockSkewMs: number | null
  /** Submissions that wait on the device, as it last said. */
  readonly queued: number | null
  readonly modelCounter: number | null
  readonly submissions: number
  /** Sent after the device had left; nobody has looked at them yet. */
  readonly quarantined: number
  /** Names of what it may see; `null` is everything. */
  readonly scopes: readonly string[] | null
  /** The newest one. */
  readonly order: DeviceOrderRow | null
}
export interface DeviceList {
  readonly devices: readonly DeviceRow[]
}

export type {
  FormRow,
  ListRow,
  ListHistory,
  PublishListsReply,
  FormList,
  FormWarning,
  PublishReply,
} from './form-api-types.ts'

/** See the inbox's states in docs/sync.md. */
export type SubmissionState = 'applied' | 'held' | 'waiting' | 'returned' | 'quarantined' | 'again' | 'void'

/** A question's comment, or one on the whole interview (`path` null). */
export interface ReviewComment {
  readonly path: string | null
  readonly text: string
}
export interface ReviewRowJson {
  readonly instanceId: string
  readonly verdict: 'approve' | 'return' | 'restore'
  readonly comments: readonly ReviewComment[]
  readonly atMs: number
  /** It was taken back. */
  readonly undone: boolean
}
/** GET /submissions/:instanceId/reviews: the newest first. */
export interface ReviewList {
  readonly reviews: readonly ReviewRowJson[]
}
/** POST /submissions/:instanceId/review { verdict, comments, seen? } and …/undo */
export interface ReviewReply {
  /** Of the review itself. */
  readonly instanceId: string
  readonly about: string
  readonly state: SubmissionState
  readonly reason: { readonly fault: string } | null
}
/** POST /submissions/:instanceId/fold */
export interface FoldReply {
  readonly instanceId: string
  readonly state: SubmissionState
  readonly reason: FaultReply | null
}
/** POST /submissions/fold-held */
export interface FoldedAgainReply {
  readonly tried: number
  readonly folded: number
  readonly notFolded: readonly FoldReply[]
}

/**
 * GET /submissions?limit&after&formId&kind&state&review&entityId&instanceId: the newest first;
 * `after` is the last `seq` seen.
 */
export interface SubmissionRow {
  readonly seq: number
  readonly instanceId: string
  readonly formId: string
  readonly version: string
  readonly deviceId: string
  readonly officer: string | null
  readonly storeId: string
  readonly n: number
  /** Time by the author's device. */
  readonly finalisedAtMs: number
  /**
   * Where that time cannot be right. `ahead`: after its arrival, which is its place in order then.
   * `dead`: from before there was anything to collect.
   */
  readonly clock: 'ahead' | 'dead' | null
  readonly receivedAtMs: number
  readonly state: SubmissionState
  /** Why it is not folded; of an applied one, what is to be known of it. */
  readonly reason: FaultReply | null
  readonly deprecatedId: string | null
  /** What corrected it, the newest one. */
  readonly correctedBy: string | null
  /** The review in force. */
  readonly review: ReviewRowJson | null
  readonly entityId: string | null
  /** As the entity is called now; empty without one. */
  readonly entityLabel: string
  readonly answers: Answers
  /**
   * As the device recorded it: score, model version, reasons; `modelAgeDays`, and `override` {label, reason}
   * where its officer said otherwise (devices of earlier builds have neither).
   */
  readonly assessment: unknown
  readonly digest: string
  /** Files that it names; `awaited` of them have not arrived. */
  readonly attachments: { readonly total: number; readonly awaited: number }
}
export interface SubmissionList {
  readonly submissions: readonly SubmissionRow[]
  /** Pass as `after` for the next ones; `null` at the end. */
  readonly next: number | null
}

/** GET /submissions/:id/attachments; the bytes are below it, by name. */
export interface AttachmentRow {
  readonly name: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly mediaType: string
  readonly state: 'complete' | 'awaited'
  readonly haveBytes: number
  readonly arrivedAtMs: number | null
}
export interface AttachmentList {
  readonly attachments: readonly AttachmentRow[]
}

export interface WrittenAnswer {
  readonly answer: string
  readonly instanceId: string
  readonly deviceId: string
  readonly stamp: string
}

/** GET /entities?limit&after&q&dataset */
export interface EntityRow {
  readonly entityId: string
  readonly dataset: string
  readonly label: string
  readonly properties: Answers
  /** Properties with an open conflict. */
  readonly conflicted: readonly string[]
  /** Differs from `entityId` where this one is an alias. */
  readonly canonicalId: string
  readonly submissions: number
  readonly updatedAtMs: number
}
/** GET /duplicates?state&dataset&limit: entities that may be one, the most alike first. */
export interface DuplicateList {
  readonly pairs: readonly {
    readonly low: EntityRow
    readonly high: EntityRow
    readonly dataset: string
    /** 0 to 1: it orders the list, it is no probability. */
    readonly score: number
    /** In words. */
    readonly reasons: readonly string[]
    readonly state: 'open' | 'dismissed'
    readonly foundAtMs: number
  }[]
  readonly total: number
}
export interface EntityList {
  readonly entities: readonly EntityRow[]
  readonly total: number
  /** How many of `total` are the same as another one. */
  readonly aliases: number
  readonly next: string | null
}

/** GET /entities/:id */
export interface EntityDetail extends EntityRow {
  /** Which submission each property comes from. */
  readonly written: Readonly<Record<string, WrittenAnswer>>
  readonly conflicts: readonly ConflictRow[]
  /** Oldest first; a `superseded` one was replaced by a correction, of the others the applied ones count. */
  readonly history: readonly {
    readonly instanceId: string
    readonly formId: string
    readonly version: string
    readonly deviceId: string
    readonly officer: string | null
    readonly kind: 'create' | 'update' | 'settlement'
    readonly stamp: string
    readonly receivedAtMs: number
    readonly superseded: boolean
    readonly state: SubmissionState
    readonly set: Answers
  }[]
  readonly aliases: readonly string[]
}

/** GET /conflicts?state=open|settled */
export interface ConflictRow {
  readonly conflictId: string
  readonly entityId: string
  readonly entityLabel: string
  readonly property: string
  readonly stands: WrittenAnswer
  readonly other: WrittenAnswer
  /** Instance of the settlement; `null` while it is open. */
  readonly settledBy: string | null
  readonly openedAtMs: number
}
export interface ConflictList {
  readonly conflicts: readonly ConflictRow[]
}

/** POST /conflicts/:id/settle */
export interface SettleRequest {
  readonly choose: 'stands' | 'other'
}
/** POST /aliases */
export interface AliasRequest {
  readonly alias: string
  readonly of: string
}
/** What settling, joining and undoing answer: each is a submission of the collector's own device. */
export interface OwnSubmission {
  readonly instanceId: string
  readonly entityIds: readonly string[]
}

/** POST /bundles: what one file of a laptop held, and what became of it. */
export interface BundleImport {
  readonly bundleId: string
  readonly deviceId: string
  readonly officer: string
  /** The laptop's clock. */
  readonly createdAtMs: number
  /** The same file was imported before. */
  readonly before: boolean
  /** Submissions by what became of them: applied, duplicate, conflict, held, refused, forked. */
  readonly results: Readonly<Record<string, number>>
  readonly notFolded: readonly {
    readonly n: number
    readonly instanceId: string
    readonly fault: { readonly fault: string; readonly detail?: string } | null
  }[]
  /** First and last number of what its head names and it did not give. */
  readonly missing: readonly (readonly [number, number])[]
  readonly aside: readonly { readonly n: number; readonly sha256: string; readonly sizeBytes: number }[]
  readonly attachments: number
  readonly faults: readonly { readonly fault: string; readonly detail?: string }[]
}
export interface BundleRow extends BundleImport {
  readonly importedAtMs: number
}
/** GET /bundles */
export interface BundleList {
  readonly bundles: readonly BundleRow[]
}

/** GET /live: server-sent events; the event's name is `kind`, its data this object. */
export type LiveEvent =
  | {
      readonly kind: 'submissions'
      readonly deviceId: string
      readonly formId: string
      readonly count: number
      readonly conflicts: number
    }
  | { readonly kind: 'device'; readonly deviceId: string; readonly connected: boolean }
  | { readonly kind: 'form'; readonly formId: string; readonly version: string }
  | { readonly kind: 'attachment'; readonly deviceId: string; readonly instanceId: string }
  | { readonly kind: 'outcomes'; readonly imported: number }
  | { readonly kind: 'follow-ups' }
  /** A review, a held one folded after all, a pair of households: whatever people decide of what is stored. */
  | { readonly kind: 'review' }
  | { readonly kind: 'run'; readonly runId: string; readonly modelName: string; readonly state: string }
  /** A model in the field was looked at; `news` is how much somebody is told of. */
  | { readonly kind: 'watch'; readonly modelName: string; readonly news: number }
  | { readonly kind: 'release'; readonly releaseId: string; readonly modelName: string; readonly counter: number }
  /** A ring was opened, a release was halted or resumed: by whom, and why in words. Alerts look for `halted`. */
  | {
      readonly kind: 'rollout'
      readonly modelName: string
      readonly releaseId: string
      readonly state: 'advancing' | 'halted' | 'complete'
      readonly openRing: number
      readonly who: string
      readonly reason: string
    }
  | {
      readonly kind: 'install'
      readonly releaseId: string
      readonly deviceId: string
      readonly state: 'installed' | 'refused' | 'rolled-back'
    }

export type { FollowUpList, FollowUpRowJson, PlannedReply } from './follow-up-api-types.ts'
export type {
  CandidateRow,
  GateLine,
  GateReport,
  InterviewOutcomes,
  ModelList,
  OutcomeWord,
  OutcomesReply,
  ReleaseList,
  RolloutReply,
  RunDetail,
  RunList,
  RunRow,
  TriggerList,
} from './model-api-types.ts'

export type {
  FindingKind,
  ModelWatch,
  Severity,
  WatchedCalibration,
  WatchedQuestion,
  WatchedRegion,
  WatchFigures,
  WatchFinding,
} from './watch-api-types.ts'

export type { BackupList, RecoveryReport } from './recovery-api-types.ts'
export type { KeysView } from './key-api-types.ts'
