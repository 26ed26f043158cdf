/** Stored submissions, read again as they came, and the state they are in. */
import type { Fault, InstanceId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { InboxState } from '../ingest/inbox-states.ts'

export interface StoredSubmission {
  /** Its place in the inbox: names the row, where an instance id may stand twice. */
  readonly seq: number
  readonly submission: Submission
  readonly state: InboxState
  readonly reason: Fault | null
  readonly receivedAtMs: number
}

type Body = Pick<Submission, 'answers' | 'base' | 'assessment' | 'audit' | 'salt'> &
  Partial<Pick<Submission, 'attachments'>>

interface Row extends Record<string, unknown>, Omit<Submission, keyof Body | 'n'> {
  readonly seq: string
  readonly n: string
  readonly state: InboxState
  readonly reason: Fault | null
  readonly receivedAtMs: string
  /** Text that no database holds is kept as bytes: such a submission can only be looked at. */
  readonly body: Body | { readonly unreadable: string }
}

/**
 * The one that goes by this id: neither a copy that a copied store sent, nor another one that
 * came later under the same id. Absent where its text cannot be read.
 */
export async function findStored(db: ReadDb, instanceId: InstanceId): Promise<StoredSubmission | undefined> {
  const { rows } = await db.execute<Row>(sql`
    select seq, store_id as "storeId", n, instance_id as "instanceId", device_id as "deviceId", form_id as "formId", version,
           digest, stamp, deprecated_id as "deprecatedId", body, state, reason, received_at_ms as "receivedAtMs"
      from submissions
     where instance_id = ${instanceId} and state not in ('again', 'void')
       and coalesce(reason ->> 'fault', '') <> 'sync.instance-exists'
     order by seq limit 1`)
  const [row] = rows
  if (row === undefined || 'unreadable' in row.body) return undefined
  const { seq, state, reason, receivedAtMs, body, ...columns } = row
  return {
    seq: Number(seq),
    state,
    reason,
    receivedAtMs: Number(receivedAtMs),
    submission: { ...columns, ...body, attachments: body.attachments ?? [], n: Number(row.n) },
  }
}

export async function putState(tx: WriteDb, seq: number, state: InboxState, reason: Fault | null): Promise<void> {
  const text = reason === null ? null : JSON.stringify(reason)
  await tx.execute(sql`update submissions set state = ${state}, reason = ${text}::json where seq = ${seq}`)
}

/** Of what was to be folded: the rest of its batch is. */
export async function setAsideInInbox(
  tx: WriteDb,
  aside: ReadonlyMap<InstanceId, { readonly state: InboxState; readonly reason: Fault }>,
): Promise<void> {
  const rows = [...aside].map(([instanceId, { state, reason }]) => ({ instanceId, state, reason }))
  await tx.execute(sql`
    update submissions s set state = a.state, reason = a.reason
      from json_to_recordset(${JSON.stringify(rows)}::json) as a ("instanceId" text, state text, reason json)
     where s.instance_id = a."instanceId" and s.state = 'applied'`)
}
