/** The SQL of what submissions name: who awaits what, and what of it has arrived. */
import type { Submission } from '@murram/fold'
import type { DeviceId, Sha256 } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'

/** Inside the transaction that stores the submissions. What is here already has arrived. */
export async function noteAttachments(
  tx: WriteDb,
  submissions: readonly Submission[],
  arrivalMs: number,
): Promise<void> {
  const rows = submissions.flatMap(({ storeId, n, instanceId, deviceId, attachments }) =>
    attachments.map(attachment => ({ storeId, n, instanceId, deviceId, ...attachment })),
  )
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into submission_attachments
      (store_id, n, name, instance_id, device_id, sha256, size_bytes, media_type, arrived_at_ms)
    select a."storeId", a.n, a.name, a."instanceId", a."deviceId", a.sha256, a."sizeBytes", a."mediaType",
           case when b.sha256 is null then null else ${arrivalMs}::bigint end
      from json_to_recordset(${JSON.stringify(rows)}::json) as a (
        "storeId" text, n bigint, name text, "instanceId" text, "deviceId" text, sha256 text, "sizeBytes" integer,
        "mediaType" text)
      left join blobs b on b.sha256 = a.sha256 and b.size_bytes = a."sizeBytes"
    on conflict do nothing`)
}

/** Whether a submission of this device names the file, with this size. */
export async function isNamedBy(
  db: ReadDb,
  deviceId: DeviceId,
  file: { readonly sha256: Sha256; readonly sizeBytes: number },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    select 1 from submission_attachments
     where device_id = ${deviceId} and sha256 = ${file.sha256} and size_bytes = ${file.sizeBytes} limit 1`)
  return rows.length > 0
}

/** @returns The submissions that no longer await it. */
export async function markArrived(
  db: WriteDb,
  sha256: Sha256,
  nowMs: number,
): Promise<readonly { readonly instanceId: string; readonly deviceId: string }[]> {
  const { rows } = await db.execute<{ instanceId: string; deviceId: string }>(sql`
    update submission_attachments a set arrived_at_ms = ${nowMs}
      from blobs b
     where a.sha256 = ${sha256} and a.arrived_at_ms is null and b.sha256 = a.sha256 and b.size_bytes = a.size_bytes
    returning a.instance_id as "instanceId", a.device_id as "deviceId"`)
  return rows
}

/** What arrived of this device in a span of time. */
export async function bytesArrivedSince(db: ReadDb, deviceId: DeviceId, sinceMs: number): Promise<number> {
  const { rows } = await db.execute<{ bytes: string }>(sql`
    select coalesce(sum(size_bytes), 0) as bytes from submission_attachments
     where device_id = ${deviceId} and arrived_at_ms > ${sinceMs}`)
  return Number(rows[0]?.bytes ?? 0)
}

export interface FoundAttachment extends Record<string, unknown> {
  readonly name: string
  readonly sha256: Sha256
  readonly sizeBytes: number
  readonly mediaType: string
  readonly arrivedAtMs: number | null
  /** Of what is awaited. */
  readonly haveBytes: number
}

/** In the order in which the submission names them; of two submissions with one id, those of the first. */
export async function attachmentsOf(
  db: ReadDb,
  instanceId: string,
): Promise<readonly FoundAttachment[] | 'no-submission'> {
  const { rows } = await db.execute<FoundAttachment & { arrivedAtMs: string | null; isThere: boolean }>(sql`
    with named as (
      select store_id, n from submissions where instance_id = ${instanceId} order by seq limit 1
    )
    select a.name, a.sha256, a.size_bytes as "sizeBytes", a.media_type as "mediaType",
           a.arrived_at_ms as "arrivedAtMs", coalesce(u.have_bytes, 0) as "haveBytes"
      from named
      left join submission_attachments a on a.store_id = named.store_id and a.n = named.n
      left join uploads u on u.device_id = a.device_id and u.sha256 = a.sha256
     order by a.name`)
  if (rows.length === 0) return 'no-submission'
  return rows
    .filter(({ name }) => name !== null)
    .map(row => ({ ...row, arrivedAtMs: row.arrivedAtMs === null ? null : Number(row.arrivedAtMs) }))
}

export interface AttachmentCounts {
  readonly stored: number
  readonly awaited: number
  /** Of the awaited ones, what has not arrived. */
  readonly awaitedBytes: number
  /** Submissions that await at least one. */
  readonly incomplete: number
}

export async function countAttachments(db: ReadDb): Promise<AttachmentCounts> {
  const { rows } = await db.execute<Record<keyof AttachmentCounts, string>>(sql`
    select count(*) filter (where a.arrived_at_ms is not null) as stored,
           count(*) filter (where a.arrived_at_ms is null) as awaited,
           coalesce(sum(a.size_bytes - coalesce(u.have_bytes, 0)) filter (where a.arrived_at_ms is null), 0)
             as "awaitedBytes",
           count(distinct a.instance_id) filter (where a.arrived_at_ms is null) as incomplete
      from submission_attachments a
      left join uploads u on a.arrived_at_ms is null and u.device_id = a.device_id and u.sha256 = a.sha256`)
  const [row] = rows
  return {
    stored: Number(row?.stored ?? 0),
    awaited: Number(row?.awaited ?? 0),
    awaitedBytes: Number(row?.awaitedBytes ?? 0),
    incomplete: Number(row?.incomplete ?? 0),
  }
}
