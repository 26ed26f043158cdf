/**
 * The messages of ONNX that our graphs are made of. Field numbers from onnx.proto (IR 8):
 *
 *   ModelProto     ir_version 1 · producer_name 2 · producer_version 3 · graph 7 ·
 *                  opset_import 8 (domain 1, version 2) · metadata_props 14 (key 1, value 2)
 *   GraphProto     node 1 · name 2 · initializer 5 · input 11 · output 12 · value_info 13
 *   NodeProto      input 1 · output 2 · name 3 · op_type 4 · attribute 5 · domain 7
 *   AttributeProto name 1 · f 2 · i 3 · s 4 · floats 7 · ints 8 · strings 9 · type 20
 *   TensorProto    dims 1 · data_type 2 · name 8 · raw_data 9
 *   ValueInfoProto name 1 · type 2 (tensor_type 1: elem_type 1, shape 2: dim 1: value 1, param 2)
 *
 * Operators: ai.onnx 17 and ai.onnx.ml 3. The tree operators of ml 5 replace those of ml 3
 * and are not in older runtimes; StringNormalizer is not used, because it fails where the
 * system has no en_US locale. Text alone needs one operator more, com.microsoft's Tokenizer,
 * which is in every build of ONNX Runtime: nothing in opset 17 can cut a string.
 */
import {
  bytesField,
  concatBytes,
  float,
  floatBytes,
  floats,
  integer,
  integerBytes,
  integers,
  message,
  string,
  type Field,
} from './protobuf.ts'

const FLOAT = 1
const INT64 = 7
const STRING = 8

export type Attribute =
  | { readonly float: number }
  | { readonly string: string }
  | { readonly integer: number }
  | { readonly floats: readonly number[] }
  | { readonly integers: readonly number[] }
  | { readonly strings: readonly string[] }

export type Domain = '' | 'ai.onnx.ml' | 'com.microsoft'

export interface Node {
  readonly op: string
  readonly domain: Domain
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
  /** What comes out, of operators that ONNX itself has no rule of types for. */
  readonly makes?: PortType
}

export type PortType = 'string' | 'float' | 'integer'

export interface Port {
  readonly name: string
  readonly type: PortType
  /** `null` is the number of rows. */
  readonly shape: readonly (number | null)[]
}

/** A constant: float32, unless it says that it holds places (int64). */
export interface Constant {
  readonly name: string
  readonly type?: 'integer'
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** What one part of a graph adds to it. */
export interface Parts {
  readonly nodes: readonly Node[]
  readonly constants: readonly Constant[]
}

export interface Graph {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly constants: readonly Constant[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly metadata: Readonly<Record<string, string>>
}

export function encodeModel({ name, nodes, constants, inputs, outputs, metadata }: Graph): Uint8Array {
  return concatBytes([
    integer(1, 8),
    string(2, 'murram'),
    string(3, '1'),
    message(7, [
      ...nodes.map((node, i) => message(1, nodeFields(node, `${node.op}_${i}`))),
      string(2, name),
      ...constants.map(constant => message(5, constantFields(constant))),
      ...inputs.map(port => message(11, portFields(port))),
      ...outputs.map(port => message(12, portFields(port))),
      ...nodes.flatMap(node =>
        node.makes === undefined ? [] : [message(13, typeFields(node.outputs[0]!, node.makes))],
      ),
    ]),
    message(8, [string(1, ''), integer(2, 17)]),
    message(8, [string(1, 'ai.onnx.ml'), integer(2, 3)]),
    ...(nodes.some(({ domain }) => domain === 'com.microsoft')
      ? [message(8, [string(1, 'com.microsoft'), integer(2, 1)])]
      : []),
    ...Object.entries(metadata).map(([key, value]) => message(14, [string(1, key), string(2, value)])),
  ])
}

const nodeFields = ({ op, domain, inputs, outputs, attributes }: Node, name: string): Field[] => [
  ...inputs.map(input => string(1, input)),
  ...outputs.map(output => string(2, output)),
  string(3, name),
  string(4, op),
  ...Object.entries(attributes).map(([key, value]) => message(5, [string(1, key), ...attributeFields(value)])),
  string(7, domain),
]

function attributeFields(value: Attribute): Field[] {
  if ('float' in value) return [float(2, value.float), integer(20, 1)]
  if ('integer' in value) return [integer(3, value.integer), integer(20, 2)]
  if ('string' in value) return [string(4, value.string), integer(20, 3)]
  if ('floats' in value) return [floats(7, value.floats), integer(20, 6)]
  if ('integers' in value) return [integers(8, value.integers), integer(20, 7)]
  return [...value.strings.map(one => string(9, one)), integer(20, 8)]
}

const constantFields = ({ name, type, shape, values }: Constant): Field[] => [
  integers(1, shape),
  integer(2, type === 'integer' ? INT64 : FLOAT),
  string(8, name),
  bytesField(9, type === 'integer' ? integerBytes(values) : floatBytes(values)),
]

const ELEMENTS: Readonly<Record<PortType, number>> = { float: FLOAT, string: STRING, integer: INT64 }

const typeFields = (name: string, type: PortType, shape: readonly Field[] = []): Field[] => [
  string(1, name),
  message(2, [message(1, [integer(1, ELEMENTS[type]), ...shape])]),
]

const portFields = ({ name, type, shape }: Port): Field[] =>
  typeFields(name, type, [
    message(
      2,
      shape.map(size => message(1, [size === null ? string(2, 'rows') : integer(1, size)])),
    ),
  ])
