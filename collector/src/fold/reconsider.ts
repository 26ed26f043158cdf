/**
 * A stored submission looked at again: after a review, once its parent came, when its form was
 * mended. What it does to entities then is what its state says, neither more nor less.
 *
 *   returned by the review in force      its writes are out of force, its author is told
 *   held, waiting or returned before     folded now, or set aside again with the new reason
 *   applied already                      left as it is, unless what let it pass was taken back
 *
 * RC1 again is harmless: whatever was done already is found done
 * RC2 what fails stays as it was stored, held with the reason, and nothing else is touched
 * RC3 putting a submission out of force and in again is as though it had stayed in force
 * RC4 its device is told what has become of it, and whoever listens to arrivals that one may be folded
 *
 * Not here: who asks for it (review, parents, `fold-again.ts`).
 */
import { fault, type Fault, type InstanceId } from '@murram/ground'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { heldReason, isPassing } from '../ingest/held-reason.ts'
import { isLive, type InboxState } from '../ingest/inbox-states.ts'
import { dropAwaited, givenUpOn, waitersFor } from '../parents/parents-repo.ts'
import { verdictOn, withdrawReview } from '../review/review-repo.ts'
import { tellReturns } from '../review/told-returns.ts'
import { ALIAS_FORM, readAlias, readReview, REVIEW_FORM } from './built-in-forms.ts'
import * as repo from './fold-repo.ts'
import { createFold, joinedNow, type Fold, type FoldDeps } from './fold-submissions.ts'
import { refold } from './refold.ts'
import { findStored, putState, type StoredSubmission } from './stored-submissions.ts'
import { tellSubmission } from './told-submissions.ts'

export interface FoldRoom {
  readonly fold: Fold
  /** What became of it; `undefined` where there is no such submission, or none that can be read. */
  readonly reconsider: (tx: WriteDb, instanceId: InstanceId) => Promise<Reconsidered | undefined>
  /**
   * What waited for one of these is folded, and what waited for that.
   * @param ids Instances and entities that are here now.
   */
  readonly release: (tx: WriteDb, ids: readonly string[]) => Promise<{ readonly hasFolded: boolean }>
}

export interface Reconsidered {
  readonly instanceId: InstanceId
  readonly state: InboxState
  readonly reason: Fault | null
}

export interface FoldRoomDeps extends FoldDeps {
  readonly now: () => number
  /** RC4. Something was folded late, if its transaction commits. */
  readonly onLate: () => void
}

export function openFoldRoom(deps: FoldRoomDeps): FoldRoom {
  const reconsider = async (tx: WriteDb, instanceId: InstanceId) => {
    return look(tx, instanceId, false)
  }
  /** @param anew Folds it again although it is applied: it may not stand where it stood. */
  const look = async (tx: WriteDb, instanceId: InstanceId, anew: boolean): Promise<Reconsidered | undefined> => {
    await repo.lockFold(tx, deps.projectId)
    const found = await findStored(tx, instanceId)
    if (found === undefined) return undefined
    const { state } = found
    if (state === 'quarantined') return { instanceId, state, reason: found.reason }
    const verdict = await verdictOn(tx, instanceId)
    if (verdict?.verdict === 'return') await takeBack(tx, found)
    else if (!isLive(state)) await foldNow(tx, found)
    else if (anew) {
      await putState(tx, found.seq, 'waiting', null)
      await withdraw(tx, found.submission)
      await foldNow(tx, found)
    }
    const { state: now, reason } = (await findStored(tx, instanceId)) ?? found
    await tellSubmission(deps, tx, found, { state: now, reason })
    return { instanceId, state: now, reason }
  }
  const fold = createFold(deps, reconsider)

  /** Out of force: nothing is deleted, so that it can be in force again. */
  const takeBack = async (tx: WriteDb, { seq, submission, state, reason }: StoredSubmission): Promise<void> => {
    await putState(tx, seq, 'returned', reason)
    if (isLive(state)) await withdraw(tx, submission)
    await tellReturns(deps, tx, [submission.instanceId])
  }

  const withdraw = async (tx: WriteDb, submission: StoredSubmission['submission']): Promise<void> => {
    const { instanceId, deprecatedId, formId } = submission
    if (formId === REVIEW_FORM) {
      await withdrawReview(tx, instanceId)
      const { about, verdict } = readReview(submission)
      await look(tx, about, verdict === 'approve')
      return
    }
    const alias = formId === ALIAS_FORM ? [readAlias(submission)] : []
    const before = await joinedNow(tx, alias)
    await repo.putOutOfForce(tx, instanceId)
    const touched = new Set([
      ...before,
      ...(await joinedNow(tx, alias)),
      ...(await repo.entitiesOf(tx, deprecatedId === null ? [instanceId] : [instanceId, deprecatedId])),
    ])
    if (touched.size > 0) await refold(deps, tx, touched, deps.now())
    // What it corrected may have to be answered after all.
    if (deprecatedId !== null) await tellReturns(deps, tx, [deprecatedId])
  }

  const foldNow = async (tx: WriteDb, { seq, submission, receivedAtMs }: StoredSubmission): Promise<void> => {
    try {
      const { entityIds } = await inTransaction(tx, async savepoint => {
        await putState(savepoint, seq, 'applied', null)
        const done = await fold(savepoint, [submission], receivedAtMs)
        const without = await givenUpOn(savepoint, [submission.instanceId])
        const missing = without.map(({ awaits }) => awaits).join(', ')
        if (missing !== '' && done.aside.size === 0)
          await putState(savepoint, seq, 'applied', fault('fold.without-parent', missing))
        await tellReturns(deps, savepoint, [submission.instanceId])
        return done
      })
      deps.onLate()
      await release(tx, entityIds)
    } catch (cause) {
      if (isPassing(cause)) throw cause
      await putState(tx, seq, 'held', heldReason(cause)) // RC2
    }
  }

  const release: FoldRoom['release'] = async (tx, ids) => {
    // Whoever begins to wait does so under this lock: none of them is overlooked.
    await repo.lockFold(tx, deps.projectId)
    const waiters = await waitersFor(tx, ids)
    let hasFolded = false
    if (waiters.length === 0) return { hasFolded }
    await dropAwaited(tx, waiters, ids)
    for (const instanceId of waiters) {
      const found = await findStored(tx, instanceId)
      // Applied: it was folded without its parent, and has another place now.
      if (found === undefined || !['applied', 'waiting', 'held'].includes(found.state)) continue
      try {
        const done = await inTransaction(tx, savepoint => look(savepoint, instanceId, true))
        hasFolded ||= done !== undefined && isLive(done.state)
      } catch (cause) {
        if (isPassing(cause)) throw cause
        if (isLive(found.state)) continue
        const held = { state: 'held', reason: heldReason(cause) } as const
        await putState(tx, found.seq, held.state, held.reason)
        await tellSubmission(deps, tx, found, held)
      }
    }
    return { hasFolded }
  }

  return { fold, reconsider, release }
}
