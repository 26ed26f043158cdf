/**
 * Bytes by their SHA-256: programs of forms, files of models. Stored once, never changed.
 */
import type { Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { blobs } from './tables.ts'

export interface StoredBlob {
  readonly sha256: Sha256
  readonly sizeBytes: number
}

export async function putBlob(db: WriteDb, bytes: Uint8Array, nowMs: number): Promise<StoredBlob> {
  const name = sha256(bytes)
  const row = { sha256: name, bytes, sizeBytes: bytes.length, storedAtMs: nowMs }
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

/** What a device asks for piece by piece; empty beyond the end. */
export async function getBlobRange(
  db: ReadDb,
  name: Sha256,
  range: { readonly offset: number; readonly length: number },
): Promise<BlobRange | undefined> {
  const [found] = await db
    .select({
      bytes: sql<Buffer>`substring(${blobs.bytes} from ${range.offset + 1} for ${range.length})`,
      totalBytes: blobs.sizeBytes,
    })
    .from(blobs)
    .where(eq(blobs.sha256, name))
  return found
}
