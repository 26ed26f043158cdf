/**
 * The collections of a device. Their schemas are frozen at version 0: an id, the few fields
 * that a query reads, and a body that RxDB never looks into. What a body holds may grow; the
 * schema does not, so there is no migration that could stop half-way in the field.
 *
 *   drafts       interviews that are open, saved as they go
 *   submissions  what was finalised here; a new document gets its outbox row in the same
 *                transaction (queue/outbox-table.ts)
 *   mirror       every row of the collector's feed by `kind:key`, and the checkpoint among
 *                them, so that a page and its checkpoint are one write
 *   notes        what this device still has to tell: reports on releases, settlements under way
 *
 * Why RxDB at all: what a screen shows are live queries over these, and a row that sync
 * applies reaches an open page by the same way as one that a person wrote.
 */
import type { Submission } from '@murram/fold'
import type { Checkpoint, Fault } from '@murram/ground'
import type { Draft } from '@murram/xform'
import type { RxCollection, RxJsonSchema } from 'rxdb'

export type SubmissionState = 'queued' | 'sent' | 'safe' | 'held' | 'refused'

/** All that is sealed by the digest. (storeId, n) is the outbox's business. */
export type SealedSubmission = Omit<Submission, 'storeId' | 'n'>

/** What one submission says of an entity, as the form declares it. */
export interface LocalWrite {
  readonly dataset: string
  readonly entityId: string
  readonly label: string
  readonly set: Readonly<Record<string, string>>
}

export interface SubmissionDoc {
  readonly instanceId: string
  readonly state: SubmissionState
  readonly savedAtMs: number
  readonly formId: string
  readonly body: {
    readonly submission: SealedSubmission
    readonly label: string
    /** What the form itself is about. */
    readonly write: LocalWrite | null
    /** What its rows and groups write besides. */
    readonly rows?: readonly LocalWrite[]
    /** The task that it answers; absent where it answers none. */
    readonly task?: string
    readonly fault: Fault | null
  }
}

export interface DraftDoc {
  /** The UUID of the instance id, without `uuid:`, so that it can stand in an address. */
  readonly interviewId: string
  readonly formId: string
  readonly updatedAtMs: number
  readonly body: {
    readonly version: string
    readonly draft: Draft
    readonly label: string
    readonly entityId: string | null
    readonly correct: string | null
    readonly base: Readonly<Record<string, string>>
    /** How far the feed had come when the interview began; absent in drafts of earlier builds. */
    readonly seenUpto?: Checkpoint
    /** Hashes of the lists that it was begun with, by name; absent where the form has none. */
    readonly lists?: Readonly<Record<string, string>>
    /** The task that it answers; absent where it answers none. */
    readonly task?: string
    readonly answered: number
    readonly relevant: number
  }
}

export interface MirrorDoc {
  /** `kind:key`; the checkpoint is `checkpoint:`. */
  readonly id: string
  readonly kind: string
  /** Feed number. */
  readonly number: number
  readonly body: unknown
}

export interface NoteDoc {
  readonly id: string
  readonly kind: string
  readonly atMs: number
  readonly body: unknown
}

export interface AgentCollections {
  readonly drafts: RxCollection<DraftDoc>
  readonly submissions: RxCollection<SubmissionDoc>
  readonly mirror: RxCollection<MirrorDoc>
  readonly notes: RxCollection<NoteDoc>
}

const instantMs = { type: 'number', minimum: 0, maximum: 100_000_000_000_000, multipleOf: 1 } as const
const text = (maxLength: number) => ({ type: 'string', maxLength }) as const
// `body` is declared without a type: RxDB keeps whatever JSON stands there.
const body = {} as const

const submissions: RxJsonSchema<SubmissionDoc> = {
  version: 0,
  primaryKey: 'instanceId',
  type: 'object',
  properties: { instanceId: text(64), state: text(12), savedAtMs: instantMs, formId: text(250), body },
  required: ['instanceId', 'state', 'savedAtMs', 'formId', 'body'],
  indexes: [['state', 'savedAtMs'], ['savedAtMs']],
}

const drafts: RxJsonSchema<DraftDoc> = {
  version: 0,
  primaryKey: 'interviewId',
  type: 'object',
  properties: { interviewId: text(64), formId: text(250), updatedAtMs: instantMs, body },
  required: ['interviewId', 'formId', 'updatedAtMs', 'body'],
  indexes: ['updatedAtMs'],
}

const mirror: RxJsonSchema<MirrorDoc> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: text(400), kind: text(20), number: instantMs, body },
  required: ['id', 'kind', 'number', 'body'],
  indexes: [['kind', 'number']],
}

const notes: RxJsonSchema<NoteDoc> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: { id: text(200), kind: text(20), atMs: instantMs, body },
  required: ['id', 'kind', 'atMs', 'body'],
  indexes: [['kind', 'atMs']],
}

/** A submission never changes, its state does: an ack must not write all answers again. */
export const APART = { submissions: 'body.submission' } as const

export const collectionSchemas = {
  drafts: { schema: drafts },
  submissions: { schema: submissions, instanceCreationOptions: { apart: APART.submissions } },
  mirror: { schema: mirror },
  notes: { schema: notes },
} as const
