/**
 * The step that makes a submission: answers are checked, scored, stamped, digested and
 * written, and only then does anybody say "saved".
 *
 *   session.finalise ─► seal fields ─► score ─► stamp + digest ─► one transaction:
 *                                                                 submission · outbox row · stamp
 *
 * FI1 what this returns is durable: it survives `kill -9` the moment after
 * FI2 submission and outbox row are there together or not at all
 * FI3 a failure leaves the interview open, with its draft
 * FI4 what no form can hold (NUL, half of an emoji) is mended before the digest: half a character
 *     is another one when it has travelled, so no batch with it would ever be taken
 *
 * Not here: the queue's numbers and chain (queue), sending (sync).
 */
import { submissionDigest, type AssessmentRecord, type HybridClock } from '@murram/fold'
import {
  err,
  fault,
  ok,
  type CrashPoint,
  type DeviceId,
  type InstanceId,
  type Result,
  type Sha256,
  type StoreId,
} from '@murram/ground'
import { storeFaultOf } from '@murram/rxdb-sqlite'
import { newSalt, sealField, toBase64Url } from '@murram/seal'
import { entityWrites, type Answers, type EntityWriteOf, type Form, type Session } from '@murram/xform'
import { interviewOf, type AttachmentsRoom } from '../attachments/attachments.ts'
import type { OutboxTable } from '../queue/outbox-table.ts'
import type { ScoreAnswers, Scored } from '../scoring/score-answers.ts'
import type { Sketches } from '../sketches/sketches.ts'
import type { LocalWrite, SealedSubmission, SubmissionDoc } from '../store/collections.ts'
import type { Store } from '../store/open-store.ts'
import { entityAnswers, pathOf, type InterviewStart } from './interview-start.ts'
import { rowBase, type RowBaseDeps } from './row-base.ts'

/** The officer's own class, and why. */
export interface Override {
  readonly label: string
  readonly reason: string
}

export interface Saved {
  readonly instanceId: InstanceId
  readonly n: number
  readonly digest: Sha256
  readonly assessment: (Scored & { readonly override?: Override }) | null
  readonly answers: Answers
}

export interface LocalWrites {
  readonly write: LocalWrite | null
  readonly rows: readonly LocalWrite[]
  /** The task that is answered by it. */
  readonly task?: string | undefined
}

export interface FinaliseDeps extends Pick<Store, 'collections'>, RowBaseDeps {
  readonly outbox: Pick<OutboxTable, 'placeOf'>
  readonly attachments: Pick<AttachmentsRoom, 'named'>
  readonly scoreAnswers: ScoreAnswers
  readonly sketches: Pick<Sketches, 'prepare' | 'await'>
  readonly clock: HybridClock
  readonly deviceId: DeviceId
  /** Sealed fields are written to this key; the device cannot read them again. */
  readonly boxPublicKey: string
  readonly now: () => number
  readonly crashPoint: CrashPoint
}

export async function finaliseInterview(
  deps: FinaliseDeps,
  session: Session,
  start: InterviewStart,
): Promise<Result<Saved>> {
  const { crashPoint } = deps
  crashPoint('agent.finalise-begun')
  const finalised = session.finalise()
  if (!finalised.ok) return finalised
  const { form } = start
  // A form that always creates still updates the household that was opened.
  const said = holdable(finalised.value.answers)
  const bound =
    start.entityId !== null && start.correct === null && form.entity !== null && !isOfAnother(said, start.entityId)
  const plain = bound ? { ...said, ...entityAnswers(start.entityId) } : said
  const { answers, audit } = sealFields(form, plain, finalised.value.audit, deps.boxPublicKey)

  const assessment = await deps.scoreAnswers(form, plain)
  crashPoint('agent.scored')

  const writes = entityWrites(form, answers)
  const unsigned = {
    instanceId: session.instanceId,
    formId: form.formId,
    version: form.version,
    answers,
    audit,
    assessment: assessment === null ? null : toRecord(assessment),
    attachments: deps.attachments.named(interviewOf(session.instanceId), finalised.value.attachments),
    deviceId: deps.deviceId,
    stamp: deps.clock.tick(),
    base: { ...(await rowBase(deps, writes, start.entityId, start.seenUpto)), ...baseOf(start, writes) },
    deprecatedId: start.correct,
    salt: toBase64Url(newSalt()),
  }
  // Neither is under the digest: a copied store may have to queue again under other ones.
  const digest = submissionDigest({ ...unsigned, storeId: '' as StoreId, n: 0 })
  using _ = deps.sketches.await(
    session.instanceId,
    start.correct === null ? deps.sketches.prepare(form, plain, assessment) : null,
  )
  return await saveSubmission(deps, { ...unsigned, digest }, { ...toLocalWrites(writes), task: start.task }, assessment)
}

