/**
 * The same graph, saying its probabilities as a table instead of a list of maps. Converters
 * of scikit-learn and LightGBM end a graph with a ZipMap unless they are told not to, and
 * no device can read what it gives.
 *
 * A file without a ZipMap comes back as it is.
 */
import { bytesField, numberField, readFields, textField } from './wire-fields.ts'
import type { WireField } from './wire-fields.ts'

export function withoutZipMap(bytes: Uint8Array): Uint8Array {
  const model = readFields(bytes)
  const graph = model?.find(({ field }) => field === 7)
  const parts = graph === undefined ? null : readFields(graph.bytes)
  if (model === undefined || model === null || parts === null) return bytes
  const tables = new Map<string, string>()
  for (const part of parts) {
    const zipMap = zipMapOf(part)
    if (zipMap !== null) tables.set(zipMap.output, zipMap.input)
  }
  if (tables.size === 0) return bytes
  const kept = parts.flatMap(part => {
    if (zipMapOf(part) !== null) return []
    const table = part.field === 12 ? tables.get(firstText(part.bytes, 1)) : undefined
    return table === undefined ? [part.whole] : [floatOutput(table)]
  })
  const whole = model.map(field => (field === graph ? bytesField(7, kept) : field.whole))
  return Uint8Array.from(whole.flatMap(field => [...field]))
}

function zipMapOf({ field, bytes }: WireField): { readonly input: string; readonly output: string } | null {
  return field === 1 && firstText(bytes, 4) === 'ZipMap'
    ? { input: firstText(bytes, 1), output: firstText(bytes, 2) }
    : null
}

const firstText = (message: Uint8Array, wanted: number): string =>
  textField(readFields(message)?.find(({ field }) => field === wanted)?.bytes ?? new Uint8Array(0))

/** An output of float32 whose shape is left open. */
const floatOutput = (name: string): Uint8Array =>
  bytesField(12, [bytesField(1, [new TextEncoder().encode(name)]), bytesField(2, [bytesField(1, [numberField(1, 1)])])])
