/**
 * Forms that every project has and nobody publishes: what a person decides is a submission like
 * any other, made by an officer's device or by the collector's.
 *
 *   murram:settlement   conflict_id, entity_id, dataset, property, answer   base: {property: what stood}
 *   murram:alias        alias, of, undone (yes or nothing)
 *   murram:distinct     one, other, undone (yes or nothing): two entities that only look like one
 *   murram:review       instance_id, verdict (approve, return, restore), comments: [{path, text}] as JSON
 */
import { EntityIdSchema, InstanceIdSchema, type EntityId, type FormId } from '@murram/ground'
import type { EntityWrite, Submission } from '@murram/fold'
import { z } from 'zod'
import type { ReviewRow } from '../review/review-repo.ts'

export const SETTLEMENT_FORM = 'murram:settlement' as FormId
export const ALIAS_FORM = 'murram:alias' as FormId
export const DISTINCT_FORM = 'murram:distinct' as FormId
export const REVIEW_FORM = 'murram:review' as FormId
export const BUILT_IN_VERSION = '1'

const BUILT_IN: ReadonlySet<string> = new Set([SETTLEMENT_FORM, ALIAS_FORM, DISTINCT_FORM, REVIEW_FORM])

export const isBuiltIn = (formId: string): boolean => BUILT_IN.has(formId)

const Settlement = z.object({
  conflict_id: z.string().regex(/^[0-9a-f]{32}$/),
  entity_id: EntityIdSchema,
  dataset: z.string().min(1),
  property: z.string().min(1),
  answer: z.string(),
})

const Alias = z.object({ alias: EntityIdSchema, of: EntityIdSchema, undone: z.enum(['yes', '']).default('') })

export type SettlementPart = Pick<EntityWrite, 'entityId' | 'dataset' | 'set' | 'saw' | 'label' | 'kind' | 'settles'>

/** Throws where the answers are not those of a settlement: the submission is then held. */
export function readSettlement({ answers, base }: Submission): SettlementPart {
  const { conflict_id: conflictId, entity_id: entityId, dataset, property, answer } = Settlement.parse(answers)
  const saw = base[property]
  return {
    entityId,
    dataset,
    label: null,
    kind: 'settlement',
    set: { [property]: answer },
    saw: saw === undefined ? {} : { [property]: saw },
    settles: { property, conflictId },
  }
}

export interface AliasPart {
  readonly alias: EntityId
  readonly of: EntityId
  readonly undone: boolean
}

export function readAlias({ answers }: Submission): AliasPart {
  const { alias, of, undone } = Alias.parse(answers)
  if (alias === of) throw new Error('an entity cannot be an alias of itself')
  return { alias, of, undone: undone === 'yes' }
}

const Distinct = z.object({ one: EntityIdSchema, other: EntityIdSchema, undone: z.enum(['yes', '']).default('') })

/** `low` sorts before `high`: a pair has one name. */
export interface DistinctPart {
  readonly low: EntityId
  readonly high: EntityId
  readonly undone: boolean
}

export function readDistinct({ answers }: Submission): DistinctPart {
  const { one, other, undone } = Distinct.parse(answers)
  if (one === other) throw new Error('an entity cannot be another than itself')
  return { ...(one < other ? { low: one, high: other } : { low: other, high: one }), undone: undone === 'yes' }
}

const Review = z.object({
  instance_id: InstanceIdSchema,
  verdict: z.enum(['approve', 'return', 'restore']),
  comments: z.string().default('[]'),
})
const Comments = z
  .array(z.object({ path: z.string().min(1).max(500).nullable(), text: z.string().max(4_000) }))
  .max(500)

/** They travel to the author in one row of the feed. */
const MOST_COMMENT_BYTES = 150_000

export type ReviewPart = Pick<ReviewRow, 'about' | 'verdict' | 'comments'>

export function readReview({ answers, instanceId }: Submission): ReviewPart {
  const { instance_id: about, verdict, comments } = Review.parse(answers)
  if (about === instanceId) throw new Error('a review cannot be about itself')
  if (comments.length > MOST_COMMENT_BYTES) throw new Error('its comments are longer than a device is sent')
  return { about, verdict, comments: Comments.parse(JSON.parse(comments)) }
}
