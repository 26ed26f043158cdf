/** What people ask of the inbox. */
import { sql, type SQL } from 'drizzle-orm'
import { stampMillis, type Stamp } from '@murram/fold'
import type { ReadDb } from '../db/handles.ts'
import type { ReviewRowJson } from '../http/api-types.ts'
import type { InboxState } from './inbox-states.ts'

export interface SubmissionQuery {
  readonly limit: number
  /** The last `seq` seen; the answer goes on below it. */
  readonly after?: number
  readonly formId?: string
  readonly deviceId?: string
  readonly state?: InboxState
  readonly entityId?: string
  readonly instanceId?: string
  /** Interviews, or what people decided: settlements, aliases, reviews. */
  readonly kind?: 'interview' | 'decision'
  /** By the review in force. */
  readonly review?: 'none' | 'approved' | 'returned'
  /** Those whose officer said otherwise than the model. */
  readonly overridden?: boolean
}

export interface FoundSubmission {
  readonly seq: number
  readonly instanceId: string
  readonly formId: string
  readonly version: string
  readonly deviceId: string
  readonly officer: string | null
  readonly storeId: string
  readonly n: number
  readonly stamp: string
  readonly receivedAtMs: number
  readonly state: InboxState
  readonly reason: { readonly fault: string } | null
  readonly deprecatedId: string | null
  readonly correctedBy: string | null
  readonly review: ReviewRowJson | null
  readonly entityId: string | null
  readonly entityLabel: string
  readonly body: {
    /** Absent where the text could not be stored: the submission is held. */
    readonly answers?: Readonly<Record<string, string>>
    readonly assessment?: unknown
  }
  readonly digest: string
  readonly attachments: { readonly total: number; readonly awaited: number }
}

/** The newest first. A copy that a copied store sent again is not shown: the first one is. */
export async function listSubmissions(db: ReadDb, query: SubmissionQuery): Promise<readonly FoundSubmission[]> {
  const conditions: SQL[] = [sql`s.state <> 'again'`]
  if (query.after !== undefined) conditions.push(sql`s.seq < ${query.after}`)
  if (query.formId !== undefined) conditions.push(sql`s.form_id = ${query.formId}`)
  if (query.deviceId !== undefined) conditions.push(sql`s.device_id = ${query.deviceId}`)
  if (query.state !== undefined) conditions.push(sql`s.state = ${query.state}`)
  if (query.instanceId !== undefined) conditions.push(sql`s.instance_id = ${query.instanceId}`)
  if (query.kind !== undefined)
    conditions.push(query.kind === 'decision' ? sql`s.form_id like 'murram:%'` : sql`s.form_id not like 'murram:%'`)
  if (query.review === 'returned') conditions.push(sql`s.state = 'returned'`)
  if (query.review === 'approved') conditions.push(sql`r.review ->> 'verdict' = 'approve'`)
  if (query.review === 'none') conditions.push(sql`r.review is null`)
  // `json`, not `jsonb`: looked at as text first, so that not every answer is parsed.
  if (query.overridden !== undefined)
    conditions.push(
      sql`coalesce(case when s.body::text like '%"override"%' then s.body -> 'assessment' ->> 'override' end, '') ${query.overridden ? sql`<>` : sql`=`} ''`,
    )
  if (query.entityId !== undefined)
    conditions.push(
      sql`exists (select 1 from entity_writes x where x.instance_id = s.instance_id and x.entity_id = ${query.entityId})`,
    )
  const { rows } = await db.execute<Row & Record<string, unknown>>(sql`
    select s.seq, s.instance_id as "instanceId", s.form_id as "formId", s.version, s.device_id as "deviceId", d.officer,
           s.store_id as "storeId", s.n, s.stamp, s.received_at_ms as "receivedAtMs", s.state, s.reason,
           s.deprecated_id as "deprecatedId", c.corrected_by as "correctedBy", r.review, w.entity_id as "entityId",
           coalesce(e.label, w.label, '') as "entityLabel", s.body, s.digest,
           (select json_build_object('total', count(*), 'awaited', count(*) filter (where a.arrived_at_ms is null))
              from submission_attachments a where a.store_id = s.store_id and a.n = s.n) as attachments
      from submissions s
      left join devices d on d.device_id = s.device_id
      left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
      left join entities e on e.entity_id = w.entity_id
      left join lateral (
        select d.instance_id as corrected_by from submissions d
         where d.deprecated_id = s.instance_id and d.state = 'applied' order by d.seq desc limit 1
      ) c on true
      left join lateral (
        select json_build_object('instanceId', v.instance_id, 'verdict', v.verdict, 'comments', v.comments,
                 'stamp', v.stamp, 'undone', false) as review
          from reviews v where v.about = s.instance_id and v.live order by v.stamp desc, v.instance_id desc limit 1
      ) r on true
     where ${sql.join(conditions, sql` and `)}
     order by s.seq desc limit ${query.limit}`)
  return rows.map(row => ({
    ...row,
    seq: Number(row.seq),
    n: Number(row.n),
    receivedAtMs: Number(row.receivedAtMs),
    review: withTime(row.review),
  }))
}

/** Before numbers are numbers: PostgreSQL's big ones come as text. */
type Row = Omit<FoundSubmission, 'seq' | 'n' | 'receivedAtMs' | 'review'> & {
  readonly seq: string
  readonly n: string
  readonly receivedAtMs: string
  readonly review: StoredReview | null
}
type StoredReview = Omit<ReviewRowJson, 'atMs'> & { readonly stamp: Stamp }

function withTime(review: StoredReview | null): ReviewRowJson | null {
  if (review === null) return null
  const { stamp, ...said } = review
  return { ...said, atMs: stampMillis(stamp) }
}
