/**
 * What the field app and the agent say to each other: the JSON of each loopback route and of
 * each event of `GET /api/live`. Types only, so that a page can import it for nothing.
 *
 * Every route wants `Authorization: Bearer <token>`; the page's first address and the event
 * stream may carry `?token=` instead. A failure is a `FaultJson` with the status of its code.
 *
 *   GET    /api/status                              StatusJson
 *   GET    /api/forms                               FormsJson
 *   GET    /api/households?q=&limit=                HouseholdsJson     (limit 1–1000, else 200)
 *   GET    /api/conflicts                           ConflictsJson      (open ones first)
 *   GET    /api/outbox                              OutboxJson         (the newest 200)
 *   GET    /api/drafts                              DraftsJson
 *   DELETE /api/drafts/:interviewId                 204
 *   POST   /api/interviews                          OpenInterviewRequest → InterviewJson
 *   GET    /api/interviews/:id                      InterviewJson
 *   GET    /api/interviews/:id/choices?ref=&q=      ChoicesJson
 *   POST   /api/interviews/:id/answers              AnswerRequest → AnsweredJson
 *   POST   /api/interviews/:id/reasons              ReasonRequest → InterviewJson   (why a soft violation stands)
 *   POST   /api/interviews/:id/repeats              RepeatRequest → InterviewJson
 *   DELETE /api/interviews/:id/repeats/:rowRef      InterviewJson      (`roster[2]`, URI-encoded)
 *   POST   /api/interviews/:id/language             LanguageRequest → InterviewJson
 *   PUT    /api/interviews/:id/attachments/:ref     the file as the body, its name in X-File-Name → AnsweredJson
 *   GET    /api/interviews/:id/attachments/:ref     its bytes; `Range` is understood
 *   DELETE /api/interviews/:id/attachments/:ref     AnsweredJson
 *   POST   /api/interviews/:id/save                 DraftJson
 *   POST   /api/interviews/:id/finalise             SavedJson, or 422 with `session.violations`
 *   POST   /api/conflicts/:id/settle                SettleRequest → SavedJson
 *   GET    /api/returns                             ReturnsJson        (sent back by a reviewer, not answered yet)
 *   POST   /api/returns/:instanceId/open            InterviewJson      (a correction of it, begun or gone on with)
 *   GET    /api/tasks                               TasksJson          (visits that the centre asks for)
 *   POST   /api/tasks/:taskId/open                  InterviewJson      (with the household chosen)
 *   POST   /api/submissions/:instanceId/override    OverrideRequest → SavedJson   (the officer's own class, with a reason)
 *   POST   /api/sync                                StatusJson         (try the link now)
 *   GET    /api/live                                text/event-stream, see `LiveEvents`
 *
 * Not here: what the collector's API answers (collector/src/http/api-types.ts).
 */
import type { AwaitedListJson, ChoiceJson } from './list-api-types.ts'
import type { ModelJson, OverrideRequest, TasksJson } from './task-api-types.ts'

