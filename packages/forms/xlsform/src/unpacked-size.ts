/**
 * How large a ZIP says it will be when it is unpacked, before anything is unpacked (APPNOTE
 * 4.3.12 and 4.3.16). The reader behind us never unpacks more of an entry than it declares, so a
 * bound on the declared sizes bounds the memory.
 */

const END = 0x06054b50
const ENTRY = 0x02014b50
const ENTRY_BYTES = 46
const END_BYTES = 22
const MAX_COMMENT = 65_535
/** Stands where the true size is in a ZIP64 field: more than 4 GB, or made to look so. */
const IN_ZIP64 = 0xffffffff

/** Bytes; `Infinity` where an entry does not say; `null`: it is no ZIP. */
export function unpackedSize(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = endRecord(view)
  if (end === null) return null
  let total = 0
  let at = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + ENTRY_BYTES > view.byteLength || view.getUint32(at, true) !== ENTRY) return total
    const [packed, unpacked] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)]
    if (unpacked === IN_ZIP64 || (unpacked === 0 && packed > 2)) return Infinity
    total += unpacked
    at += ENTRY_BYTES + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return total
}

function endRecord(view: DataView): number | null {
  const first = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT)
  for (let at = view.byteLength - END_BYTES; at >= first; at--) if (view.getUint32(at, true) === END) return at
  return null
}
