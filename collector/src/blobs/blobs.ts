/**
 * Bytes by their SHA-256: programs of forms, files of models, what devices sent. Stored once,
 * never changed. A device may read what the centre put here, and nothing that a device sent.
 */
import type { Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { and, eq, ne, sql, type SQL } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { blobs } from './tables.ts'

export interface StoredBlob {
  readonly sha256: Sha256
  readonly sizeBytes: number
}

export async function putBlob(db: WriteDb, bytes: Uint8Array, nowMs: number): Promise<StoredBlob> {
  const name = sha256(bytes)
  const row = { sha256: name, bytes, sizeBytes: bytes.length, storedAtMs: nowMs }
  // What a device has sent before is ours to give from now on.
  await db
    .insert(blobs)
    .values(row)
    .onConflictDoUpdate({ target: blobs.sha256, set: { purpose: 'file' }, setWhere: ne(blobs.purpose, 'file') })
  return { sha256: name, sizeBytes: bytes.length }
}

/** Of a device and for no other: opaque here. */
export async function putSealed(
  db: WriteDb,
  bytes: Uint8Array,
  purpose: 'copy' | 'carried',
  nowMs: number,
): Promise<StoredBlob> {
  const name = sha256(bytes)
  const row = { sha256: name, bytes, sizeBytes: bytes.length, storedAtMs: nowMs, purpose }
  await db.insert(blobs).values(row).onConflictDoNothing()
  return { sha256: name, sizeBytes: bytes.length }
}

export async function getBlob(db: ReadDb, name: string): Promise<Uint8Array | undefined> {
  const [found] = await db.select({ bytes: blobs.bytes }).from(blobs).where(eq(blobs.sha256, name))
  return found?.bytes
}

export interface BlobRange {
  readonly bytes: Uint8Array
  readonly totalBytes: number
}

interface Range {
  readonly offset: number
  readonly length: number
}

/** Piece by piece; empty beyond the end. */
export const getBlobRange = (db: ReadDb, name: Sha256, range: Range): Promise<BlobRange | undefined> =>
  rangeWhere(db, eq(blobs.sha256, name), range)

/** What a device may ask for. */
export const getFileRange = (db: ReadDb, name: Sha256, range: Range): Promise<BlobRange | undefined> =>
  rangeWhere(db, and(eq(blobs.sha256, name), eq(blobs.purpose, 'file')), range)

async function rangeWhere(db: ReadDb, which: SQL | undefined, range: Range): Promise<BlobRange | undefined> {
  const [found] = await db
    .select({
      bytes: sql<Buffer>`substring(${blobs.bytes} from ${range.offset + 1} for ${range.length})`,
      totalBytes: blobs.sizeBytes,
    })
    .from(blobs)
    .where(which)
  return found
}
