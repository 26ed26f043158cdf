/**
 * A batch from the gate to the disk: stored once, folded, numbered, and only then acked. All
 * of it is one transaction, so an ack never says more than the disk holds.
 *
 * Laws, in `ingest.test.ts`:
 *   I1 a submission is stored once, however often it is sent
 *   I2 the inbox row commits whatever the fold does: one that cannot be folded is held with
 *      its reason and acked, and the rest of the batch is folded
 *   I3 a form that was never published here is refused, and nothing of it is stored
 *   I4 `durableUpto` never passes a number that is not stored
 *   I5 trouble of the database holds nothing: the batch is sent again
 *
 * Not here: whether the batch is from this device (gate), what folding means (fold).
 */
import { fault, type CrashPoint, type DeviceId, type Fault, type StoreId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { AckResult, PushHead } from '@murram/wire'
import { noteAttachments } from '../attachments/attachment-repo.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { heldReason, isPassing } from './held-reason.ts'
import { createGroupCommit } from './group-commit.ts'
import {
  appendInbox,
  findKnown,
  holdInbox,
  markUnannounced,
  raiseDurable,
  readMarks,
  type InboxRow,
  type KnownRow,
  type Marks,
} from './inbox-repo.ts'
import { sortArrivals, type SortedArrivals } from './sort-arrivals.ts'

export interface Batch {
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  /** Of one form version, by rising n, digests computed here. */
  readonly submissions: readonly Submission[]
  readonly head: PushHead | null
  /** Of a device that has left: stored, and folded by nobody until a person accepts it. */
  readonly quarantined?: boolean
}

export interface Ingested extends Marks {
  readonly results: readonly AckResult[]
  /** Stored and folded now. */
  readonly fresh: readonly Submission[]
}

/** What a fold did to the submissions it was given. */
export interface FoldOutcome {
  /** Instances whose answer is part of an open conflict. */
  readonly inConflict: ReadonlySet<string>
  /** Stored and not folded, each with its reason; the inbox says so already. */
  readonly aside: ReadonlyMap<string, { readonly reason: Fault }>
  readonly entityIds: readonly string[]
}

export interface IngestDeps {
  readonly write: WriteDb
  readonly feed: Feed
  readonly now: () => number
  readonly crashPoint: CrashPoint
  readonly isKnownForm: (formId: Submission['formId'], version: string) => Promise<boolean>
  /** Throws where a submission cannot be folded; what it wrote is then rolled back. */
  readonly fold: (tx: WriteDb, submissions: readonly Submission[], arrivalMs: number) => Promise<FoldOutcome>
  /** Folds what waited for these instances and entities. */
  readonly release: (tx: WriteDb, ids: readonly string[]) => Promise<{ readonly hasFolded: boolean }>
  /** A submission was held; somebody should look. */
  readonly alarm: (submission: Submission, reason: Fault) => void
}

export type Ingest = (batch: Batch) => Promise<Ingested>

/** Of one transaction: enough for the disk to be waited for seldom, and no device waits for long. */
const MOST_TOGETHER = 1_000

export const createIngest = (deps: IngestDeps): Ingest => {
  const { write, isKnownForm, crashPoint } = deps
  const group = createGroupCommit<Batch, Ingested>({
    run: batches => storeTogether(deps, batches),
    weightOf: ({ submissions }) => submissions.length,
    mostWeight: MOST_TOGETHER,
  })
  return async batch => {
    crashPoint('collector.received')
    const [first] = batch.submissions
    if (first === undefined || !(await isKnownForm(first.formId, first.version)))
      return { ...refuseAll(batch), ...(await readMarks(write, batch.storeId)), fresh: [] }
    return group.add(batch)
  }
}

/** Another session has stored one of these numbers since we looked. */
class Overtaken extends Error {}

async function storeTogether(deps: IngestDeps, batches: readonly Batch[]): Promise<readonly Ingested[]> {
  // Another session of the same device may store the same numbers: then look again.
  for (let tries = 0; tries < 3; tries += 1) {
    const done = await storeAndFold(deps, batches)
    if (done !== 'overtaken') return done
  }
  throw new Error('a batch was overtaken three times')
}

async function storeAndFold(deps: IngestDeps, batches: readonly Batch[]): Promise<readonly Ingested[] | 'overtaken'> {
  const { write, feed, now, crashPoint, alarm, release } = deps
  const arrivalMs = now()
  const alarms: Held[] = []
  let hasReleased = false
  const done = await inTransaction(write, async tx => {
    const sorted = sortBatches(
      batches,
      await findKnown(
        tx,
        batches.map(({ submissions }) => submissions),
      ),
    )
    const rows = sorted.flatMap(one => one.rows)
    // Thrown, so that those it did store are taken back: nobody would fold them.
    if ((await appendInbox(tx, rows, arrivalMs)) < rows.length) throw new Overtaken()
    await noteAttachments(
      tx,
      rows.filter(({ state }) => state !== 'again').map(({ submission }) => submission),
      arrivalMs,
    )
    crashPoint('collector.inbox-written')
    const { held, inConflict, entityIds } = await foldOrHold(deps, tx, appliedOf(rows), arrivalMs)
    alarms.push(...held)
    await markUnannounced(
      tx,
      held.map(([submission]) => submission),
    )
    const { hasFolded } = await release(tx, [...rows.map(({ submission }) => submission.instanceId), ...entityIds])
    hasReleased = hasFolded
    crashPoint('collector.folded')
    const marks = new Map<StoreId, Marks>()
    for (const [storeId, last] of new Map(batches.map(batch => [batch.storeId, batch])))
      marks.set(storeId, await raiseDurable(tx, last))
    const heldNow = new Map(held)
    return batches.map(({ storeId }, i): Ingested => {
      const { answered, rows: own } = sorted[i] ?? NOTHING
      const stored = own.map(row => resultOf(row, heldNow.get(row.submission), inConflict))
      return {
        results: [...answered, ...stored].sort((a, b) => a.n - b.n),
        ...(marks.get(storeId) ?? { durableUpto: 0, safeUpto: 0 }),
        fresh: appliedOf(own).filter(submission => !heldNow.has(submission)),
      }
    })
  }).catch((cause: unknown) => {
    if (cause instanceof Overtaken) return 'overtaken' as const
    if (cause instanceof Error && 'cause' in cause && isDuplicateKey(cause.cause)) return 'overtaken' as const
    throw cause
  })
  if (done === 'overtaken') return done
  crashPoint('collector.committed-before-ack')
  for (const [submission, reason] of alarms) alarm(submission, reason)
  if (hasReleased || done.some(({ fresh }) => fresh.length > 0)) feed.ring()
  return done
}

const NOTHING: SortedArrivals = { answered: [], rows: [] }

/** One after the other, each knowing what those before it brought. */
function sortBatches(batches: readonly Batch[], stored: readonly KnownRow[]): readonly SortedArrivals[] {
  const known = [...stored]
  return batches.map(({ submissions, quarantined }) => {
    const sorted = sortArrivals(submissions, known, quarantined)
    if (batches.length > 1)
      for (const { submission, state, reason } of sorted.rows) known.push({ ...idsOf(submission), state, reason })
    return sorted
  })
}

const idsOf = ({ storeId, n, instanceId, digest }: Submission) => ({ storeId, n, instanceId, digest })

const appliedOf = (rows: readonly InboxRow[]): readonly Submission[] =>
  rows.filter(({ state }) => state === 'applied').map(({ submission }) => submission)

/**
 * All at once under one savepoint; if that fails, one by one, so that the submission at fault
 * is held and no other.
 */
async function foldOrHold(
  { fold }: Pick<IngestDeps, 'fold'>,
  tx: WriteDb,
  submissions: readonly Submission[],
  arrivalMs: number,
): Promise<Folded> {
  if (submissions.length === 0) return { held: [], inConflict: new Set(), entityIds: [] }
  try {
    const { inConflict, aside, entityIds } = await inTransaction(tx, savepoint =>
      fold(savepoint, submissions, arrivalMs),
    )
    const held = submissions.flatMap((submission): readonly Held[] => {
      const one = aside.get(submission.instanceId)
      return one === undefined ? [] : [[submission, one.reason]]
    })
    return { held, inConflict, entityIds }
  } catch (cause) {
    if (isPassing(cause)) throw cause
    const [only, ...others] = submissions
    if (only !== undefined && others.length === 0) {
      const reason = heldReason(cause)
      await holdInbox(tx, only.instanceId, reason)
      return { held: [[only, reason]], inConflict: new Set(), entityIds: [] }
    }
  }
  const all: Folded[] = []
  for (const submission of submissions) all.push(await foldOrHold({ fold }, tx, [submission], arrivalMs))
  return {
    held: all.flatMap(({ held }) => held),
    inConflict: new Set(all.flatMap(({ inConflict }) => [...inConflict])),
    entityIds: all.flatMap(({ entityIds }) => entityIds),
  }
}

type Held = readonly [Submission, Fault]

interface Folded {
  readonly held: readonly Held[]
  readonly inConflict: ReadonlySet<string>
  readonly entityIds: readonly string[]
}

const resultOf = (
  { submission: { n, instanceId }, state, reason }: InboxRow,
  heldNow: Fault | undefined,
  inConflict: ReadonlySet<string>,
): AckResult => {
  const heldFor = heldNow ?? reason
  if (heldFor !== null) return { n, instanceId, result: 'held', fault: heldFor }
  if (state === 'again') return { n, instanceId, result: 'duplicate' }
  return { n, instanceId, result: inConflict.has(instanceId) ? 'conflict' : 'applied' }
}

const refuseAll = ({ submissions }: Batch): { readonly results: readonly AckResult[] } => ({
  results: submissions.map(({ n, instanceId, formId, version }) => ({
    n,
    instanceId,
    result: 'refused',
    fault: fault('sync.unknown-form', `${formId} ${version}`),
  })),
})

const isDuplicateKey = (cause: unknown): boolean =>
  cause instanceof Error && (cause as Error & { code?: string }).code === '23505'
