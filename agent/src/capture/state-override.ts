/**
 * An officer's own class beside the model's, with the reason in their words: what a person knows who
 * sat in the house. It is a correction of the interview that changes no answer; its assessment is the
 * one that was made, and the override in it.
 *
 * OV1 only what was scored is overridden, with a class that the model knows, and never without a reason
 * OV2 the newest revision is; said again, the later word stands
 *
 * Not here: what anybody makes of it. Nobody trains on it (the collector's snapshots hold answers and outcomes).
 *
 * Why after saving and not before: who sees the score while answers can still be changed may change
 * them for the score.
 */
import { submissionDigest, type AssessmentRecord } from '@murram/fold'
import { err, fault, ok, type InstanceId, type Result, type StoreId } from '@murram/ground'
import type { Manifest } from '@murram/score'
import { newSalt, toBase64Url } from '@murram/seal'
import { interviewOf, type AttachmentsRoom } from '../attachments/attachments.ts'
import type { SubmissionDoc } from '../store/collections.ts'
import { saveSubmission, type FinaliseDeps, type Override, type Saved } from './finalise-interview.ts'
import { newestRevision } from './interview-start.ts'

export interface OverrideDeps extends FinaliseDeps {
  readonly attachments: FinaliseDeps['attachments'] & Pick<AttachmentsRoom, 'inherit'>
  readonly uuid: () => string
  /** In force for this form. */
  readonly manifestOf: (formId: string) => Pick<Manifest, 'classes'> | null
}

const MOST_REASON = 1_000

export async function stateOverride(deps: OverrideDeps, about: InstanceId, said: Override): Promise<Result<Saved>> {
  const all = (await deps.collections.submissions.find().exec()).map(doc => doc.toJSON() as SubmissionDoc)
  const doc = newestRevision(about, all)
  if (doc === undefined) return err(fault('http.not-found', `${about} was not saved on this device`))
  const { submission, write, rows, task } = doc.body
  const { formId, assessment, answers } = submission
  if (assessment === null) return err(fault('score.no-model', formId))
  const override = readOverride(said, assessment, deps.manifestOf(formId)?.classes ?? [])
  if (!override.ok) return override
  const instanceId = `uuid:${deps.uuid()}` as InstanceId
  deps.attachments.inherit(submission.instanceId, interviewOf(instanceId))
  const unsigned = {
    ...submission,
    instanceId,
    answers: {
      ...answers,
      ...('meta/instanceID' in answers ? { 'meta/instanceID': instanceId } : {}),
      ...('meta/deprecatedID' in answers ? { 'meta/deprecatedID': submission.instanceId } : {}),
    },
    // Nothing was asked and nothing answered.
    audit: null,
    assessment: { ...assessment, override: override.value },
    stamp: deps.clock.tick(),
    deprecatedId: submission.instanceId,
    salt: toBase64Url(newSalt()),
  }
  const digest = submissionDigest({ ...unsigned, storeId: '' as StoreId, n: 0 })
  const scored = unsigned.assessment as unknown as NonNullable<Saved['assessment']>
  return saveSubmission(deps, { ...unsigned, digest }, { write, rows: rows ?? [], task }, scored)
}

/** OV1 */
function readOverride(
  { label, reason }: Override,
  assessment: AssessmentRecord,
  classes: readonly string[],
): Result<Override> {
  const words = reason.trim().replaceAll('\0', '').toWellFormed().slice(0, MOST_REASON)
  if (words === '') return err(fault('override.without-reason'))
  const known = new Set<unknown>([...classes, assessment['label'], assessment['positive']])
  return known.has(label) ? ok({ label, reason: words }) : err(fault('override.unknown-class', label))
}
