/** The SQL of a recovery: whether it is open, what devices say, and what the report tells. */
import type { DeviceId, StoreId } from '@murram/ground'
import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { recoveries, replays } from './tables.ts'

export type Recovery = typeof recoveries.$inferSelect
export type Replay = typeof replays.$inferSelect

export async function findRecovery(db: ReadDb, epoch: number): Promise<Recovery | undefined> {
  const [recovery] = await db.select().from(recoveries).where(eq(recoveries.epoch, epoch))
  return recovery
}

/** @returns Whether it was open. */
export async function closeRecovery(
  db: WriteDb,
  epoch: number,
  { nowMs, note }: { readonly nowMs: number; readonly note: string | null },
): Promise<boolean> {
  const { rowCount } = await db
    .update(recoveries)
    .set({ closedAtMs: nowMs, closedNote: note })
    .where(and(eq(recoveries.epoch, epoch), isNull(recoveries.closedAtMs)))
  return (rowCount ?? 0) > 0
}

/** A device has said how far its store goes. */
export async function knowStore(
  db: WriteDb,
  epoch: number,
  { storeId, deviceId, lastN }: { readonly storeId: StoreId; readonly deviceId: DeviceId; readonly lastN: number },
): Promise<void> {
  await db.execute(sql`
    insert into recovery_stores (epoch, store_id, device_id, restored_upto, known_upto)
    select epoch, ${storeId}, ${deviceId}, 0, ${lastN} from recoveries where epoch = ${epoch}
    on conflict (epoch, store_id) do update set known_upto = greatest(recovery_stores.known_upto, excluded.known_upto)`)
}

export interface DeviceRecovery extends Record<string, unknown> {
  readonly deviceId: string
  readonly officer: string | null
  readonly lastSeenAtMs: number | null
  /** Since the restore. */
  readonly seen: boolean
  /** Submissions that have come since. */
  readonly resent: number
}

/** The collector's own device is none of them. */
export async function devicesOf(
  db: ReadDb,
  recovery: Recovery,
  ownDeviceId: string,
): Promise<readonly DeviceRecovery[]> {
  const { epoch, openedAtMs, uptoSeq } = recovery
  const { rows } = await db.execute<DeviceRecovery & { lastSeenAtMs: string | null }>(sql`
    with known as (
      select device_id from devices union select device_id from recovery_stores where epoch = ${epoch}
    ), came as (
      select device_id, count(*)::int as resent from submissions where seq > ${uptoSeq} group by device_id
    )
    select known.device_id as "deviceId", d.officer, d.last_seen_at_ms as "lastSeenAtMs",
           coalesce(d.last_seen_at_ms >= ${openedAtMs}, false) as seen, coalesce(came.resent, 0) as resent
      from known left join devices d using (device_id) left join came using (device_id)
     where known.device_id <> ${ownDeviceId} order by seen, d.officer`)
  return rows.map(row => ({ ...row, lastSeenAtMs: row.lastSeenAtMs === null ? null : Number(row.lastSeenAtMs) }))
}

export interface MissingRange extends Record<string, unknown> {
  readonly storeId: string
  readonly deviceId: string
  readonly officer: string | null
  readonly fromN: number
  readonly toN: number
}

/** Numbers that somebody knows of and that are not stored, as ranges. */
export async function missingOf(db: ReadDb, { epoch }: Recovery, limit: number): Promise<readonly MissingRange[]> {
  const { rows } = await db.execute<MissingRange & { fromN: string; toN: string }>(sql`
    with behind as (
      select r.store_id, r.device_id, r.known_upto, coalesce(s.durable_upto, 0) as durable
        from recovery_stores r left join stores s using (store_id)
       where r.epoch = ${epoch} and r.known_upto > coalesce(s.durable_upto, 0)
    ), edges as (
      select store_id, device_id, durable as n, known_upto from behind
      union all
      select b.store_id, b.device_id, s.n, b.known_upto from behind b
        join submissions s on s.store_id = b.store_id and s.n > b.durable and s.n <= b.known_upto
    ), gaps as (
      select store_id, device_id, n + 1 as from_n,
             lead(n, 1, known_upto + 1) over (partition by store_id order by n) - 1 as to_n from edges
    )
    select store_id as "storeId", device_id as "deviceId", d.officer, from_n as "fromN", to_n as "toN"
      from gaps left join devices d using (device_id) where to_n >= from_n
     order by d.officer, store_id, from_n limit ${limit}`)
  return rows.map(row => ({ ...row, fromN: Number(row.fromN), toN: Number(row.toN) }))
}

export const replaysOf = (db: ReadDb, epoch: number): Promise<readonly Replay[]> =>
  db.select().from(replays).where(eq(replays.epoch, epoch)).orderBy(asc(replays.atMs))

export async function addReplay(db: WriteDb, row: Replay): Promise<void> {
  await db.insert(replays).values(row).onConflictDoNothing()
}

export const listRecoveries = (db: ReadDb): Promise<readonly Recovery[]> =>
  db.select().from(recoveries).orderBy(desc(recoveries.epoch))
