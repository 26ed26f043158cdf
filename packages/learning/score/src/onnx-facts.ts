/**
 * What an ONNX file is made of, read from its bytes before any runtime loads it: inputs,
 * outputs, operators, classes. And which files no device should load at all.
 *
 * What is refused, and what it would do otherwise:
 *   an operator of an unknown maker       needs a library that a laptop does not have
 *   StringNormalizer                      fails where the system lacks its locale
 *   an operator that draws lots           says something else each time
 *   weights outside the file              are not covered by its hash
 *
 * Field numbers are those of onnx.proto.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { readFields, textField, type WireField } from './wire-fields.ts'

export interface OnnxPort {
  readonly name: string
  readonly type: 'string' | 'float' | 'double' | 'int64' | 'other'
  /** The second dimension; `null` where it is open or absent. */
  readonly columns: number | null
}
export interface OnnxNode {
  readonly op: string
  /** `''` is ONNX's own. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}
export interface OnnxFacts {
  readonly producer: string
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  /** Those inside branches and loops too. */
  readonly nodes: readonly OnnxNode[]
  /** As a classifier or a ZipMap lists them; `null` where none does. */
  readonly classes: readonly string[] | null
  readonly hasOutsideData: boolean
}

export function readOnnx(bytes: Uint8Array): Result<OnnxFacts, FaultOf<'bundle.load-failed'>> {
  const model = readFields(bytes)
  const graph = model?.find(({ field }) => field === 7)
  const parts = graph === undefined ? null : readFields(graph.bytes)
  if (model === null || parts === null) return err(fault('bundle.load-failed', 'this is no ONNX file'))
  const opsets: Record<string, number> = {}
  for (const { bytes: opset } of ofField(model, 8)) {
    const fields = readFields(opset) ?? []
    opsets[firstText(fields, 1)] = fields.find(({ field }) => field === 2)?.number ?? 0
  }
  const constants = new Set(ofField(parts, 5).map(({ bytes: tensor }) => firstText(readFields(tensor) ?? [], 8)))
  const functions = ofField(model, 25).flatMap(({ bytes: one }) => ofField(readFields(one) ?? [], 7))
  const nodes = [...ofField(parts, 1), ...functions].flatMap(({ bytes: node }) => readNodes(node))
  return ok({
    producer: firstText(model, 2),
    opsets,
    inputs: ofField(parts, 11)
      .map(readPort)
      .filter(({ name }) => !constants.has(name)),
    outputs: ofField(parts, 12).map(readPort),
    nodes,
    classes:
      ofField(parts, 1)
        .map(({ bytes: node }) => readClasses(node))
        .findLast(found => found !== null) ?? null,
    hasOutsideData: ofField(parts, 5).some(({ bytes: tensor }) =>
      (readFields(tensor) ?? []).some(({ field, number }) => field === 13 || (field === 14 && number === 1)),
    ),
  })
}

const MAKERS: ReadonlySet<string> = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'])
const BY_LOT: ReadonlySet<string> = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
])

/** May this file be loaded at all? Says which operator is in the way. */
export function checkOps(
  bytes: Uint8Array,
): Result<OnnxFacts, FaultOf<'bundle.load-failed'> | FaultOf<'bundle.incompatible'>> {
  const facts = readOnnx(bytes)
  if (!facts.ok) return facts
  const { nodes, hasOutsideData } = facts.value
  const refuse = (why: string) => err(fault('bundle.incompatible', why))
  const foreign = nodes.find(({ domain }) => !MAKERS.has(domain))
  if (foreign !== undefined) return refuse(`operator ${foreign.op} is of ${foreign.domain}, which devices do not have`)
  if (nodes.some(({ op }) => op === 'StringNormalizer'))
    return refuse('operator StringNormalizer fails where the system lacks its locale: export it without lower-casing')
  const lot = nodes.find(({ op }) => BY_LOT.has(op))
  if (lot !== undefined) return refuse(`operator ${lot.op} says something else each time`)
  if (hasOutsideData) return refuse('its weights are kept in another file: save it as one file')
  return facts
}

const ofField = (fields: readonly WireField[], wanted: number): readonly WireField[] =>
  fields.filter(({ field }) => field === wanted)

const firstText = (fields: readonly WireField[], wanted: number): string =>
  textField(fields.find(({ field }) => field === wanted)?.bytes ?? new Uint8Array(0))

/** The node, and those of the graphs that its attributes hold. */
function readNodes(bytes: Uint8Array): readonly OnnxNode[] {
  const fields = readFields(bytes) ?? []
  const node: OnnxNode = {
    op: firstText(fields, 4),
    domain: firstText(fields, 7),
    inputs: ofField(fields, 1).map(({ bytes: text }) => textField(text)),
    outputs: ofField(fields, 2).map(({ bytes: text }) => textField(text)),
  }
  const inner = ofField(fields, 5)
    .flatMap(({ bytes: attribute }) => readFields(attribute) ?? [])
    .filter(({ field }) => field === 6 || field === 11)
    .flatMap(({ bytes: graph }) => ofField(readFields(graph) ?? [], 1))
    .flatMap(({ bytes: one }) => readNodes(one))
  return [node, ...inner]
}

const TYPES: Readonly<Record<number, OnnxPort['type']>> = { 1: 'float', 7: 'int64', 8: 'string', 11: 'double' }

function readPort({ bytes }: WireField): OnnxPort {
  const fields = readFields(bytes) ?? []
  const type = readFields(fields.find(({ field }) => field === 2)?.bytes ?? new Uint8Array(0)) ?? []
  const tensor = type.find(({ field }) => field === 1)
  const parts = tensor === undefined ? [] : (readFields(tensor.bytes) ?? [])
  const shape = readFields(parts.find(({ field }) => field === 2)?.bytes ?? new Uint8Array(0)) ?? []
  const second = readFields(ofField(shape, 1)[1]?.bytes ?? new Uint8Array(0)) ?? []
  return {
    name: firstText(fields, 1),
    type: TYPES[parts.find(({ field }) => field === 1)?.number ?? 0] ?? 'other',
    columns: second.find(({ field, number }) => field === 1 && number > 0)?.number ?? null,
  }
}

/** `classlabels_strings`, `classlabels_int64s` and `classlabels_ints`, whichever is there. */
function readClasses(node: Uint8Array): readonly string[] | null {
  for (const { bytes } of ofField(readFields(node) ?? [], 5)) {
    const attribute = readFields(bytes) ?? []
    if (!firstText(attribute, 1).startsWith('classlabels_')) continue
    const texts = ofField(attribute, 9).map(({ bytes: text }) => textField(text))
    const numbers = ofField(attribute, 8).flatMap(({ bytes: packed, number }) =>
      packed.length === 0 ? [number] : packedNumbers(packed),
    )
    if (texts.length > 0) return texts
    if (numbers.length > 0) return numbers.map(String)
  }
  return null
}

/** Small whole numbers, one after the other. */
function packedNumbers(bytes: Uint8Array): number[] {
  const found: number[] = []
  let [value, shift] = [0, 0]
  for (const byte of bytes) {
    value += (byte & 127) * 2 ** shift
    shift += 7
    if (byte >= 128) continue
    found.push(value)
    ;[value, shift] = [0, 0]
  }
  return found
}
