/** What people ask of the inbox. */
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'

export interface SubmissionQuery {
  readonly limit: number
  /** The last `seq` seen; the answer goes on below it. */
  readonly after?: number
  readonly formId?: string
  readonly deviceId?: string
  readonly state?: 'applied' | 'held'
  readonly entityId?: string
}

export interface FoundSubmission extends Record<string, unknown> {
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
  readonly state: 'applied' | 'held'
  readonly reason: { readonly fault: string } | null
  readonly deprecatedId: string | null
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
  if (query.entityId !== undefined)
    conditions.push(
      sql`exists (select 1 from entity_writes x where x.instance_id = s.instance_id and x.entity_id = ${query.entityId})`,
    )
  const { rows } = await db.execute<FoundSubmission & { seq: string; n: string; receivedAtMs: string }>(sql`
    select s.seq, s.instance_id as "instanceId", s.form_id as "formId", s.version, s.device_id as "deviceId", d.officer,
           s.store_id as "storeId", s.n, s.stamp, s.received_at_ms as "receivedAtMs", s.state, s.reason,
           s.deprecated_id as "deprecatedId", w.entity_id as "entityId",
           coalesce(e.label, '') as "entityLabel", s.body, s.digest,
           (select json_build_object('total', count(*), 'awaited', count(*) filter (where a.arrived_at_ms is null))
              from submission_attachments a where a.store_id = s.store_id and a.n = s.n) as attachments
      from submissions s
      left join devices d on d.device_id = s.device_id
      left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
      left join entities e on e.entity_id = w.entity_id
     where ${sql.join(conditions, sql` and `)}
     order by s.seq desc limit ${query.limit}`)
  return rows.map(row => ({
    ...row,
    seq: Number(row.seq),
    n: Number(row.n),
    receivedAtMs: Number(row.receivedAtMs),
  }))
}
