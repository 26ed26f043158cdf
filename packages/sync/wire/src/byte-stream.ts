/**
 * Whole numbers as bytes: small ones take one. Seven bits a byte, the lowest first, and the top
 * bit says that more follow (LEB128); a signed number is folded first, so that -1 is small too.
 *
 * Y1 what was written reads back the same, up to `LARGEST`
 * Y2 a reader never throws: past the end, and for a number too large, it reads 0 and remembers
 */
export interface ByteWriter {
  readonly count: (n: number) => void
  readonly signed: (n: number) => void
  readonly bytes: () => Uint8Array
}

export interface ByteReader {
  readonly count: () => number
  readonly signed: () => number
  /** Everything was read, and nothing beyond it. */
  readonly isSpent: () => boolean
  readonly isBroken: () => boolean
}

/** Milliseconds since 1970 need 41 bits until 2039. */
export const LARGEST = 2 ** 48

export function createByteWriter(): ByteWriter {
  const bytes: number[] = []
  const count = (n: number): void => {
    for (; n >= 128; n = Math.floor(n / 128)) bytes.push((n % 128) + 128)
    bytes.push(n)
  }
  return {
    count,
    signed: n => count(n < 0 ? -2 * n - 1 : 2 * n),
    bytes: () => Uint8Array.from(bytes),
  }
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0
  let broken = false
  const count = (): number => {
    let n = 0
    for (let scale = 1; scale < LARGEST * 4; scale *= 128) {
      const byte = bytes[at]
      if (byte === undefined) break
      at += 1
      n += (byte % 128) * scale
      if (byte < 128) return n
    }
    broken = true
    return 0
  }
  return {
    count,
    signed: () => {
      const n = count()
      return n % 2 === 1 ? -(n + 1) / 2 : n / 2
    },
    isSpent: () => at === bytes.length && !broken,
    isBroken: () => broken,
  }
}
