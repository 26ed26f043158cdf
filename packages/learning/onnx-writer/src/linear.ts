/**
 * A linear model as a graph.
 *
 *   numbers     Concat → Imputer → Max → Min → Scaler ─┐
 *   categories  LabelEncoder (answer → its logit) ─────┴─ Concat → LinearClassifier
 *
 * A LabelEncoder from answer to logit is the one-hot and its weights in one look-up: the
 * cost of a graph is paid by the operator, not by the weight. An answer that is not listed
 * gives 0, never NaN: NaN would reach the probabilities beside a label that looks sound.
 */
import type { Constant, Node, Parts } from './graph.ts'
import type { LinearCategory, LinearModel, LinearNumber } from './models.ts'

export function linearParts({ classes, inputs, intercept }: LinearModel): Parts {
  const numbers = inputs.filter((input): input is LinearNumber => input.kind === 'number')
  const categories = inputs.filter((input): input is LinearCategory => input.kind === 'category')
  const nodes: Node[] = []
  const constants: Constant[] = []
  const terms: string[] = []

  if (numbers.length > 0) {
    const shape = [1, numbers.length]
    constants.push({ name: '#low', shape, values: numbers.map(({ low }) => low) })
    constants.push({ name: '#high', shape, values: numbers.map(({ high }) => high) })
    const names = numbers.map(({ name }) => name)
    nodes.push(
      { op: 'Concat', domain: '', inputs: names, outputs: ['#numbers'], attributes: { axis: { integer: 1 } } },
      {
        op: 'Imputer',
        domain: 'ai.onnx.ml',
        makes: 'float',
        inputs: ['#numbers'],
        outputs: ['#imputed'],
        attributes: {
          imputed_value_floats: { floats: numbers.map(({ mean }) => mean) },
          replaced_value_float: { float: Number.NaN },
        },
      },
      { op: 'Max', domain: '', inputs: ['#imputed', '#low'], outputs: ['#floored'], attributes: {} },
      { op: 'Min', domain: '', inputs: ['#floored', '#high'], outputs: ['#clipped'], attributes: {} },
      {
        op: 'Scaler',
        domain: 'ai.onnx.ml',
        makes: 'float',
        inputs: ['#clipped'],
        outputs: ['#scaled'],
        attributes: {
          offset: { floats: numbers.map(({ mean }) => mean) },
          scale: { floats: numbers.map(({ scale }) => scale) },
        },
      },
    )
    terms.push('#scaled')
  }
  for (const [i, { name, values, weights, missing }] of categories.entries()) {
    nodes.push({
      op: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      inputs: [name],
      outputs: [`#category${i}`],
      makes: 'float',
      attributes: {
        keys_strings: { strings: ['', ...values] },
        values_floats: { floats: [missing, ...weights] },
        default_float: { float: 0 },
      },
    })
    terms.push(`#category${i}`)
  }
  // The softmax of (-s/2, s/2) is (1 - p, p) of the logit s.
  const half = [...numbers.map(({ weight }) => weight / 2), ...categories.map(() => 0.5)]
  nodes.push(
    { op: 'Concat', domain: '', inputs: terms, outputs: ['#terms'], attributes: { axis: { integer: 1 } } },
    {
      op: 'LinearClassifier',
      domain: 'ai.onnx.ml',
      inputs: ['#terms'],
      outputs: ['label', 'probabilities'],
      attributes: {
        classlabels_strings: { strings: classes },
        coefficients: { floats: [...half.map(weight => -weight), ...half] },
        intercepts: { floats: [-intercept / 2, intercept / 2] },
        multi_class: { integer: 0 },
        post_transform: { string: 'SOFTMAX' },
      },
    },
  )
  return { nodes, constants }
}
