/**
 * The fields of a protocol-buffers message as they lie in its bytes, and back: enough to see
 * what an ONNX file holds and to leave a node out of it, without knowing its whole schema.
 */
export interface WireField {
  readonly field: number
  /** Of a number; -1 where it does not fit, as of a negative one. */
  readonly number: number
  /** Of a message, a text or packed numbers; empty of a number. */
  readonly bytes: Uint8Array
  /** The field with its tag, as it stood. */
  readonly whole: Uint8Array
}

/** `null` where the bytes are no message. */
export function readFields(message: Uint8Array): readonly WireField[] | null {
  const fields: WireField[] = []
  let at = 0
  const varint = (): number | null => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = message[at++]
      if (byte === undefined) return null
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return Number.isSafeInteger(value) ? value : -1
    }
    return null
  }
  const none = new Uint8Array(0)
  while (at < message.length) {
    const start = at
    const tag = varint()
    if (tag === null || tag < 8) return null
    const kind = tag % 8
    let number = 0
    let bytes: Uint8Array = none
    if (kind === 0) {
      const value = varint()
      if (value === null) return null
      number = value
    } else {
      const size = kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? varint() : null
      if (size === null || size < 0 || at + size > message.length) return null
      bytes = message.subarray(at, at + size)
      at += size
    }
    fields.push({ field: Math.floor(tag / 8), number, bytes, whole: message.subarray(start, at) })
  }
  return fields
}

export const textField = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A field that holds these bytes: a message, a text. */
export function bytesField(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const head = [...varintBytes(field * 8 + 2), ...varintBytes(size)]
  const whole = new Uint8Array(head.length + size)
  whole.set(head)
  let at = head.length
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export const numberField = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varintBytes(field * 8), ...varintBytes(value)])

function varintBytes(value: number): number[] {
  const digits: number[] = []
  let rest = value
  while (rest >= 128) {
    digits.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...digits, rest]
}
