/**
 * The contract of a session: one person filling in one instance of a form.
 *
 * Laws, each a test in `laws.test.ts`, and all of them on random walks in `walks.test.ts`:
 *   S1 a refused answer leaves the instance as it was
 *   S2 a draft restores exactly, calculated values included
 *   S3 the final state does not depend on the order in which questions were answered
 *   S4 what an answer recomputes equals what a full evaluation computes
 *   S5 a reason is asked and sent exactly while an answer breaks a soft constraint
 *   S6 a reason is gone once its answer is another, and only then
 *   S7 an interview is finished exactly when nothing is wrong but what has its reason
 *   S8 what was changed is named: nothing else looks different afterwards
 *   S9 a language changes words alone
 *
 * Not here: storage. Whoever holds the session keeps its draft and its finalised instance.
 */
import type { FormId, InstanceId, Millis, Result } from '@murram/ground'
import type { Answers, Choice, Form, Media } from './form.ts'
import type { QuestionKind } from './program.ts'
import type { AuditSpec } from './run/audit-spec.ts'
import type { WordsByLanguage } from './run/words.ts'

export interface Violation {
  readonly ref: string
  /** `soft`: the answer stands once a reason is given for it. */
  readonly kind: 'required' | 'constraint' | 'type' | 'soft'
  /** In the active language. */
  readonly message: string
  /** Of the question, in the active language; its name where it has none. */
  readonly label: string
  /** Of a soft one: why the answer stands, once somebody said it. */
  readonly reason?: string
  /** Of a soft one: the question that keeps the reason. */
  readonly reasonRef?: string
}

export interface Changed {
  readonly ref: string
  /** `validity`: required, read-only, what is wrong, or the reason by which it stands. */
  readonly kind: 'value' | 'relevance' | 'validity' | 'choices'
}

export interface Answered {
  /** `false`: the value was refused and the instance keeps the former one. */
  readonly accepted: boolean
  readonly violations: readonly Violation[]
  readonly changed: readonly Changed[]
}

export interface QuestionState {
  readonly ref: string
  readonly name: string
  readonly kind: QuestionKind
  readonly label: string
  readonly hint: string
  /** What the hint unfolds to; `''` where there is none. */
  readonly guidance: string
  readonly value: string
  readonly relevant: boolean
  readonly required: boolean
  readonly readOnly: boolean
  /** What the filter offers now. */
  readonly choices: readonly Choice[]
  readonly violations: readonly Violation[]
  readonly appearance: string
  /** Element of the control (`input`, `range`, `upload`, `rank`); `''` is not asked. */
  readonly control: string
  /** XForm type of the answer: `string`, `geotrace`, `barcode`. */
  readonly type: string
  /** Of the label. */
  readonly media?: Media
  /** Of an upload: `image/*`. */
  readonly mediaType?: string
  readonly range?: RangeState
  /** What else the form says to the screen (`max-pixels`, `rows`, `capture-accuracy`), without prefixes. */
  readonly parameters: Readonly<Record<string, string>>
  /** Ref of the row it stands in. */
  readonly repeat?: string
  /** Ref of the question whose reason it keeps: other tools ask it as a question of its own. */
  readonly reasonFor?: string
}

export interface RangeState {
  readonly start: number
  readonly end: number
  readonly step: number
  /** Every how much a mark stands; the step where the form does not say. */
  readonly tickInterval: number
  /** What the scale shows before there is an answer; `null`: nothing. */
  readonly placeholder: number | null
}

export interface Page {
  /** Of the group or row; pages before and after a group share that of what is around it. */
  readonly ref: string
  readonly label: string
  /** Labels of the groups and rows around the questions, outermost first, its own last. */
  readonly path: readonly string[]
  /** Of the group: `field-list`, `table-list`, and how wide it is. */
  readonly appearance: string
  /** All of it is asked on one screen. */
  readonly fieldList: boolean
  readonly questions: readonly string[]
  readonly progress: Progress
}

/** Of what a person can answer now. */
export interface Progress {
  readonly answered: number
  readonly relevant: number
  /** Required and not answered. */
  readonly missing: number
  /** Answers that may not stay as they are. */
  readonly wrong: number
}

export interface RepeatState {
  /** Without the last position: `roster`, `roster[2]/visit`. */
  readonly ref: string
  readonly count: number
  /** `false` where the form itself counts the rows. */
  readonly canAdd: boolean
  readonly label: string
}

/** Names of ODK's form audit log. */
export type AuditEventName =
  | 'form start'
  | 'form resume'
  | 'form exit'
  | 'form save'
  | 'form finalize'
  | 'question'
  | 'group questions'
  | 'add repeat'
  | 'delete repeat'
  | 'jump'
  | 'end screen'
  | 'constraint error'
  | 'save error'
  | 'finalize error'
  | 'change reason'
  | 'location tracking enabled'
  | 'location tracking disabled'
  | 'location providers enabled'
  | 'location providers disabled'
  | 'location permissions granted'
  | 'location permissions not granted'

