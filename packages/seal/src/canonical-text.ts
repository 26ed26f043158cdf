/**
 * Deterministic CBOR as text of one character a byte, for the plain data that is digested and signed
 * most: what the library writes byte by byte is put together here as a string.
 *
 * Law, in `canonical-text.test.ts`: whatever is written here is what the library writes; whatever
 * it may write differently is left to it.
 *
 * Why not the library alone: it takes 14 µs for the header of one submission, this 3, and a
 * collector digests each submission that comes (docs/decisions/0035-digests.md).
 */
import { rememberByNames } from '@murram/ground'

/** @returns `null`: leave it to the library. */
export function canonicalText(value: unknown): string | null {
  try {
    return textOf(value)
  } catch (error) {
    if (error instanceof NotPlain) return null
    throw error
  }
}

class NotPlain extends Error {}

const UNSIGNED = 0x00
const NEGATIVE = 0x20
const TEXT = 0x60
const LIST = 0x80
const MAP = 0xa0
const [FALSE, TRUE, NULL] = ['\xf4', '\xf5', '\xf6']
const FLOAT_64 = 0xfb
/** Beyond it a length or a number takes eight bytes. */
const MOST_OF_32_BITS = 0xffffffff

function textOf(value: unknown): string {
  if (typeof value === 'string') return textOfString(value)
  if (typeof value === 'number') return textOfNumber(value)
  if (value === null) return NULL
  if (typeof value === 'boolean') return value ? TRUE : FALSE
  if (Array.isArray(value)) {
    let text = headOf(LIST, value.length)
    for (const one of value) text += textOf(one)
    return text
  }
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return textOfMembers(value as Record<string, unknown>)
  throw new NotPlain()
}

function textOfMembers(members: Readonly<Record<string, unknown>>): string {
  let count = 0
  let text = ''
  for (const { name, head } of orderOf(Object.keys(members))) {
    const value = members[name]
    if (value === undefined) continue
    count += 1
    text += head + textOf(value)
  }
  return headOf(MAP, count) + text
}

/** The members' names as they are written, in their order. */
const orderOf = rememberByNames(names => {
  if (!names.every(isAscii)) throw new NotPlain()
  return names.toSorted(shorterFirst).map(name => ({ name, head: headOf(TEXT, name.length) + name }))
})

/** RFC 7049 §3.9, for names of one byte a character: the library's order. */
const shorterFirst = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1)

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function textOfString(text: string): string {
  if (isAscii(text)) return headOf(TEXT, text.length) + text
  if (!text.isWellFormed()) throw new NotPlain()
  const bytes = Buffer.from(text)
  return headOf(TEXT, bytes.length) + bytes.toString('latin1')
}

/** Of a machine that writes the lowest byte first, as all do that Node runs on. */
const doubles = new Float64Array(1)
const bytesOfDouble = new Uint8Array(doubles.buffer)

function textOfNumber(number: number): string {
  if (Number.isSafeInteger(number)) {
    const size = number < 0 ? -number - 1 : number
    if (size > MOST_OF_32_BITS) throw new NotPlain()
    return headOf(number < 0 ? NEGATIVE : UNSIGNED, size)
  }
  // What fits into fewer bytes is written in fewer.
  if (!Number.isFinite(number) || Math.fround(number) === number) throw new NotPlain()
  doubles[0] = number
  const [h, g, f, e, d, c, b, a] = bytesOfDouble as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return String.fromCharCode(FLOAT_64, a, b, c, d, e, f, g, h)
}

function headOf(kind: number, size: number): string {
  if (size < 24) return String.fromCharCode(kind | size)
  if (size < 0x100) return String.fromCharCode(kind | 24, size)
  if (size < 0x10000) return String.fromCharCode(kind | 25, size >> 8, size & 0xff)
  return String.fromCharCode(kind | 26, size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff)
}
