/**
 * What reviewers decide of submissions, each decision a submission of the collector's own device.
 *
 *   return    out of force, with comments that open on the author's device
 *   restore   in force again, as though it had not been returned
 *   approve   looked at; where it waited for a reviewer, it is folded now
 *   undo      of a decision (settlement, alias, review): as though it had not been made
 *
 * Of two who review at once both are kept and the later one counts; whoever says what they saw
 * last (`seen`) is told that somebody else was quicker.
 */
import { err, fault, ok, type Fault, type InstanceId, type Result } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import { isBuiltIn, REVIEW_FORM } from '../fold/built-in-forms.ts'
import type { OwnDevice } from '../fold/own-device.ts'
import type { InboxState } from '../ingest/inbox-states.ts'
import type { ReviewReply } from '../http/api-types.ts'
import { verdictOn, type Comment, type Verdict } from './review-repo.ts'

export interface ReviewRequest {
  readonly verdict: Verdict
  readonly comments: readonly Comment[]
  /** The review that the person saw last, `null` where there was none; absent: whatever there is. */
  readonly seen?: InstanceId | null
}

export interface Reviewing {
  readonly review: (about: InstanceId, request: ReviewRequest) => Promise<Result<ReviewReply, Fault>>
  readonly undo: (about: InstanceId) => Promise<Result<ReviewReply, Fault>>
}

export function createReviewing({ read, device }: { readonly read: ReadDb; readonly device: OwnDevice }): Reviewing {
  const decide = async (found: Found, { verdict, comments }: ReviewRequest): Promise<Result<ReviewReply, Fault>> => {
    const latest = await verdictOn(read, found.instanceId)
    const { instanceId, refusal } = await device.decide({
      formId: REVIEW_FORM,
      answers: { instance_id: found.instanceId, verdict, comments: JSON.stringify(comments) },
      base: {},
      after: [found.stamp, ...(latest === undefined ? [] : [latest.stamp])],
    })
    if (refusal !== undefined) return err(refusal)
    const now = await find(read, found.instanceId)
    return ok({ instanceId, about: found.instanceId, state: now?.state ?? found.state, reason: now?.reason ?? null })
  }

  const review: Reviewing['review'] = async (about, request) => {
    const found = await find(read, about)
    if (found === undefined) return err(fault('http.not-found', `submission ${about}`))
    if (request.verdict === 'return' && !isBuiltIn(found.formId) && request.comments.length === 0)
      return err(fault('http.bad-request', 'say with a comment what its author should look at'))
    if (found.state === 'quarantined')
      return err(fault('http.bad-request', 'it came from a device that has left: accept it first'))
    if (request.verdict === 'restore' && found.state !== 'returned')
      return err(fault('http.bad-request', `it is ${found.state}, not returned`))
    const latest = await verdictOn(read, about)
    if (request.seen !== undefined && request.seen !== (latest?.instanceId ?? null))
      return err(fault('review.overtaken', `${latest?.verdict ?? 'nothing'} stands now`))
    return decide(found, request)
  }

  return {
    review,
    undo: async about => {
      const found = await find(read, about)
      if (found === undefined) return err(fault('http.not-found', `submission ${about}`))
      if (!isBuiltIn(found.formId)) return err(fault('http.bad-request', 'an interview is returned with a comment'))
      if (found.state === 'returned') return err(fault('http.bad-request', 'it was undone already'))
      return decide(found, { verdict: 'return', comments: [] })
    },
  }
}

interface Found extends Record<string, unknown> {
  readonly instanceId: InstanceId
  readonly formId: string
  readonly stamp: string
  readonly state: InboxState
  readonly reason: Fault | null
}

async function find(db: ReadDb, instanceId: InstanceId): Promise<Found | undefined> {
  const { rows } = await db.execute<Found>(sql`
    select instance_id as "instanceId", form_id as "formId", stamp, state, reason from submissions
     where instance_id = ${instanceId} and state not in ('again', 'void') order by seq limit 1`)
  return rows[0]
}