export interface AuditEvent {
  readonly event: AuditEventName
  readonly node: string
  readonly startMs: number
  readonly endMs: number | null
  readonly oldValue?: string
  readonly newValue?: string
  readonly location?: Omit<Fix, 'atMs'>
  readonly user?: string
  readonly changeReason?: string
}

/** Where the device stood: degrees, and metres of accuracy. */
export interface Fix {
  readonly latitude: number
  readonly longitude: number
  readonly accuracy: number
  readonly atMs: number
}

/** What a screen tells the audit trace. All of it is optional: an answer leaves a trace anyway. */
export interface SessionTrace {
  /** What the form asks for: a host shows that it tracks places, and asks who fills in. */
  readonly asks: AuditSpec
  /** A question, or the page of a group or row, is looked at now. */
  readonly enter: (ref: string) => void
  /** Nothing is looked at any more. */
  readonly leave: () => void
  readonly note: (event: Exclude<AuditEventName, 'question' | 'group questions' | 'change reason'>) => void
  /** A fix of the device; it is used only where the form asks for places. */
  readonly locate: (fix: Fix) => void
  readonly identify: (user: string) => void
  /** Why a submission that was finished before is changed. */
  readonly giveChangeReason: (reason: string) => void
}

/** Plain JSON. It holds every answer, asked or not, so that nothing is lost by closing. */
export interface Draft {
  readonly format: 1
  readonly formId: string
  readonly version: string
  readonly instanceId: InstanceId
  readonly deprecatedId: InstanceId | null
  readonly language: string
  readonly values: Readonly<Record<string, string>>
  /** Number of rows by repeat ref. */
  readonly rows: Readonly<Record<string, number>>
  readonly audit: readonly AuditEvent[]
}

export interface Finalised {
  readonly instanceId: InstanceId
  readonly formId: FormId
  readonly version: string
  readonly answers: Answers
  readonly xml: string
  /** ODK's audit.csv, in the columns that the form asks for. */
  readonly audit: string
  /** Names of the files that answers name: photos, recordings. */
  readonly attachments: readonly string[]
  /** What the form calls this submission; `''` where it has no name for it. */
  readonly instanceName: string
}

/** Rows of a list as its CSV would have them. */
export interface ListTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface SessionOptions {
  readonly now: () => Millis
  readonly uuid: () => string
  /** Words of the installation in place of the engine's own, by language. */
  readonly texts?: WordsByLanguage
  readonly random: () => number
  readonly instanceId?: InstanceId
  readonly language?: string
  /** IANA name; the process's zone if absent. */
  readonly timeZone?: string
  readonly deviceId?: string
  readonly username?: string
  /** What else the device knows of itself and a form may ask for: `phonenumber`, `email`. */
  readonly properties?: Readonly<Record<string, string>>
  /** Where the device stands now, `latitude longitude altitude accuracy`, if anybody knows. */
  readonly location?: () => string | undefined
  /**
   * Lists beside the form that the host fills itself (entities), by file name. The same map, given again, is
   * read once.
   */
  readonly lists?: ReadonlyMap<string, ListTable>
  /** The submission of this form that was saved last, as answers or XML: `${last-saved#…}`. */
  readonly lastSaved?: Answers | string
  /**
   * A submitted instance to go on with. With `edit` it is replaced: it gets a new id, and
   * `deprecatedID` names the old one. What the form does not know is a fault, unless `dropUnknown`.
   */
  readonly instanceXml?: string
  readonly edit?: boolean
  readonly dropUnknown?: boolean
  /** An edit or a preset: applied before anything is calculated. */
  readonly answers?: Answers
  /** The instance that this one replaces; events of a first load are then not run. */
  readonly deprecatedId?: InstanceId
  readonly draft?: Draft
}

export interface Session {
  readonly form: Form
  readonly instanceId: InstanceId
  readonly language: () => string
  readonly setLanguage: (language: string) => void
  readonly pages: () => readonly Page[]
  /** Page of a question, group or row. */
  readonly pageOf: (ref: string) => Page | undefined
  /** From the page of `ref` on, or back; `null` where the form ends. */
  readonly pageBeside: (ref: string, by: 1 | -1) => Page | null
  readonly questions: () => readonly QuestionState[]
  readonly question: (ref: string) => QuestionState | undefined
  readonly repeats: () => readonly RepeatState[]
  readonly answer: (ref: string, value: string) => Result<Answered>
  /** Keeps why an answer stands that breaks a soft constraint; `''` takes the reason back. */
  readonly explain: (ref: string, reason: string) => Result<Answered>
  readonly addRepeat: (ref: string) => Result<string>
  readonly removeRepeat: (rowRef: string) => Result<void>
  /** Soft ones stay in the list with their reason. */
  readonly violations: () => readonly Violation[]
  readonly trace: SessionTrace
  readonly progress: () => Progress
  readonly draft: () => Draft
  readonly answers: () => Answers
  readonly finalise: () => Result<Finalised>
}
