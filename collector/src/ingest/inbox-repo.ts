/**
 * The SQL of the inbox. One statement for a whole batch: a round trip for each row is what
 * makes a collector slow. Columns go as arrays: read out of one large JSON, a row costs
 * PostgreSQL half as much again. Call inside the transaction that also folds and decides the ack.
 */
import type { Fault, InstanceId, StoreId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { PushHead } from '@murram/wire'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { jsonList, numberList, textList } from '../db/text-list.ts'
import type { InboxState } from './inbox-states.ts'

export interface InboxRow {
  readonly submission: Submission
  readonly state: Extract<InboxState, 'applied' | 'held' | 'again' | 'quarantined'>
  readonly reason: Fault | null
  /** JSON of what the columns do not say already (`storable.ts`). */
  readonly body: string
}

export interface KnownRow extends Record<string, unknown> {
  readonly storeId: string
  readonly n: number
  readonly instanceId: string
  readonly digest: string
  readonly state: InboxState
  readonly reason: Fault | null
}

/** What is stored already under one of these numbers or instances. */
export async function findKnown(db: ReadDb, batches: readonly (readonly Submission[])[]): Promise<readonly KnownRow[]> {
  const byStore = Map.groupBy(batches.flat(), ({ storeId }) => storeId)
  if (byStore.size === 0) return []
  const columns = sql`store_id as "storeId", n, instance_id as "instanceId", digest, state, reason`
  const underNumbers = [...byStore].map(
    ([storeId, submissions]) => sql`
    select ${columns} from submissions
     where store_id = ${storeId} and n = any(${numberList(submissions.map(({ n }) => n))})`,
  )
  const instanceIds = batches.flat().map(({ instanceId }) => instanceId)
  const { rows } = await db.execute<KnownRow & { n: string }>(sql`
    ${sql.join(underNumbers, sql` union all `)} union all
    select ${columns} from submissions where instance_id = any(${textList(instanceIds)})`)
  const known = rows.map(row => ({ ...row, n: Number(row.n) }))
  // V2: a void entry is no obstacle to its own content, nor to that content under another number.
  const coming = new Set(batches.flat().map(({ storeId, n, digest }) => `${storeId} ${n} ${digest}`))
  const numbers = new Set(batches.flat().map(({ storeId, n }) => `${storeId} ${n}`))
  return known.filter(
    ({ state, storeId, n, digest }) =>
      state !== 'void' || (numbers.has(`${storeId} ${n}`) && !coming.has(`${storeId} ${n} ${digest}`)),
  )
}

/** @returns How many were new; fewer than given means that another session was quicker. */
export async function appendInbox(db: WriteDb, rows: readonly InboxRow[], receivedAtMs: number): Promise<number> {
  if (rows.length === 0) return 0
  const column = (of: (row: InboxRow) => string | null) => textList(rows.map(of))
  const { rowCount } = await db.execute(sql`
    insert into submissions
      (store_id, n, instance_id, device_id, form_id, version, digest, stamp, deprecated_id, body, state, reason, received_at_ms, unannounced)
    select store_id, n, instance_id, device_id, form_id, version, digest, stamp, deprecated_id, body, state,
           reason, ${receivedAtMs}::bigint, state in ('held', 'quarantined')
      from unnest(
        ${column(({ submission }) => submission.storeId)},
        ${numberList(rows.map(({ submission }) => submission.n))},
        ${column(({ submission }) => submission.instanceId)},
        ${column(({ submission }) => submission.deviceId)},
        ${column(({ submission }) => submission.formId)},
        ${column(({ submission }) => submission.version)},
        ${column(({ submission }) => submission.digest)},
        ${column(({ submission }) => submission.stamp)},
        ${column(({ submission }) => submission.deprecatedId)},
        ${jsonList(rows.map(({ body }) => body))},
        ${column(({ state }) => state)},
        ${jsonList(rows.map(({ reason }) => (reason === null ? null : JSON.stringify(reason))))}
      ) as arrival (
        store_id, n, instance_id, device_id, form_id, version, digest, stamp, deprecated_id, body, state, reason)
    on conflict (store_id, n) do update
      set form_id = excluded.form_id, version = excluded.version, stamp = excluded.stamp,
          deprecated_id = excluded.deprecated_id, body = excluded.body, state = excluded.state,
          reason = excluded.reason, received_at_ms = excluded.received_at_ms,
          unannounced = excluded.unannounced
      where submissions.state = 'void' and submissions.digest = excluded.digest`)
  return rowCount ?? 0
}

export async function holdInbox(db: WriteDb, instanceId: InstanceId, reason: Fault): Promise<void> {
  await db.execute(sql`
    update submissions set state = 'held', reason = ${JSON.stringify(reason)}::json
     where instance_id = ${instanceId} and state = 'applied'`)
}

/** Whoever listens to arrivals hears of them when they are folded. */
export async function markUnannounced(db: WriteDb, submissions: readonly Submission[]): Promise<void> {
  if (submissions.length === 0) return
  const column = (of: (submission: Submission) => unknown) => sql.param(submissions.map(of))
  await db.execute(sql`
    update submissions s set unannounced = true
      from unnest(${column(({ storeId }) => storeId)}::text[], ${column(({ n }) => n)}::bigint[]) as aside (store_id, n)
     where s.store_id = aside.store_id and s.n = aside.n`)
}

export interface Marks {
  /** Every n up to this one is stored. */
  readonly durableUpto: number
  /** Every n up to this one is inside a verified backup. */
  readonly safeUpto: number
}

export async function readMarks(db: ReadDb, storeId: StoreId): Promise<Marks> {
  const { rows } = await db.execute<{ durable: string; safe: string }>(
    sql`select durable_upto as durable, safe_upto as safe from stores where store_id = ${storeId}`,
  )
  return { durableUpto: Number(rows[0]?.durable ?? 0), safeUpto: Number(rows[0]?.safe ?? 0) }
}

/** How far one step of `raiseDurable` looks; a gap that is filled late takes a few steps. */
const STEP = 2_000

/**
 * Moves the mark over what is stored without a gap. A number that was refused stays a gap:
 * the device keeps what follows until it is filled.
 */
export async function raiseDurable(
  db: WriteDb,
  from: { readonly storeId: StoreId; readonly deviceId: string; readonly head: PushHead | null },
): Promise<Marks> {
  const { storeId, deviceId } = from
  const head = from.head === null ? null : JSON.stringify(from.head)
  for (;;) {
    const { rows } = await db.execute<{ durable: string; safe: string; step: string }>(sql`
      with mark as (select coalesce(max(durable_upto), 0) as upto from stores where store_id = ${storeId}),
      run as (
        select count(*) as step from (
          select n, row_number() over (order by n) as place from submissions, mark
           where store_id = ${storeId} and n > mark.upto order by n limit ${STEP}
        ) tail, mark where tail.n = mark.upto + tail.place
      )
      insert into stores (store_id, device_id, durable_upto, safe_upto, head)
      select ${storeId}, ${deviceId}, mark.upto + run.step, 0, ${head}::json from mark, run
      on conflict (store_id) do update
        set durable_upto = excluded.durable_upto, head = coalesce(excluded.head, stores.head)
      returning durable_upto as durable, safe_upto as safe, (select step from run) as step`)
    const [row] = rows
    if (row === undefined) throw new Error('a store without its row')
    if (Number(row.step) < STEP) return { durableUpto: Number(row.durable), safeUpto: Number(row.safe) }
  }
}
