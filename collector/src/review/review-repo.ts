/** The SQL of reviews. */
import type { InstanceId } from '@murram/ground'
import { stampMillis, type Stamp, type Submission } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { ReviewRowJson } from '../http/api-types.ts'

export type Verdict = 'approve' | 'return' | 'restore'

export interface Comment {
  /** Of the question; `null`: the whole interview. */
  readonly path: string | null
  readonly text: string
}

export interface ReviewRow {
  readonly instanceId: InstanceId
  readonly about: InstanceId
  readonly verdict: Verdict
  readonly comments: readonly Comment[]
  readonly stamp: string
}

/** Again is harmless: a review that was taken back and given again is in force. */
export async function addReview(
  tx: WriteDb,
  { instanceId, stamp }: Pick<Submission, 'instanceId' | 'stamp'>,
  { about, verdict, comments }: Pick<ReviewRow, 'about' | 'verdict' | 'comments'>,
): Promise<void> {
  await tx.execute(sql`
    insert into reviews (instance_id, about, verdict, comments, stamp)
    values (${instanceId}, ${about}, ${verdict}, ${JSON.stringify(comments)}::json, ${stamp})
    on conflict (instance_id) do update set live = true`)
}

export async function withdrawReview(tx: WriteDb, instanceId: InstanceId): Promise<void> {
  await tx.execute(sql`update reviews set live = false where instance_id = ${instanceId}`)
}

/** Of the reviews in force, the one of the latest stamp. */
export async function verdictOn(db: ReadDb, about: InstanceId): Promise<ReviewRow | undefined> {
  const { rows } = await db.execute<ReviewRow & Record<string, unknown>>(sql`
    select instance_id as "instanceId", about, verdict, comments, stamp from reviews
     where about = ${about} and live order by stamp desc, instance_id desc limit 1`)
  return rows[0]
}

/** Those that a reviewer let pass. */
export async function approvedAmong(db: ReadDb, instanceIds: readonly InstanceId[]): Promise<readonly InstanceId[]> {
  const { rows } = await db.execute<{ id: InstanceId }>(sql`
    select distinct about as id from reviews
     where live and verdict = 'approve' and about = any(${sql.param(instanceIds)}::text[])`)
  return rows.map(({ id }) => id)
}

/** All of them, the newest first. */
export async function listReviews(db: ReadDb, about: InstanceId): Promise<readonly ReviewRowJson[]> {
  const { rows } = await db.execute<ReviewRow & { live: boolean } & Record<string, unknown>>(sql`
    select instance_id as "instanceId", about, verdict, comments, stamp, live from reviews
     where about = ${about} order by stamp desc, instance_id desc`)
  return rows.map(({ instanceId, verdict, comments, stamp, live }) => ({
    instanceId,
    verdict,
    comments,
    atMs: stampMillis(stamp as Stamp),
    undone: !live,
  }))
}
