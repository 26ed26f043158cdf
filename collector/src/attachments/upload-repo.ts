/**
 * The SQL of files on their way. All of what is known of one stands in the database: whichever
 * process hears the next piece can take it.
 *
 * UR1 a piece is stored where the file ends and nowhere else, whoever sends it at the same time
 * UR2 what is stored under a hash has that hash; what has not is thrown away
 */
import type { Sha256 } from '@murram/ground'
import type { UploadPurpose } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { bytesArrivedSince, isNamedBy } from './attachment-repo.ts'
import type { UploadBegin, UploadKey, UploadStore } from './upload-store.ts'

export const createUploadStore = (read: ReadDb, write: WriteDb): UploadStore => ({
  isNamedBy: (deviceId, file) => isNamedBy(read, deviceId, file),
  isStored: sha256 => isStored(read, sha256),
  unfinishedBeside: key => unfinishedBeside(read, key),
  bytesArrivedSince: (deviceId, sinceMs) => bytesArrivedSince(read, deviceId, sinceMs),
  begin: (begin, nowMs) => beginUpload(write, begin, nowMs),
  append: (key, piece, nowMs) => appendPiece(write, key, piece, nowMs),
  finish: (key, nowMs) => finishUpload(write, key, nowMs),
})

async function isStored(db: ReadDb, sha256: Sha256): Promise<boolean> {
  const { rows } = await db.execute(sql`select 1 from blobs where sha256 = ${sha256}`)
  return rows.length > 0
}

/** What is unfinished of this device, beside the one file. */
async function unfinishedBeside(
  db: ReadDb,
  { deviceId, sha256 }: UploadKey,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const { rows } = await db.execute<{ files: string; bytes: string }>(sql`
    select count(*) as files, coalesce(sum(size_bytes), 0) as bytes from uploads
     where device_id = ${deviceId} and sha256 <> ${sha256}`)
  return { files: Number(rows[0]?.files ?? 0), bytes: Number(rows[0]?.bytes ?? 0) }
}

/** @returns How much of it is here. */
async function beginUpload(db: WriteDb, begin: UploadBegin, nowMs: number): Promise<number> {
  const { deviceId, sha256, sizeBytes, purpose } = begin
  const { rows } = await db.execute<{ have: number; size: number }>(sql`
    insert into uploads (device_id, sha256, size_bytes, purpose, have_bytes, touched_at_ms)
    values (${deviceId}, ${sha256}, ${sizeBytes}, ${purpose}, 0, ${nowMs})
    on conflict (device_id, sha256) do update set touched_at_ms = excluded.touched_at_ms
    returning have_bytes as have, size_bytes as size`)
  const [row] = rows
  if (row === undefined) throw new Error('an upload without its row')
  if (row.size === sizeBytes) return row.have
  // One of the two sizes is a lie: nothing with the hash can have both.
  await discardUpload(db, begin)
  return beginUpload(db, begin, nowMs)
}

/** UR1. @returns How much is here now; `null`: it is not where the file ends, or the file is not under way. */
async function appendPiece(
  db: WriteDb,
  { deviceId, sha256 }: UploadKey,
  piece: { readonly offset: number; readonly bytes: Uint8Array },
  nowMs: number,
): Promise<number | null> {
  const { offset, bytes } = piece
  const { rows } = await db.execute<{ have: number }>(sql`
    with moved as (
      update uploads set have_bytes = have_bytes + ${bytes.length}, touched_at_ms = ${nowMs}
       where device_id = ${deviceId} and sha256 = ${sha256} and have_bytes = ${offset}
         and have_bytes + ${bytes.length} <= size_bytes
      returning have_bytes
    ), stored as (
      insert into upload_pieces (device_id, sha256, "offset", bytes)
      select ${deviceId}, ${sha256}, ${offset}, ${Buffer.from(bytes)}::bytea from moved
    )
    select have_bytes as have from moved`)
  return rows[0]?.have ?? null
}

/**
 * UR2. Puts the pieces together inside the database: their bytes do not pass through this process.
 *
 * @returns Whether the file is stored; where it is not, the upload begins anew.
 */
const finishUpload = (db: WriteDb, { deviceId, sha256 }: UploadKey, nowMs: number): Promise<boolean> =>
  inTransaction(db, async tx => {
    const { rows } = await tx.execute<{ purpose: UploadPurpose; whole: boolean }>(sql`
      select purpose, have_bytes = size_bytes as whole from uploads
       where device_id = ${deviceId} and sha256 = ${sha256} for update`)
    const [upload] = rows
    if (upload?.whole !== true) return isStored(tx, sha256)
    await tx.execute(sql`
      insert into blobs (sha256, bytes, size_bytes, stored_at_ms, purpose)
      select ${sha256}, whole.bytes, length(whole.bytes), ${nowMs}, ${upload.purpose} from (
        select coalesce(string_agg(bytes, ''::bytea order by "offset"), ''::bytea) as bytes from upload_pieces
         where device_id = ${deviceId} and sha256 = ${sha256}
      ) whole
       where encode(sha256(whole.bytes), 'hex') = ${sha256}
      on conflict (sha256) do nothing`)
    const stored = await isStored(tx, sha256)
    await tx.execute(sql`delete from upload_pieces where device_id = ${deviceId} and sha256 = ${sha256}`)
    if (stored) await tx.execute(sql`delete from uploads where device_id = ${deviceId} and sha256 = ${sha256}`)
    else await tx.execute(sql`update uploads set have_bytes = 0 where device_id = ${deviceId} and sha256 = ${sha256}`)
    return stored
  })

const discardUpload = (db: WriteDb, { deviceId, sha256 }: UploadKey): Promise<void> =>
  inTransaction(db, async tx => {
    await tx.execute(sql`delete from uploads where device_id = ${deviceId} and sha256 = ${sha256}`)
    await tx.execute(sql`delete from upload_pieces where device_id = ${deviceId} and sha256 = ${sha256}`)
  })

/**
 * What nobody goes on with: not touched since `touchedBeforeMs`, and where no submission awaits
 * it since `unnamedBeforeMs`.
 *
 * @returns How many were let go.
 */
export const purgeUploads = (
  db: WriteDb,
  before: { readonly touchedBeforeMs: number; readonly unnamedBeforeMs: number },
): Promise<number> =>
  inTransaction(db, async tx => {
    const { rows } = await tx.execute<{ deviceId: string; sha256: string }>(sql`
      delete from uploads u
       where u.touched_at_ms < ${before.touchedBeforeMs}
          or (u.touched_at_ms < ${before.unnamedBeforeMs} and not exists (
               select 1 from submission_attachments a
                where a.sha256 = u.sha256 and a.device_id = u.device_id and a.arrived_at_ms is null))
      returning u.device_id as "deviceId", u.sha256`)
    for (const { deviceId, sha256 } of rows)
      await tx.execute(sql`delete from upload_pieces where device_id = ${deviceId} and sha256 = ${sha256}`)
    return rows.length
  })