/** The officer chose another entity in the form itself, which is updated and not made. */
const isOfAnother = (said: Answers, opened: string | null): boolean =>
  isTrue(said['meta/entity@update']) &&
  !isTrue(said['meta/entity@create']) &&
  !['', opened].includes(said['meta/entity@id'] ?? '')

const isTrue = (answer: string | undefined): boolean => answer === '1' || answer === 'true'

/** What the author saw of the household that the interview was opened with counts for that one alone. */
function baseOf({ base, entityId }: InterviewStart, writes: readonly EntityWriteOf[]): InterviewStart['base'] {
  const main = writes.find(({ source }) => source === '')
  if (main === undefined || main.entityId === entityId) return base
  return Object.fromEntries(Object.entries(base).filter(([name]) => name.includes('/')))
}

/** FI1, FI2: the transaction. The outbox row is written by the store's hook (open-agent.ts). */
export async function saveSubmission(
  { collections: { submissions }, outbox, now, crashPoint }: FinaliseDeps,
  submission: SealedSubmission,
  { write, rows, task }: LocalWrites,
  assessment: Saved['assessment'],
): Promise<Result<Saved>> {
  const { instanceId, formId, digest, answers } = submission
  const body = {
    submission,
    label: write?.label ?? '',
    write,
    ...(rows.length === 0 ? {} : { rows }),
    ...(task === undefined ? {} : { task }),
    fault: null,
  }
  const document: SubmissionDoc = { instanceId, state: 'queued', savedAtMs: now(), formId, body }
  crashPoint('agent.before-commit')
  try {
    await submissions.insert(document)
  } catch (error) {
    const trouble = storeFaultOf(error)
    if (trouble === null) throw error
    return err(fault(trouble.fault, trouble.detail)) // FI3
  }
  crashPoint('agent.committed-before-reply')
  const place = outbox.placeOf(instanceId)
  if (place === null) throw new Error('a submission was stored without its outbox row')
  return ok({ instanceId, n: place.n, digest, assessment, answers })
}

/**
 * What is kept and sent of it, rounded before the digest: more digits than anybody reads are
 * most of what an assessment weighs on the line. The other class's probability is the rest.
 */
const toRecord = ({
  releaseId,
  counter,
  label,
  positive,
  probability,
  sure,
  abstains,
  reasons,
  missing,
  modelAgeDays,
  shadow,
}: Scored): AssessmentRecord => ({
  releaseId,
  counter,
  label,
  positive,
  probability: Number(probability.toFixed(6)),
  sure,
  ...(abstains === null ? {} : { abstains }),
  reasons: reasons.map(({ input, contribution }) => ({ input, contribution: Number(contribution.toPrecision(4)) })),
  missing,
  modelAgeDays,
  // Absent it costs nothing; for as long as a model is on trial some twenty bytes.
  ...(shadow === undefined ? {} : { shadow: { ...shadow, probability: Number(shadow.probability.toFixed(4)) } }),
})

/** The one at the root first, where there is one; else what the first row writes names the submission. */
function toLocalWrites(writes: readonly EntityWriteOf[]): LocalWrites {
  const inOrder = [...writes].sort((a, b) => Number(a.source !== '') - Number(b.source !== ''))
  const [main, ...rows] = inOrder.map(({ dataset, entityId, label, set }): LocalWrite => ({
    dataset,
    entityId,
    label,
    set,
  }))
  return { write: main ?? null, rows }
}

/** FI4. A form may cut a character as well: `substr` counts as JavaScript does. */
const holdable = (answers: Answers): Answers =>
  Object.fromEntries(Object.entries(answers).map(([ref, answer]) => [ref, answer.replaceAll('\0', '').toWellFormed()]))

/** The audit trace repeats old and new values: of a sealed question it keeps the times alone. */
function sealFields(
  form: Form,
  answers: Answers,
  audit: string,
  boxPublicKey: string,
): { readonly answers: Answers; readonly audit: string | null } {
  const sealed = new Set(form.questions.filter(q => q.sensitive === 'sealed').map(q => q.path))
  if (sealed.size === 0) return { answers, audit }
  const entries = Object.entries(answers).map(([ref, answer]) => [
    ref,
    sealed.has(pathOf(ref)) && answer !== '' ? sealField(boxPublicKey, answer) : answer,
  ])
  return { answers: Object.fromEntries(entries), audit: null }
}
