/**
 * A trained model as one ONNX file that any runtime reads: the whole pipeline, from answers
 * as they are to a label and its probabilities, or to an amount.
 *
 * Laws, each a property in `to-onnx.test.ts` and `to-onnx-format-2.test.ts`:
 *   O1 the graph says what the model says, within 1e-5, on every row: blanks, answers never
 *      seen and the largest numbers included        O2 what it says is finite
 *   O3 the same model has the same bytes
 *
 * The graph asks by name: one [N,1] input a question, string or float32. Outputs are `label`
 * (string [N]) and `probabilities` (float32 [N, classes]), or `value` (float32 [N,1]); no ZipMap.
 */
import { encodeModel, type Parts, type Port } from './graph.ts'
import { endingParts } from './ending.ts'
import { linearSums } from './linear-format-2.ts'
import { linearParts } from './linear.ts'
import type { WritableModel2 } from './models-format-2.ts'
import type { WritableModel as WritableModel1 } from './models.ts'
import { treeParts } from './tree-ensemble.ts'
import { treeSums } from './trees-format-2.ts'

export type WritableModel = WritableModel1 | WritableModel2

export interface OnnxOptions {
  readonly name: string
  /** Ids and hashes that belong with the file, as `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>
}

const OUTPUTS: readonly string[] = ['label', 'probabilities', 'value']

/** A model without inputs, with two of one name, or with one called as an output throws. */
export function toOnnx(model: WritableModel, { name, metadata = {} }: OnnxOptions): Uint8Array {
  const { task, outputs } = taskOf(model)
  if (model.inputs.length === 0) throw new Error('a model without inputs cannot be asked')
  if (new Set(model.inputs.map(input => input.name)).size < model.inputs.length)
    throw new Error('two inputs have the same name')
  const taken = model.inputs.find(input => OUTPUTS.includes(input.name) || input.name.startsWith('#'))
  if (taken !== undefined) throw new Error(`an input cannot be called ${taken.name}: the graph uses the name itself`)
  return encodeModel({
    name,
    ...partsOf(model),
    metadata,
    inputs: model.inputs.map((input): Port => ({
      name: input.name,
      type: input.kind === 'number' ? 'float' : 'string',
      shape: [null, 1],
    })),
    outputs:
      task === 'regression'
        ? [{ name: 'value', type: 'float', shape: [null, 1] }]
        : [
            { name: 'label', type: 'string', shape: [null] },
            { name: 'probabilities', type: 'float', shape: [null, Math.max(outputs, 2)] },
          ],
  })
}

const isFormat2 = (model: WritableModel): model is WritableModel2 => 'format' in model && model.format === 2

function partsOf(model: WritableModel): Parts {
  if (!isFormat2(model)) return model.kind === 'linear' ? linearParts(model) : treeParts(model)
  const sums = model.kind === 'linear' ? linearSums(model, '#sums') : treeSums(model, '#sums')
  const ending = endingParts(model, '#sums')
  return { nodes: [...sums.nodes, ...ending.nodes], constants: [...sums.constants, ...ending.constants] }
}

/** A model whose classes, outputs and corrections do not fit each other throws. */
function taskOf(model: WritableModel): { readonly task: WritableModel2['task']; readonly outputs: number } {
  const classes = model.classes.length
  if (!isFormat2(model)) {
    if (classes !== 2) throw new Error(`binary models only: ${classes} classes were given`)
    return { task: 'binary', outputs: 1 }
  }
  const { task, regions, isotonic } = model
  const outputs = model.kind === 'linear' ? model.intercepts.length : model.base.length
  const wanted = task === 'multiclass' ? classes : 1
  const fits = task === 'binary' ? classes === 2 : task === 'regression' ? classes === 0 : classes >= 3
  if (!fits || outputs !== wanted) throw new Error(`a ${task} model of ${classes} classes and ${outputs} outputs`)
  if (task !== 'binary' && (regions !== undefined || isotonic !== undefined))
    throw new Error(`a ${task} model takes no correction a region and no knots`)
  if (regions !== undefined && !model.inputs.some(({ name, kind }) => name === regions.input && kind === 'category'))
    throw new Error(`the regions are read from ${regions.input}, which is no category of the model`)
  const knots = isotonic?.threshold.length ?? 0
  const values = isotonic?.value.length ?? 0
  if (isotonic !== undefined && (values === 0 || values !== knots))
    throw new Error(`${knots} knots have ${values} values`)
  return { task, outputs }
}
