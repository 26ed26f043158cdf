/**
 * Files inside the encrypted store, and who names them. A photo is never a file of its own on
 * the disk, not even for a moment.
 *
 *     attachment (interview_id, name) ──► blob (sha256) ──► blob_chunk (64 kB each)
 *
 * Laws, in `attachments.test.ts`:
 *   BT1 equal bytes are kept once, whoever names them
 *   BT2 what nobody names is gone; what was taken in by half is gone at the next start
 *   BT3 a submission and the marks of its files are one transaction
 *
 * Not here: which question takes what (`attachments.ts`), what is sent when (`upload-driver.ts`).
 * The SQL of these tables is nowhere else.
 */
import type { Attachment } from '@murram/fold'
import type { Sha256 } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { startSha256 } from '@murram/seal'

export interface BlobRef {
  readonly blobId: number
  readonly sha256: Sha256
  readonly sizeBytes: number
}

/** A file of a finalised interview that the collector does not have. */
export interface WaitingFile {
  readonly sha256: Sha256
  readonly sizeBytes: number
  readonly mediaType: string
  /** Of the submissions that name it. */
  readonly interviewIds: readonly string[]
}

export interface StoredAttachment extends Attachment {
  /** Its bytes are here. */
  readonly isHere: boolean
  readonly arrivedAtMs: number | null
}

export interface Usage {
  readonly files: number
  readonly sizeBytes: number
}

export interface BlobTable {
  /**
   * Takes a stream in.
   *
   * @param onTaken Names it, at once: what nobody names is swept.
   * @returns `too-large` where it has more than `maxBytes`; nothing of it stays.
   */
  readonly takeIn: (
    bytes: AsyncIterable<Uint8Array>,
    maxBytes: number,
    onTaken: (blob: BlobRef) => void,
  ) => Promise<'taken' | 'too-large'>
  readonly usage: () => Usage
  /** From `offset`, at most `length` bytes; empty where its bytes are not here. */
  readonly read: (sha256: Sha256, offset: number, length: number) => Uint8Array
  readonly name: (interviewId: string, file: BlobRef & { readonly name: string; readonly mediaType: string }) => void
  readonly of: (interviewId: string) => readonly StoredAttachment[]
  /** Of a draft: what is finalised keeps its files. */
  readonly unname: (interviewId: string, names: readonly string[] | 'all') => void
  /** A correction begins with the files of what it corrects. */
  readonly inherit: (fromInterviewId: string, toInterviewId: string) => void
  /** BT3. Inside the submission's transaction: what it does not name is let go. */
  readonly finalise: (interviewId: string, names: readonly string[]) => void
  /** Oldest first. */
  readonly waiting: () => readonly WaitingFile[]
  readonly markArrived: (sha256: Sha256, nowMs: number) => void
  /** A restored collector may lack what it had: whatever is here is offered again. */
  readonly forgetArrivals: () => void
  /** BT2. @returns Interviews of drafts that name files. */
  readonly draftInterviews: () => readonly string[]
  readonly sweep: () => void
  /** Lets the bytes go of what arrived before and is not needed here. */
  readonly free: (arrivedBeforeMs: number, isSafe: (interviewId: string) => boolean) => number
}

const CHUNK_BYTES = 65_536

const TABLES = `CREATE TABLE IF NOT EXISTS blob (
  blob_id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 TEXT UNIQUE,
  size_bytes INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  arrived_at_ms INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS blob_chunk (
  blob_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (blob_id, place)
) STRICT;
CREATE TABLE IF NOT EXISTS attachment (
  interview_id TEXT NOT NULL,
  name TEXT NOT NULL,
  blob_id INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  final INTEGER NOT NULL,
  PRIMARY KEY (interview_id, name)
) STRICT;
CREATE INDEX IF NOT EXISTS attachment_by_blob ON attachment (blob_id);
CREATE INDEX IF NOT EXISTS blob_waiting ON blob (blob_id) WHERE arrived_at_ms IS NULL`

