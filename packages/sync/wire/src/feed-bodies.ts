/**
 * What the rows of the change feed hold, by kind. A row carries the whole present state of its
 * key, so a device that missed ten changes needs only the last.
 */
import {
  DeviceIdSchema,
  EntityIdSchema,
  err,
  fault,
  FormIdSchema,
  InstanceIdSchema,
  ok,
  ProjectIdSchema,
  Sha256Schema,
  type FaultOf,
  type Result,
} from '@murram/ground'
import { z } from 'zod'
import {
  AtMs,
  Counter,
  FaultSchema,
  Name,
  NodePath,
  PublicKey,
  signedSchema,
  StandingAnswerSchema,
  TextRecord,
} from './vocabulary.ts'

export const FEED_KINDS = ['entity', 'conflict', 'form', 'release', 'return', 'submission', 'rollout', 'task'] as const
export type FeedKind = (typeof FEED_KINDS)[number]

/** Key: the entity id. */
export const EntityBodySchema = z.strictObject({
  entityId: EntityIdSchema,
  dataset: Name,
  label: z.string().nullable(),
  /** Property → the answer that stands. */
  properties: TextRecord,
  /** Properties with an open conflict. */
  conflicted: z.array(z.string()),
  /** Another id where this entity was declared to be that one. */
  canonicalId: EntityIdSchema,
})
export type EntityBody = z.infer<typeof EntityBodySchema>

/** Key: the conflict id. */
export const ConflictBodySchema = z.strictObject({
  conflictId: z.string().regex(/^[0-9a-f]{32}$/),
  entityId: EntityIdSchema,
  entityLabel: z.string().nullable(),
  property: z.string().min(1).max(500),
  stands: StandingAnswerSchema,
  other: StandingAnswerSchema,
  settledBy: InstanceIdSchema.nullable(),
  /** Whose answers are in conflict: they are shown it. */
  forDevices: z.array(DeviceIdSchema),
})
export type ConflictBody = z.infer<typeof ConflictBodySchema>

/** A file beside a form that it looks things up in (`villages.csv`), as it stands in the form. */
const FormListSchema = z.strictObject({
  name: z.string().min(1).max(255),
  /** Of its bytes, to be fetched by `want`. */
  sha256: Sha256Schema,
  sizeBytes: Counter,
})
export type FormList = z.infer<typeof FormListSchema>

/** Key: `formId/version`. */
export const FormBodySchema = z.strictObject({
  formId: FormIdSchema,
  version: z.string().max(249),
  title: z.string(),
  /** Of the program's JSON bytes, to be fetched by `want`. */
  sha256: Sha256Schema,
  sizeBytes: Counter,
  state: z.enum(['published', 'withdrawn']),
  /** Since version 2: its lists, as they are now. The form is offered when they are here. */
  lists: z.array(FormListSchema).max(100).optional(),
})
export type FormBody = z.infer<typeof FormBodySchema>

/** Key: the model's name. What is signed is read by the learning wing, which verifies it. */
export const ReleaseBodySchema = z.strictObject({
  signed: signedSchema(z.unknown()),
  chain: signedSchema(
    z.strictObject({ projectId: ProjectIdSchema, publicKey: PublicKey, demo: z.boolean(), issuedAtMs: AtMs }),
  ),
})
export type ReleaseBody = z.infer<typeof ReleaseBodySchema>

/** Key: the instance id. A reviewer sends a submission back to its author, on whichever laptop they are. */
export const ReturnBodySchema = z.strictObject({
  instanceId: InstanceIdSchema,
  entityId: EntityIdSchema.nullable(),
  comments: z.array(z.strictObject({ path: NodePath.nullable(), text: z.string().max(4_000) })),
  atMs: AtMs,
  /** Since version 2: what it is, for the officer's other laptops, which do not have it. */
  about: z.strictObject({ formId: FormIdSchema, version: z.string().max(249), label: z.string() }).optional(),
})
export type ReturnBody = z.infer<typeof ReturnBodySchema>

/**
 * Since version 2. Key: the instance id. What keeps a submission from being folded, where that has
 * changed since it was acked; it is told to the device that sent it.
 */
export const SubmissionBodySchema = z.strictObject({
  instanceId: InstanceIdSchema,
  /** `null`: nothing any more. */
  held: FaultSchema.nullable(),
})
export type SubmissionBody = z.infer<typeof SubmissionBodySchema>

/**
 * Since version 3. Key: the model's name. How far a release has gone out: the order, the release that it
 * is about, and a model that is only scored in shadow. What is signed is read by the learning wing.
 */
export const RolloutBodySchema = z.strictObject({
  order: signedSchema(z.unknown()),
  chain: ReleaseBodySchema.shape.chain,
  release: ReleaseBodySchema,
  challenger: ReleaseBodySchema.optional(),
})
export type RolloutBody = z.infer<typeof RolloutBodySchema>

/** Since version 3. Key: the task's id. A visit that an officer is to make; it is told to their laptops while it is open. */
export const TaskBodySchema = z.strictObject({
  taskId: z.string().min(1).max(100),
  kind: z.enum(['follow-up']),
  /** What is asked on the visit. */
  formId: FormIdSchema,
  entityId: EntityIdSchema,
  /** Of the household. */
  label: z.string(),
  /** From when and until when the visit counts; `null`: whenever. */
  dueFromMs: AtMs.nullable(),
  dueToMs: AtMs.nullable(),
  /** Why somebody should go, in words. */
  why: z.string().max(1_000),
})
export type TaskBody = z.infer<typeof TaskBodySchema>

/** The version from which on a device is told of it; what is not named here, all are told. */
const KIND_SINCE: Readonly<Partial<Record<FeedKind, number>>> = { submission: 2, rollout: 3, task: 3 }
export const isKindKnownAt = (protocol: number, kind: FeedKind): boolean => protocol >= (KIND_SINCE[kind] ?? 1)

export interface FeedBodies {
  readonly entity: EntityBody
  readonly conflict: ConflictBody
  readonly form: FormBody
  readonly release: ReleaseBody
  readonly return: ReturnBody
  readonly submission: SubmissionBody
  readonly rollout: RolloutBody
  readonly task: TaskBody
}

export const feedBodySchemas: { readonly [K in FeedKind]: z.ZodType<FeedBodies[K]> } = {
  entity: EntityBodySchema,
  conflict: ConflictBodySchema,
  form: FormBodySchema,
  release: ReleaseBodySchema,
  return: ReturnBodySchema,
  submission: SubmissionBodySchema,
  rollout: RolloutBodySchema,
  task: TaskBodySchema,
}

/** @param body As it came in a row that is no tombstone. */
export function readFeedBody<K extends FeedKind>(
  kind: K,
  body: unknown,
): Result<FeedBodies[K], FaultOf<'wire.malformed'>> {
  const read = feedBodySchemas[kind].safeParse(body)
  return read.success ? ok(read.data) : err(fault('wire.malformed', `${kind}: ${z.prettifyError(read.error)}`))
}
