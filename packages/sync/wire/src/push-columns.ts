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
  const submissionAt = readBatch(batch, { deviceId, storeId })
  return batch.instanceIds.map((_, j) => submissionAt(j))
}

function readBatch(
  batch: PushBatch,
  { deviceId, storeId }: { readonly deviceId: DeviceId; readonly storeId: StoreId },
): (j: number) => Submission {
  const answers = fromColumns(batch.paths, batch.columns, batch.instanceIds.length)
  const bases = fromColumns(batch.bases.names, batch.bases.values, batch.instanceIds.length)
  return j => {
    const submission = {
      instanceId: at(batch.instanceIds, j),
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
  }
}

/** What the collector does with a batch first: is it whole, and is it from this device? */
export function verifyPushBatch(batch: PushBatch, from: Sender): Verified {
  return verify(batch, from, fromPushBatch(batch, from))
}

/**
 * The same, a few submissions at a time: sixty hashes each, and a thousand of them would keep
 * whoever else is served waiting for a tenth of a second.
 */
export async function verifyPushBatchInTurns(
  batch: PushBatch,
  from: Sender,
  nextTurn: () => Promise<void>,
): Promise<Verified> {
  const submissionAt = readBatch(batch, from)
  const submissions: Submission[] = []
  while (submissions.length < batch.instanceIds.length) {
    if (submissions.length > 0 && submissions.length % OF_ONE_TURN === 0) await nextTurn()
    submissions.push(submissionAt(submissions.length))
  }
  return verify(batch, from, submissions)
}

/** Some two milliseconds. */
const OF_ONE_TURN = 25

interface Sender {
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly publicKey: string
}
type Verified = Result<Submission[], FaultOf<'sync.digest-mismatch'> | FaultOf<'sync.bad-signature'>>

function verify(batch: PushBatch, from: Sender, submissions: Submission[]): Verified {
  const chain = submissions.reduce((head, { digest }) => chainHead(head, digest), batch.head.previous)
  if (chain !== batch.head.chain) return err(fault('sync.digest-mismatch', `n ${batch.firstN} to ${batch.head.n}`))
  if (!verifyHead(from.publicKey, from.storeId, batch.head)) return err(fault('sync.bad-signature', 'push'))
  return ok(submissions)
}

function at<T>(column: readonly T[], j: number): T {
  if (j >= column.length) throw new Error('columns of unequal length')
  return column[j] as T
}
