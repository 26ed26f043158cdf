/**
 * Bytes of any length under one key, chunk by chunk: a file on a stick, a copy on another disk.
 *
 *     chunk i = AES-256-GCM(key, nonce = [is it the last?, i], also authenticated = the file's head)
 *
 * Z1 what was sealed opens again, and a changed bit costs its own chunk and no other
 * Z2 a chunk opens at its own place, in its own file, and nowhere else
 * Z3 what was cut off is noticed, also where it was cut between two chunks
 *
 * Chunks have one size on the disk, so that those behind a damaged one are still found. The
 * key is fresh for each file: a nonce can never come twice under it.
 *
 * Not here: who may open the key (`sealed-field.ts`), and what the bytes mean.
 *
 * Why not one box for all: it would have to be held in memory whole, and one bad sector of a
 * stick would cost everything.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** On the disk, tag included; the last one may be shorter. */
const SEALED_CHUNK_BYTES = 8_192
const TAG_BYTES = 16
/** What fits into one chunk. */
export const CHUNK_ROOM_BYTES = SEALED_CHUNK_BYTES - TAG_BYTES
const KEY_BYTES = 32

export type OpenedChunk =
  | { readonly index: number; readonly bytes: Uint8Array; readonly isLast: boolean }
  /** It does not open: damaged, or of another file. */
  | { readonly index: number; readonly bytes: null; readonly isLast: false }

export const newFileKey = (): Uint8Array => new Uint8Array(randomBytes(KEY_BYTES))

/**
 * @param chunks Each at most `CHUNK_ROOM_BYTES`; all but the last exactly as long.
 * @param head Authenticated with every chunk.
 */
export async function* sealChunks(
  chunks: AsyncIterable<Uint8Array>,
  { fileKey, head }: { readonly fileKey: Uint8Array; readonly head: Uint8Array },
): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array | null = null
  let index = 0
  for await (const chunk of chunks) {
    if (waiting !== null) yield sealOne(waiting, { fileKey, head, index: index++, isLast: false })
    waiting = chunk
  }
  yield sealOne(waiting ?? new Uint8Array(), { fileKey, head, index, isLast: true })
}

/** Ends after the last chunk, or where the bytes end: without an `isLast` the rest was cut off. */
export async function* openChunks(
  sealed: AsyncIterable<Uint8Array>,
  { fileKey, head }: { readonly fileKey: Uint8Array; readonly head: Uint8Array },
): AsyncGenerator<OpenedChunk> {
  let index = 0
  for await (const { bytes, isAtEnd } of inPieces(sealed)) {
    const where = { fileKey, head, index }
    const inside = isAtEnd ? null : openOne(bytes, { ...where, isLast: false })
    const last = inside === null ? openOne(bytes, { ...where, isLast: true }) : null
    const cut = isAtEnd && last === null ? openOne(bytes, { ...where, isLast: false }) : null
    const opened = inside ?? last ?? cut
    if (opened === null) yield { index, bytes: null, isLast: false }
    else yield { index, bytes: opened, isLast: last !== null }
    if (last !== null) return
    index += 1
  }
}

/** Pieces of the sealed size; with the last one it is known that nothing follows. */
async function* inPieces(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly isAtEnd: boolean }> {
  let rest: Uint8Array = new Uint8Array()
  for await (const more of source) {
    rest = rest.length === 0 ? more : Buffer.concat([rest, more])
    let at = 0
    // The newest piece is kept back until it is known whether it is the last.
    for (; rest.length - at > SEALED_CHUNK_BYTES; at += SEALED_CHUNK_BYTES)
      yield { bytes: rest.subarray(at, at + SEALED_CHUNK_BYTES), isAtEnd: false }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) yield { bytes: rest, isAtEnd: true }
}

interface Place {
  readonly fileKey: Uint8Array
  readonly head: Uint8Array
  readonly index: number
  readonly isLast: boolean
}

function sealOne(bytes: Uint8Array, { fileKey, head, index, isLast }: Place): Uint8Array {
  if (bytes.length > CHUNK_ROOM_BYTES || (!isLast && bytes.length !== CHUNK_ROOM_BYTES))
    throw new Error(`a chunk of ${bytes.length} bytes`)
  const cipher = createCipheriv('aes-256-gcm', fileKey, nonceOf(index, isLast)).setAAD(head)
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

function openOne(sealed: Uint8Array, { fileKey, head, index, isLast }: Place): Uint8Array | null {
  if (sealed.length < TAG_BYTES) return null
  const end = sealed.length - TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', fileKey, nonceOf(index, isLast), { authTagLength: TAG_BYTES })
      .setAAD(head)
      .setAuthTag(sealed.subarray(end))
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]))
  } catch {
    return null // the tag does not verify
  }
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce[0] = isLast ? 1 : 0
  nonce.writeBigUInt64BE(BigInt(index), 4)
  return nonce
}
