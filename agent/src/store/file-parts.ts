/**
 * Files that are on their way down, as far as they have come: pieces in the encrypted store, for
 * a snapshot or a list holds what households answered. The next session, or the next start, goes
 * on from there.
 *
 * FP1 nothing of a file lies on the disk in the clear     FP2 a piece is stored once, and in order
 */
import type { Sha256 } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { startSha256 } from '@murram/seal'

export interface FileParts {
  readonly lengthOf: (hash: Sha256) => number
  readonly append: (hash: Sha256, offset: number, bytes: Uint8Array) => void
  readonly hashOf: (hash: Sha256) => Sha256
  readonly read: (hash: Sha256) => Uint8Array
  readonly drop: (hash: Sha256) => void
}

/** What nobody went on with is not wanted any more. */
const FORGOTTEN_MS = 30 * 86_400_000

export function openFileParts({ connection: db }: SqliteHandle, now: () => number): FileParts {
  db.exec(`CREATE TABLE IF NOT EXISTS file_parts (
    sha256 TEXT NOT NULL, offset INTEGER NOT NULL, bytes BLOB NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (sha256, offset)) STRICT, WITHOUT ROWID`)
  db.prepare(
    'DELETE FROM file_parts WHERE sha256 IN (SELECT sha256 FROM file_parts GROUP BY sha256 HAVING max(at_ms) < ?)',
  ).run(Math.floor(now()) - FORGOTTEN_MS)
  const size = db.prepare<[string], { size: number }>(
    'SELECT coalesce(max(offset + length(bytes)), 0) AS size FROM file_parts WHERE sha256 = ?',
  )
  const insert = db.prepare<[string, number, Uint8Array, number]>(
    'INSERT INTO file_parts (sha256, offset, bytes, at_ms) VALUES (?, ?, ?, ?)',
  )
  const pieces = db.prepare<[string], { bytes: Uint8Array }>(
    'SELECT bytes FROM file_parts WHERE sha256 = ? ORDER BY offset',
  )
  const remove = db.prepare<[string]>('DELETE FROM file_parts WHERE sha256 = ?')
  return {
    lengthOf: hash => size.get(hash)?.size ?? 0,
    append: (hash, offset, bytes) => void insert.run(hash, offset, bytes, Math.floor(now())),
    hashOf: hash => {
      const state = startSha256()
      for (const { bytes } of pieces.iterate(hash)) state.update(bytes)
      return state.digest()
    },
    read: hash => new Uint8Array(Buffer.concat(pieces.all(hash).map(({ bytes }) => bytes))),
    drop: hash => void remove.run(hash),
  }
}