/** `what` and `mend` are sentences for the person on site, of the fault catalogue. */
export interface FaultJson {
  readonly fault: string
  readonly what: string
  readonly mend: string
  readonly detail?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** `blocked`: the collector or the certificate says no; `fault` says why and what to do. */
export type LinkJson = 'off' | 'offline' | 'connecting' | 'live' | 'blocked'

export interface OutboxSummaryJson {
  /** Finalised here and not yet acked by the collector. */
  readonly waiting: number
  /** Acked, and kept here until the collector has it in a verified backup. */
  readonly sent: number
  /** In a verified backup of the collector; its payload is gone from the outbox. */
  readonly safe: number
  /** The collector said no, with a reason; kept here and tried again later. */
  readonly refused: number
  readonly oldestAtMs: number | null
  /** Bytes of the payloads that wait. */
  readonly sizeBytes: number
  /** Sent or safe, and their photos are still on their way. */
  readonly awaiting: number
  /** Of these photos, what the collector does not have. */
  readonly awaitingBytes: number
}

export interface StatusJson {
  readonly projectId: string
  readonly deviceId: string
  readonly officer: string
  /** Demo keys: the page says so in large letters. */
  readonly demo: boolean
  readonly agentVersion: string
  readonly link: LinkJson
  readonly fault: FaultJson | null
  /** Something to be done some day, though all goes on: the agent should be updated. */
  readonly notice: FaultJson | null
  /** `leaving`: the centre ended this device's enrolment; what is unsent is sent, the rest is not shown. */
  readonly access: 'open' | 'leaving' | 'gone'
  /** Last time the collector acked or sent a page. */
  readonly lastSyncAtMs: number | null
  readonly outbox: OutboxSummaryJson
  readonly drafts: number
  /** Sent back by a reviewer, and not answered yet. */
  readonly returned: number
  /** Visits that the centre asks for. */
  readonly tasks: number
  readonly households: number
  /** Open conflicts in which an answer of this device does not stand. */
  readonly openConflicts: number
  readonly models: readonly ModelJson[]
  readonly nowMs: number
}

export interface FormJson {
  readonly formId: string
  readonly version: string
  readonly title: string
  readonly languages: readonly string[]
  readonly defaultLanguage: string
  /** The list of entities this form writes, e.g. `households`; `null`: it writes none. */
  readonly dataset: string | null
  readonly model: ModelJson | null
}
export interface FormsJson {
  readonly forms: readonly FormJson[]
  readonly awaited: readonly AwaitedListJson[]
}

export interface HouseholdJson {
  readonly entityId: string
  readonly dataset: string
  readonly label: string
  readonly properties: Readonly<Record<string, string>>
  /** Properties with an open conflict. */
  readonly conflicted: readonly string[]
  /** True while only this device knows it: finalised here, not yet come back in the feed. */
  readonly local: boolean
}
export type { ModelJson, OverrideRequest, TaskJson, TasksJson } from './task-api-types.ts'
export type { CopiesJson, HandedOverJson, ImportedJson } from './carry-api-types.ts'
export type { ChoiceJson, ChoicesJson } from './list-api-types.ts'

export interface HouseholdsJson {
  readonly total: number
  readonly households: readonly HouseholdJson[]
}

export interface ConflictSideJson {
  readonly answer: string
  readonly instanceId: string
  readonly deviceId: string
  /** Time by the author's device. */
  readonly atMs: number
  /** Written by this device. */
  readonly mine: boolean
}
export interface ConflictJson {
  readonly conflictId: string
  readonly entityId: string
  readonly entityLabel: string
  readonly property: string
  readonly stands: ConflictSideJson
  readonly other: ConflictSideJson
  /** `waiting`: settled here, on its way to the collector. */
  readonly state: 'open' | 'waiting' | 'settled'
}
export interface ConflictsJson {
  readonly conflicts: readonly ConflictJson[]
}
export interface ReturnCommentJson {
  /** Of the question; `null`: the whole interview. */
  readonly ref: string | null
  /** The question's label, and what was answered to it. */
  readonly label: string
  readonly answer: string
  readonly text: string
}
export interface ReturnJson {
  readonly instanceId: string
  readonly label: string
  readonly formId: string | null
  readonly entityId: string | null
  readonly returnedAtMs: number
  readonly comments: readonly ReturnCommentJson[]
  /** Interview id of a correction that was begun. */
  readonly draft: string | null
  /** False: it was finalised on another laptop, and can only be answered there. */
  readonly isHere: boolean
}
export interface ReturnsJson {
  readonly returns: readonly ReturnJson[]
}
export interface SettleRequest {
  readonly choose: 'stands' | 'other'
}

export interface ReasonJson {
  /** Question name, and its label in the language of the interview where the form has one. */
  readonly input: string
  readonly label: string
  /** Log odds towards the positive class. */
  readonly contribution: number
  /** The question, what was answered, and which way it speaks, in the language of the interview. */
  readonly sentence: string
}
export interface AssessmentJson {
  readonly releaseId: string
  readonly counter: number
  readonly label: string
  readonly positive: string
  /** Calibrated, of the positive class. */
  readonly probability: number
  /** Of the class that is named. */
  readonly labelProbability: number
  readonly sure: boolean
  /** Why it is not sure: never measured, too much missing, more than one class (or none) possible. */
  readonly abstains: 'unmeasured' | 'missing' | 'undecided' | null
  readonly reasons: readonly ReasonJson[]
  readonly missing: readonly string[]
  /** How old the model was; `null`: of a build that did not say. */
  readonly modelAgeDays: number | null
  /** The officer's own judgement. */
  readonly override: OverrideRequest | null
}

export interface OutboxRowJson {
  readonly instanceId: string
  readonly n: number
  readonly formId: string
  readonly version: string
  readonly label: string
  readonly entityId: string | null
  /** `awaiting`: it was taken, and files that it names have not arrived. */
  readonly state: 'queued' | 'awaiting' | 'sent' | 'safe' | 'held' | 'refused'
  readonly files: number
  /** Of its files, what the collector does not have. */
  readonly bytesLeft: number
  readonly fault: FaultJson | null
  readonly savedAtMs: number
  readonly assessment: AssessmentJson | null
  /** Already replaced by a later correction made here. */
  readonly corrected: boolean
  /** It is itself a correction of this one. */
  readonly deprecatedId: string | null
}
export interface OutboxJson {
  readonly summary: OutboxSummaryJson
  readonly rows: readonly OutboxRowJson[]
}

export interface DraftJson {
  readonly interviewId: string
  readonly formId: string
  readonly version: string
  readonly label: string
  readonly entityId: string | null
  readonly correct: string | null
  readonly answered: number
  readonly relevant: number
  readonly updatedAtMs: number
}
export interface DraftsJson {
  readonly drafts: readonly DraftJson[]
}

/**
 * At most one of `entityId` (a visit to a known household), `correct` (the instance id of an
 * earlier submission) and `draft` (the interview id of a draft) is given.
 */
export interface OpenInterviewRequest {
  readonly formId?: string
  readonly version?: string
  readonly entityId?: string
  readonly correct?: string
  readonly draft?: string
  readonly language?: string
}

export type QuestionKindJson =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'time'
  | 'dateTime'
  | 'select-one'
  | 'select-multiple'
  | 'geopoint'
  | 'note'
  | 'trigger'
  | 'calculate'
  | 'file'
  | 'other'

export interface ViolationJson {
  readonly ref: string
  /** `soft`: the answer stands once a reason is given for it. */
  readonly kind: 'required' | 'constraint' | 'type' | 'soft'
  readonly message: string
  /** Of the question. */
  readonly label: string
  /** Of a soft one: why the answer stands, once somebody said it. */
  readonly reason?: string
  /** Of a soft one: the question that keeps the reason. */
  readonly reasonRef?: string
}
/** A file as the page needs it; `isHere: false`: it was sent, and its bytes were let go here. */
export interface FileJson {
  readonly name: string
  readonly sizeBytes: number
  readonly mediaType: string
  readonly isHere: boolean
}
export interface UploadJson {
  /** For a file input: `image/*`, or nothing. */
  readonly accept: string
  /** The camera that the form asks for. */
  readonly capture: 'environment' | 'user' | null
  /** The longer side of a photo; a larger one is made smaller before it is kept. */
  readonly maxPixels: number | null
  /** To be drawn with a finger or a mouse. */
  readonly isDrawn: boolean
  readonly file: FileJson | null
}

/** A relevant question. `value` is the XForm string: a select-multiple is space separated. */
export interface QuestionJson {
  readonly ref: string
  readonly name: string
  readonly kind: QuestionKindJson
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly required: boolean
  readonly readOnly: boolean
  /** Of more than a hundred only those that are chosen; the others are searched (`GET …/choices`). */
  readonly choices: readonly ChoiceJson[]
  /** Of all that are offered now. */
  readonly choiceCount: number
  readonly violations: readonly ViolationJson[]
  /** Of a question for a file. */
  readonly upload?: UploadJson
}
export interface PageJson {
  readonly ref: string
  readonly label: string
  /** Refs of relevant questions in page order. */
  readonly questions: readonly string[]
}
export interface RepeatJson {
  /** Ref of the repeat, e.g. `roster`; its rows are `roster[1]` … `roster[count]`. */
  readonly ref: string
  readonly label: string
  readonly count: number
  readonly canAdd: boolean
}
/** One open interview, as a page shows it: sent whole after each change. */
export interface InterviewJson {
  readonly interviewId: string
  readonly instanceId: string
  readonly formId: string
  readonly version: string
  readonly title: string
  readonly language: string
  readonly languages: readonly string[]
  readonly entityId: string | null
  readonly correct: string | null
  readonly pages: readonly PageJson[]
  readonly questions: Readonly<Record<string, QuestionJson>>
  readonly repeats: readonly RepeatJson[]
  readonly progress: { readonly answered: number; readonly relevant: number }
  /** Over the whole interview: empty means it can be finalised. */
  readonly violations: readonly ViolationJson[]
}

export interface AnswerRequest {
  readonly ref: string
  readonly value: string
}
/** `accepted: false`: the value was refused and the former one stands; `violations` says why. */
export interface AnsweredJson {
  readonly accepted: boolean
  readonly violations: readonly ViolationJson[]
  readonly interview: InterviewJson
}
/** `ref` is the question that breaks a soft constraint; an empty reason takes it back. */
export interface ReasonRequest {
  readonly ref: string
  readonly reason: string
}
export interface RepeatRequest {
  readonly ref: string
}
export interface LanguageRequest {
  readonly language: string
}

/** Durable in the encrypted file when this arrives. */
export interface SavedJson {
  readonly instanceId: string
  readonly n: number
  readonly digest: string
  /** `null`: no model, or the model gave no usable number. */
  readonly assessment: AssessmentJson | null
}

/**
 * Events of `GET /api/live`: the name is the key, `data` is the JSON of the type. Each is sent
 * once at connection and again on each change, whole. Nothing is polled.
 */
export interface LiveEvents {
  readonly status: StatusJson
  readonly forms: FormsJson
  readonly outbox: OutboxJson
  readonly households: HouseholdsJson
  readonly conflicts: ConflictsJson
  readonly drafts: DraftsJson
  readonly returns: ReturnsJson
  readonly tasks: TasksJson
}

/**
 * The preview of a form serves the routes of one interview, and:
 *
 *   GET    /api/interviews/:id/answers              answers by ref, as they would be submitted now
 *   POST   /api/interviews/:id/finalise             PreviewFinishedJson: nothing is stored
 *   POST   /api/preview/restart                     PreviewJson         (a blank interview)
 *   GET    /api/live                                one event, `preview`: PreviewJson
 */
export interface PreviewFindingJson {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly sheet?: string
  readonly row?: number
  readonly column?: string
}
export interface PreviewJson {
  readonly fileName: string
  /** `null`: no version of the file could be opened yet. */
  readonly interviewId: string | null
  readonly title: string
  readonly version: string
  /** The file has errors now; what is shown is the last version without. */
  readonly isStale: boolean
  readonly findings: readonly PreviewFindingJson[]
  readonly readAtMs: number
}
export interface PreviewFinishedJson {
  readonly answers: Readonly<Record<string, string>>
  readonly xml: string
  readonly audit: string
}
