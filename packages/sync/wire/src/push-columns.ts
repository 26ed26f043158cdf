/**
 * Submissions to columns and back.
 *
 * B1 what goes through comes back equal, digests included   B2 absent and blank stay different
 */
import { err, fault, ok, type DeviceId, type FaultOf, type Result, type StoreId } from '@murram/ground'
import { submissionDigest, type Submission } from '@murram/fold'
import { chainHead } from '@murram/seal'
import { verifyHead, type PushHead } from './push-head.ts'
import { fromColumns, toColumns, type PushBatch } from './up/push-batch.ts'

/**
 * @param submissions At least one, of one form version of one store, `n` without gaps.
 * @param head Signed for the last of them.
 */
export function toPushBatch(submissions: readonly Submission[], head: PushHead): PushBatch {
  const [first] = submissions
  if (first === undefined) throw new Error('a batch of no submissions')
  const stray = submissions.find(
    (s, j) =>
      s.formId !== first.formId || s.version !== first.version || s.storeId !== first.storeId || s.n !== first.n + j,
  )
  if (stray !== undefined) throw new Error(`submission ${stray.n} does not belong into the batch from ${first.n}`)
  const answers = toColumns(submissions.map(s => s.answers))
  return {
    type: 'push',
    formId: first.formId,
    version: first.version,
    firstN: first.n,
    paths: answers.names,
    columns: answers.values,
    instanceIds: submissions.map(s => s.instanceId),
    stamps: submissions.map(s => s.stamp),
    bases: toColumns(submissions.map(s => s.base)),
    deprecated: submissions.map(s => s.deprecatedId),
    assessments: submissions.map(s => s.assessment),
    attachments: submissions.map(s => s.attachments),
    audits: submissions.map(s => s.audit),
    salts: submissions.map(s => s.salt),
    head: { ...head },
  }
}

/** @param batch As decoded: its columns are known to be of one length. Digests are computed here. */
export function fromPushBatch(
  batch: PushBatch,
  { deviceId, storeId }: { readonly deviceId: DeviceId; readonly storeId: StoreId },
): Submission[] {
  const answers = fromColumns(batch.paths, batch.columns, batch.instanceIds.length)
  const bases = fromColumns(batch.bases.names, batch.bases.values, batch.instanceIds.length)
  return batch.instanceIds.map((instanceId, j) => {
    const submission = {
      instanceId,
      formId: batch.formId,
      version: batch.version,
      answers: at(answers, j),
      audit: at(batch.audits, j),
      assessment: at(batch.assessments, j),
      attachments: at(batch.attachments, j),
      deviceId,
      storeId,
      n: batch.firstN + j,
      stamp: at(batch.stamps, j),
      base: at(bases, j),
      deprecatedId: at(batch.deprecated, j),
      salt: at(batch.salts, j),
    }
    return { ...submission, digest: submissionDigest(submission) }
  })
}

/** What the collector does with a batch first: is it whole, and is it from this device? */
export function verifyPushBatch(
  batch: PushBatch,
  from: { readonly deviceId: DeviceId; readonly storeId: StoreId; readonly publicKey: string },
): Result<Submission[], FaultOf<'sync.digest-mismatch'> | FaultOf<'sync.bad-signature'>> {
  const submissions = fromPushBatch(batch, from)
  const chain = submissions.reduce((head, { digest }) => chainHead(head, digest), batch.head.previous)
  if (chain !== batch.head.chain) return err(fault('sync.digest-mismatch', `n ${batch.firstN} to ${batch.head.n}`))
  if (!verifyHead(from.publicKey, from.storeId, batch.head)) return err(fault('sync.bad-signature', 'push'))
  return ok(submissions)
}

function at<T>(column: readonly T[], j: number): T {
  if (j >= column.length) throw new Error('columns of unequal length')
  return column[j] as T
}
