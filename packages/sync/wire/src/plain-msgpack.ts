/**
 * Is this one msgpack value made of plain data only? Looked at before anything is built, because
 * the library's extensions do more than hold data: a "record" compiles a function from the names
 * that a stranger sent, others make regular expressions, errors and references.
 *
 * G1 no extension passes      G2 a count that promises more than there are bytes does not pass
 * G3 nesting is bounded       G4 exactly one value, and nothing behind it
 */
const MAX_DEPTH = 64

/** @returns What is wrong, or `null`. */
export function whyNotPlain(body: Uint8Array): string | null {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  /** How many values are still due at each level. */
  const due: number[] = [1]
  let at = 0
  const length = body.length

  while (due.length > 0) {
    const level = due.length - 1
    const left = due[level] ?? 0
    if (left === 0) {
      due.pop()
      continue
    }
    due[level] = left - 1
    if (at >= length) return 'ends too early'
    const token = body[at] ?? 0
    at += 1
    let inside = 0
    if (token <= 0x7f || token >= 0xe0) continue
    else if (token <= 0x8f) inside = (token & 0x0f) * 2
    else if (token <= 0x9f) inside = token & 0x0f
    else if (token <= 0xbf) at += token & 0x1f
    else {
      const sizeBytes = SIZE_OF[token]
      if (sizeBytes === undefined) return `type 0x${token.toString(16)}`
      if (sizeBytes >= 0) at += sizeBytes
      else {
        const lengthBytes = -sizeBytes
        if (at + lengthBytes > length) return 'ends too early'
        const count =
          lengthBytes === 1 ? view.getUint8(at) : lengthBytes === 2 ? view.getUint16(at) : view.getUint32(at)
        at += lengthBytes
        if (token >= MAP16) inside = count * 2
        else if (token >= ARRAY16) inside = count
        else at += count
      }
    }
    if (inside === 0) continue
    if (due.length >= MAX_DEPTH) return 'nested too deeply'
    due.push(inside)
  }
  return at === length ? null : at > length ? 'ends too early' : 'something behind the value'
}

const ARRAY16 = 0xdc
const MAP16 = 0xde

/** By token: bytes that follow, or (negative) the size of the count that follows. */
const SIZE_OF: Readonly<Record<number, number>> = {
  0xc0: 0, // nil
  0xc2: 0, // false
  0xc3: 0, // true
  0xc4: -1, // bytes
  0xc5: -2,
  0xc6: -4,
  0xca: 4, // float
  0xcb: 8,
  0xcc: 1, // unsigned
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1, // signed
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
  0xd9: -1, // text
  0xda: -2,
  0xdb: -4,
  0xdc: -2, // array
  0xdd: -4,
  0xde: -2, // map
  0xdf: -4,
}
