/**
 * Records in the chunks of a work bundle. A record may cross from chunk to chunk; each chunk
 * says where the first record begins in it, so that reading goes on behind a damaged one.
 *
 *     chunk   offset of the first record that begins here (2 bytes, 0xffff: none) · bytes
 *     record  kind (1 byte) · length (4 bytes) · bytes
 *
 * R1 what was written reads back, in order
 * R2 a damaged chunk costs the records that touch it and no other
 * R3 a length that cannot be is damage: it takes no memory
 *
 * Kinds: 1 a frame of the wire, as a socket would carry it · 2 JSON that only its own room reads.
 */
import { CHUNK_ROOM_BYTES, openChunks, sealChunks } from '@murram/seal'

export const FRAME_RECORD = 1
export const JSON_RECORD = 2
/** A frame has a megabyte at most; a submission that no frame carries may be larger. */
export const MAX_RECORD_BYTES = 16_000_000

export interface BundleRecord {
  readonly kind: number
  readonly bytes: Uint8Array
}

/** `damaged`: here something is missing. `cut`: the file ends before its end. */
export type ReadRecord = BundleRecord | 'damaged' | 'cut'

const OFFSET_BYTES = 2
const NONE = 0xffff
const ROOM = CHUNK_ROOM_BYTES - OFFSET_BYTES
const RECORD_HEAD_BYTES = 5

export const writeRecords = (
  records: AsyncIterable<BundleRecord>,
  sealing: { readonly fileKey: Uint8Array; readonly head: Uint8Array },
): AsyncGenerator<Uint8Array> => sealChunks(toChunks(records), sealing)

async function* toChunks(records: AsyncIterable<BundleRecord>): AsyncGenerator<Uint8Array> {
  let chunk = Buffer.alloc(CHUNK_ROOM_BYTES)
  let length = 0
  let firstAt = NONE
  const close = (): Uint8Array => {
    chunk.writeUInt16BE(firstAt)
    const closed = chunk.subarray(0, OFFSET_BYTES + length)
    chunk = Buffer.alloc(CHUNK_ROOM_BYTES)
    length = 0
    firstAt = NONE
    return closed
  }
  for await (const { kind, bytes } of records) {
    if (bytes.length > MAX_RECORD_BYTES) throw new Error(`a record of ${bytes.length} bytes`)
    const head = Buffer.alloc(RECORD_HEAD_BYTES)
    head[0] = kind
    head.writeUInt32BE(bytes.length, 1)
    if (length === ROOM) yield close()
    if (firstAt === NONE) firstAt = length
    const whole = Buffer.concat([head, bytes])
    for (let at = 0; at < whole.length;) {
      if (length === ROOM) yield close()
      const part = whole.subarray(at, at + ROOM - length)
      chunk.set(part, OFFSET_BYTES + length)
      length += part.length
      at += part.length
    }
  }
  yield close()
}

export async function* readRecords(
  sealed: AsyncIterable<Uint8Array>,
  sealing: { readonly fileKey: Uint8Array; readonly head: Uint8Array },
): AsyncGenerator<ReadRecord> {
  let held: Uint8Array[] = []
  let heldBytes = 0
  let inStep = false
  let isWhole = false
  let begun = false
  const drop = (): void => {
    held = []
    heldBytes = 0
    inStep = false
  }
  for await (const { bytes, isLast } of openChunks(sealed, sealing)) {
    isWhole = isLast
    if (bytes === null || bytes.length < OFFSET_BYTES) {
      // Of several in a row the first is told.
      if (inStep || !begun) yield 'damaged'
      begun = true
      drop()
      continue
    }
    begun = true
    const offset = Buffer.from(bytes.buffer, bytes.byteOffset, OFFSET_BYTES).readUInt16BE()
    let payload = bytes.subarray(OFFSET_BYTES)
    if (!inStep) {
      if (offset === NONE || offset > payload.length) continue
      payload = payload.subarray(offset)
      inStep = true
    }
    held.push(payload)
    heldBytes += payload.length
    const needed = neededBytes(held, heldBytes)
    if (needed !== null && heldBytes < needed) continue
    const { records, rest, isBroken } = split(Buffer.concat(held))
    yield* records
    if (isBroken) {
      yield 'damaged'
      drop()
    } else {
      held = rest.length === 0 ? [] : [rest]
      heldBytes = rest.length
    }
  }
  if (!isWhole || heldBytes > 0) yield 'cut'
}

/** Of the record at the front, so that a long one is put together once. */
function neededBytes(held: readonly Uint8Array[], heldBytes: number): number | null {
  const [first] = held
  if (first === undefined || first.length < RECORD_HEAD_BYTES || heldBytes < RECORD_HEAD_BYTES) return null
  const length = new DataView(first.buffer, first.byteOffset).getUint32(1)
  return length > MAX_RECORD_BYTES ? null : RECORD_HEAD_BYTES + length
}

function split(bytes: Buffer): {
  readonly records: readonly BundleRecord[]
  readonly rest: Uint8Array
  readonly isBroken: boolean
} {
  const records: BundleRecord[] = []
  let at = 0
  while (bytes.length - at >= RECORD_HEAD_BYTES) {
    const length = bytes.readUInt32BE(at + 1)
    if (length > MAX_RECORD_BYTES) return { records, rest: Buffer.alloc(0), isBroken: true } // R3
    const end = at + RECORD_HEAD_BYTES + length
    if (end > bytes.length) break
    records.push({ kind: bytes[at] ?? 0, bytes: bytes.subarray(at + RECORD_HEAD_BYTES, end) })
    at = end
  }
  return { records, rest: bytes.subarray(at), isBroken: false }
}
