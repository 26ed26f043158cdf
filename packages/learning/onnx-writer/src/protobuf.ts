/**
 * The four wire forms of protocol buffers that ONNX needs, written and never read.
 *
 * A message is a list of fields, a field is bytes: what is nested is encoded first. Repeated
 * numbers are packed; readers accept that for every repeated number of ONNX.
 */
export type Field = Uint8Array

const text = new TextEncoder()

/** One field after the other, in the order given: the same model has the same bytes. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Non-negative integers to 2^53; larger or negative ones do not occur in our graphs. */
function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} is not a varint of ours`)
  const digits: number[] = []
  let rest = value
  while (rest >= 128) {
    digits.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  digits.push(rest)
  return Uint8Array.from(digits)
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType)

export const integer = (field: number, value: number): Field => concatBytes([tag(field, 0), varint(value)])

export const bytesField = (field: number, value: Uint8Array): Field =>
  concatBytes([tag(field, 2), varint(value.length), value])

export const string = (field: number, value: string): Field => bytesField(field, text.encode(value))

export const message = (field: number, fields: readonly Field[]): Field => bytesField(field, concatBytes(fields))

export const float = (field: number, value: number): Field => concatBytes([tag(field, 5), floatBytes([value])])

export const floats = (field: number, values: readonly number[]): Field => bytesField(field, floatBytes(values))

export const integers = (field: number, values: readonly number[]): Field =>
  bytesField(field, concatBytes(values.map(varint)))

/** Little-endian float32, whatever the machine. */
export function floatBytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  for (const [i, value] of values.entries()) view.setFloat32(i * 4, value, true)
  return new Uint8Array(view.buffer)
}

/** Little-endian int64 of whole numbers that a float64 holds, -1 included. */
export function integerBytes(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 8))
  for (const [i, value] of values.entries()) view.setBigInt64(i * 8, BigInt(value), true)
  return new Uint8Array(view.buffer)
}
