/**
 * What a new device reads first: the present state of a view, as files. A manifest names blocks
 * by their hash, and each block holds some thousand rows side by side, so that it can be
 * verified, written and forgotten before the next one is there.
 *
 * V1 what was written reads back the same      V2 bytes that are no block are a fault, never a throw
 *
 * Not here: which rows (collector/snapshots), and where a reader is (agent/sync/first-sync).
 */
import { err, fault, ok, Sha256Schema, type Result } from '@murram/ground'
import { z } from 'zod'
import type { FeedRow } from '../feed-row.ts'
import { decodeFrame, encodeFrame, type DecodeFault } from '../frame.ts'
import { Counter } from '../vocabulary.ts'
import { packRows, PackedRowsSchema, unpackRows } from './pack-rows.ts'

/** A block is closed at this many rows, or at so many bytes of bodies, whichever comes first: it is read as a frame is. */
export const MAX_BLOCK_ROWS = 8_000
export const MAX_BLOCK_BODY_BYTES = 900_000

const ManifestSchema = z.strictObject({
  epoch: Counter,
  /** Every change up to this number is in the blocks, or superseded by a later one. */
  number: Counter,
  view: z.string().max(100),
  rows: Counter,
  blocks: z.array(z.strictObject({ sha256: Sha256Schema, sizeBytes: Counter, rows: Counter })).max(10_000),
})
type SnapshotManifest = z.infer<typeof ManifestSchema>

export const encodeManifest = (manifest: SnapshotManifest): Uint8Array => encodeFrame(manifest)
export const decodeManifest = (bytes: Uint8Array): Result<SnapshotManifest, DecodeFault> =>
  decodeFrame(ManifestSchema, bytes)

export const encodeBlock = (rows: readonly FeedRow[]): Uint8Array => encodeFrame(packRows(rows))
export function decodeBlock(bytes: Uint8Array): Result<readonly FeedRow[], DecodeFault> {
  const packed = decodeFrame(PackedRowsSchema, bytes)
  if (!packed.ok) return packed
  const rows = unpackRows(packed.value)
  return rows === null ? err(fault('wire.malformed', 'the rows of a block do not fit together')) : ok(rows)
}
