/**
 * A trained model as one ONNX file that any runtime reads: the whole pipeline, from answers
 * as they are to a label and two probabilities.
 *
 * Laws, each a property in `to-onnx.test.ts`:
 *   O1 the graph says what the model says, within 1e-5, on every row: blanks, answers never
 *      seen and the largest numbers included        O2 what it says is finite
 *   O3 the same model has the same bytes
 *
 * The graph asks by name: one [N,1] input a question, string or float32. Outputs are `label`
 * (string [N]) and `probabilities` (float32 [N,2]); no ZipMap.
 */
import { encodeModel, type Port } from './graph.ts'
import { linearParts } from './linear.ts'
import type { WritableModel } from './models.ts'
import { treeParts } from './tree-ensemble.ts'

export interface OnnxOptions {
  readonly name: string
  /** Ids and hashes that belong with the file, as `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>
}

const OUTPUTS: readonly string[] = ['label', 'probabilities']

/** A model without inputs, with two of one name, or with one called as an output throws. */
export function toOnnx(model: WritableModel, { name, metadata = {} }: OnnxOptions): Uint8Array {
  if (model.classes.length !== 2) throw new Error(`binary models only: ${model.classes.length} classes were given`)
  if (model.inputs.length === 0) throw new Error('a model without inputs cannot be asked')
  if (new Set(model.inputs.map(input => input.name)).size < model.inputs.length)
    throw new Error('two inputs have the same name')
  const taken = model.inputs.find(input => OUTPUTS.includes(input.name) || input.name.startsWith('#'))
  if (taken !== undefined) throw new Error(`an input cannot be called ${taken.name}: the graph uses the name itself`)
  const parts = model.kind === 'linear' ? linearParts(model) : treeParts(model)
  return encodeModel({
    name,
    ...parts,
    metadata,
    inputs: model.inputs.map((input): Port => ({
      name: input.name,
      type: input.kind === 'number' ? 'float' : 'string',
      shape: [null, 1],
    })),
    outputs: [
      { name: 'label', type: 'string', shape: [null] },
      { name: 'probabilities', type: 'float', shape: [null, 2] },
    ],
  })
}
