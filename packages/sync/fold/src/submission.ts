/**
 * What a device says, once: an instance finalised at one revision. Nothing else writes.
 *
 * Its digest names its content, wherever it is stored: (storeId, n) is only the place in one
 * device's queue and may change when a copied store queues again, so neither is under the
 * digest. Nor is the audit trace, which may be dropped before the answers are. The salt is
 * what makes a short answer unguessable after it was erased; it goes into the leaves alone.
 *
 * Not here: whether a submission is live (collector), and what it does to an entity (fold-entity.ts).
 */
import type { DeviceId, FormId, InstanceId, Sha256, StoreId } from '@murram/ground'
import { answersDigest, fromBase64Url } from '@murram/seal'
import type { Attachment } from './attachment.ts'
import type { Stamp } from './stamp.ts'

/** XForm string values by ref (`roster[2]/age`): `''` is a blank answer, absent was not asked. */
export type Answers = Readonly<Record<string, string>>

/** Score, model and reasons as the device recorded them. The fold never looks inside. */
export type AssessmentRecord = Readonly<Record<string, unknown>>

export interface Submission {
  readonly instanceId: InstanceId
  readonly formId: FormId
  readonly version: string
  readonly answers: Answers
  /** The text of ODK's audit.csv, or `null` where the form keeps none. */
  readonly audit: string | null
  readonly assessment: AssessmentRecord | null
  /** The files that answers name; their bytes travel apart. */
  readonly attachments: readonly Attachment[]
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  /** Place in the queue of one store: 1, 2, 3 … without gaps. */
  readonly n: number
  readonly stamp: Stamp
  /** Entity property → the value its author saw (`base.ts`); `{}` for a create. */
  readonly base: Readonly<Record<string, string>>
  /** The submission this one corrects. */
  readonly deprecatedId: InstanceId | null
  /** 16 random bytes, base64url. */
  readonly salt: string
  readonly digest: Sha256
}

export function submissionDigest(submission: Omit<Submission, 'digest'>): Sha256 {
  const { instanceId, formId, version, assessment, deviceId, stamp, base, deprecatedId, attachments } = submission
  const header = { instanceId, formId, version, assessment: asJson(assessment), deviceId, stamp, base, deprecatedId }
  return answersDigest({
    salt: fromBase64Url(submission.salt),
    header: attachments.length === 0 ? header : { ...header, attachments }, // A1
    answers: submission.answers,
  })
}

/** An assessment is digested as JSON holds it, for it travels as JSON: no `-0`, no `NaN`, no `undefined`. */
const asJson = (assessment: AssessmentRecord | null): unknown =>
  isAsJsonHoldsIt(assessment) ? assessment : JSON.parse(JSON.stringify(assessment))

/** What came over the line has been JSON, and is not written and read once more. */
function isAsJsonHoldsIt(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (Array.isArray(value)) return value.every(isAsJsonHoldsIt)
  if (typeof value !== 'object' || value === null) return ['string', 'boolean'].includes(typeof value) || value === null
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isAsJsonHoldsIt)
}