export function openBlobTable({ connection }: SqliteHandle): BlobTable {
  connection.exec(TABLES)
  const begin = connection.prepare('INSERT INTO blob (size_bytes, stored) VALUES (0, 0)')
  const addChunk = connection.prepare<[number, number, Buffer]>('INSERT INTO blob_chunk VALUES (?, ?, ?)')
  const bySha = connection.prepare<[string], { blob_id: number; stored: number }>(
    'SELECT blob_id, stored FROM blob WHERE sha256 = ?',
  )
  const complete = connection.prepare<[string, number, number]>(
    'UPDATE blob SET sha256 = ?, size_bytes = ?, stored = 1 WHERE blob_id = ?',
  )
  const moveChunks = connection.prepare<[number, number]>('UPDATE blob_chunk SET blob_id = ? WHERE blob_id = ?')
  const restore = connection.prepare<[number]>('UPDATE blob SET stored = 1 WHERE blob_id = ?')
  const dropChunks = connection.prepare<[number]>('DELETE FROM blob_chunk WHERE blob_id = ?')
  const dropBlob = connection.prepare<[number]>('DELETE FROM blob WHERE blob_id = ?')
  const sumStored = connection.prepare<[], { files: number; bytes: number | null }>(
    'SELECT count(*) AS files, sum(size_bytes) AS bytes FROM blob WHERE stored = 1',
  )
  const chunksOf = connection.prepare<[string, number, number], { place: number; bytes: Buffer }>(
    `SELECT c.place, c.bytes FROM blob b JOIN blob_chunk c ON c.blob_id = b.blob_id
      WHERE b.sha256 = ? AND c.place BETWEEN ? AND ? ORDER BY c.place`,
  )
  const addName = connection.prepare<[string, string, number, string]>(
    'INSERT INTO attachment (interview_id, name, blob_id, media_type, final) VALUES (?, ?, ?, ?, 0)',
  )
  const selectOf = connection.prepare<
    [string],
    {
      name: string
      sha256: string
      size_bytes: number
      media_type: string
      stored: number
      arrived_at_ms: number | null
    }
  >(
    `SELECT a.name, a.media_type, b.sha256, b.size_bytes, b.stored, b.arrived_at_ms
       FROM attachment a JOIN blob b ON b.blob_id = a.blob_id WHERE a.interview_id = ? ORDER BY a.rowid`,
  )
  const dropName = connection.prepare<[string, string]>(
    'DELETE FROM attachment WHERE interview_id = ? AND name = ? AND final = 0',
  )
  const dropNames = connection.prepare<[string]>('DELETE FROM attachment WHERE interview_id = ? AND final = 0')
  const copyNames = connection.prepare<[string, string]>(
    `INSERT OR IGNORE INTO attachment (interview_id, name, blob_id, media_type, final)
     SELECT ?, name, blob_id, media_type, 0 FROM attachment WHERE interview_id = ? ORDER BY rowid`,
  )
  const makeFinal = connection.prepare<[string, string]>(
    'UPDATE attachment SET final = 1 WHERE interview_id = ? AND name = ?',
  )
  const selectWaiting = connection.prepare<
    [],
    { sha256: Sha256; size_bytes: number; media_type: string; interview_id: string }
  >(
    `SELECT b.sha256, b.size_bytes, a.media_type, a.interview_id FROM blob b JOIN attachment a ON a.blob_id = b.blob_id
      WHERE b.arrived_at_ms IS NULL AND b.stored = 1 AND a.final = 1 ORDER BY b.blob_id`,
  )
  const arrive = connection.prepare<[number, string]>(
    'UPDATE blob SET arrived_at_ms = ? WHERE sha256 = ? AND arrived_at_ms IS NULL',
  )
  const forget = connection.prepare('UPDATE blob SET arrived_at_ms = NULL WHERE stored = 1')
  const selectDrafts = connection.prepare<[], { interview_id: string }>(
    'SELECT DISTINCT interview_id FROM attachment WHERE final = 0',
  )
  const selectUnnamed = connection.prepare<[], { blob_id: number }>(
    'SELECT blob_id FROM blob b WHERE NOT EXISTS (SELECT 1 FROM attachment a WHERE a.blob_id = b.blob_id)',
  )
  const selectArrived = connection.prepare<[number], { blob_id: number }>(
    'SELECT blob_id FROM blob WHERE stored = 1 AND arrived_at_ms < ?',
  )
  const namersOf = connection.prepare<[number], { interview_id: string; final: number }>(
    'SELECT interview_id, final FROM attachment WHERE blob_id = ?',
  )
  const letGo = connection.prepare<[number]>('UPDATE blob SET stored = 0 WHERE blob_id = ?')
  const inOne = <T>(act: () => T): T => connection.transaction(act).immediate()

  /** Files that are being taken in by this process are named by nobody yet. */
  const takingIn = new Set<number>()
  const drop = (blobId: number): void =>
    inOne(() => {
      dropChunks.run(blobId)
      dropBlob.run(blobId)
    })

  const settle = (blobId: number, sha256: Sha256, sizeBytes: number): number => {
    const known = bySha.get(sha256)
    if (known === undefined) {
      complete.run(sha256, sizeBytes, blobId)
      return blobId
    }
    // BT1. Bytes that had been let go are here again.
    if (known.stored === 1) dropChunks.run(blobId)
    else {
      moveChunks.run(known.blob_id, blobId)
      restore.run(known.blob_id)
    }
    dropBlob.run(blobId)
    return known.blob_id
  }

  return {
    takeIn: async (bytes, maxBytes, onTaken) => {
      const blobId = Number(begin.run().lastInsertRowid)
      takingIn.add(blobId)
      try {
        const hash = startSha256()
        let [place, sizeBytes] = [0, 0]
        for await (const chunk of chunked(bytes)) {
          sizeBytes += chunk.length
          if (sizeBytes > maxBytes) {
            drop(blobId)
            return 'too-large'
          }
          hash.update(chunk)
          addChunk.run(blobId, place, chunk)
          place += 1
        }
        const sha256 = hash.digest()
        inOne(() => onTaken({ blobId: settle(blobId, sha256, sizeBytes), sha256, sizeBytes }))
        return 'taken'
      } catch (error) {
        drop(blobId)
        throw error
      } finally {
        takingIn.delete(blobId)
      }
    },
    usage: () => {
      const { files = 0, bytes } = sumStored.get() ?? {}
      return { files, sizeBytes: bytes ?? 0 }
    },
    read: (sha256, offset, length) => {
      const first = Math.floor(offset / CHUNK_BYTES)
      const found = chunksOf.all(sha256, first, Math.floor((offset + Math.max(1, length) - 1) / CHUNK_BYTES))
      const from = offset - first * CHUNK_BYTES
      return new Uint8Array(Buffer.concat(found.map(chunk => chunk.bytes)).subarray(from, from + length))
    },
    name: (interviewId, { blobId, name, mediaType }) => void addName.run(interviewId, name, blobId, mediaType),
    of: interviewId =>
      selectOf.all(interviewId).map(row => ({
        name: row.name,
        sha256: row.sha256 as Sha256,
        sizeBytes: row.size_bytes,
        mediaType: row.media_type,
        isHere: row.stored === 1,
        arrivedAtMs: row.arrived_at_ms,
      })),
    unname: (interviewId, names) =>
      inOne(() => {
        if (names === 'all') dropNames.run(interviewId)
        else for (const name of names) dropName.run(interviewId, name)
      }),
    inherit: (from, to) => void copyNames.run(to, from),
    finalise: (interviewId, names) => {
      for (const name of names) makeFinal.run(interviewId, name)
      dropNames.run(interviewId)
    },
    waiting: () => {
      const files = new Map<Sha256, WaitingFile & { readonly interviewIds: string[] }>()
      for (const row of selectWaiting.all()) {
        const known = files.get(row.sha256)
        if (known !== undefined) known.interviewIds.push(row.interview_id)
        else {
          const { sha256, size_bytes: sizeBytes, media_type: mediaType } = row
          files.set(sha256, { sha256, sizeBytes, mediaType, interviewIds: [row.interview_id] })
        }
      }
      return [...files.values()]
    },
    markArrived: (sha256, nowMs) => void arrive.run(nowMs, sha256),
    forgetArrivals: () => void forget.run(),
    draftInterviews: () => selectDrafts.all().map(row => row.interview_id),
    sweep: () => {
      for (const { blob_id: blobId } of selectUnnamed.all()) if (!takingIn.has(blobId)) drop(blobId)
    },
    free: (arrivedBeforeMs, isSafe) => {
      const free = selectArrived
        .all(arrivedBeforeMs)
        .filter(({ blob_id: blobId }) =>
          namersOf.all(blobId).every(({ interview_id: id, final }) => final === 1 && isSafe(id)),
        )
      for (const { blob_id: blobId } of free)
        inOne(() => {
          dropChunks.run(blobId)
          letGo.run(blobId)
        })
      return free.length
    },
  }
}

/** In pieces of one size, however it comes; whoever is quick waits for the disk. */
async function* chunked(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let waiting: Uint8Array[] = []
  let size = 0
  for await (const part of bytes) {
    for (let at = 0; at < part.length;) {
      const taken = part.subarray(at, at + CHUNK_BYTES - size)
      waiting.push(taken)
      size += taken.length
      at += taken.length
      if (size < CHUNK_BYTES) continue
      yield Buffer.concat(waiting)
      waiting = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(waiting)
}
