/**
 * A linear model of several outputs, up to its sums.
 *
 *   numbers     Concat → Imputer → Max → Min → Scaler → MatMul ─────────────┐
 *   categories  LabelEncoder (→ a row of the table of weights) → Gather ────┼─ Sum → [N, outputs]
 *   texts       text-block.ts, one a block ─────────────────────────────────┤
 *   intercepts ─────────────────────────────────────────────────────────────┘
 *
 * All categories share one table of weights, whose row 0 is zeros: an answer that is not
 * listed adds nothing.
 */
import type { Constant, Node, Parts } from './graph.ts'
import type { LinearCategory2, LinearModel2, LinearNumber2, LinearText } from './models-format-2.ts'
import { textBlockParts } from './text-block.ts'

export function linearSums({ inputs, intercepts }: LinearModel2, output: string): Parts {
  const outputs = intercepts.length
  const numbers = inputs.filter((input): input is LinearNumber2 => input.kind === 'number')
  const categories = inputs.filter((input): input is LinearCategory2 => input.kind === 'category')
  const texts = inputs.filter((input): input is LinearText => input.kind === 'text')
  const parts: (Parts & { readonly term: string })[] = []
  if (numbers.length > 0) parts.push(numberTerm(numbers, outputs))
  if (categories.length > 0) parts.push(categoryTerm(categories, outputs))
  for (const [i, { name, blocks }] of texts.entries())
    for (const [j, block] of blocks.entries()) parts.push(textBlockParts(name, block, `#text${i}_${j}`))
  // A text without grams is asked for and adds nothing; the sum needs it for the number of rows.
  for (const [i, { name, blocks }] of texts.entries())
    if (blocks.length === 0) parts.push(silentTerm(name, outputs, `#text${i}`))
  return {
    nodes: [
      ...parts.flatMap(({ nodes }) => nodes),
      {
        op: 'Sum',
        domain: '',
        inputs: ['#intercepts', ...parts.map(({ term }) => term)],
        outputs: [output],
        attributes: {},
      },
    ],
    constants: [
      ...parts.flatMap(({ constants }) => constants),
      { name: '#intercepts', shape: [1, outputs], values: intercepts },
    ],
  }
}

function numberTerm(numbers: readonly LinearNumber2[], outputs: number): Parts & { readonly term: string } {
  const shape = [1, numbers.length]
  const means = numbers.map(({ mean }) => mean)
  const plain = (op: string, inputs: readonly string[], result: string): Node => ({
    op,
    domain: '',
    inputs,
    outputs: [result],
    attributes: {},
  })
  return {
    term: '#fromNumbers',
    nodes: [
      {
        ...plain(
          'Concat',
          numbers.map(({ name }) => name),
          '#numbers',
        ),
        attributes: { axis: { integer: 1 } },
      },
      {
        op: 'Imputer',
        domain: 'ai.onnx.ml',
        makes: 'float',
        inputs: ['#numbers'],
        outputs: ['#imputed'],
        attributes: { imputed_value_floats: { floats: means }, replaced_value_float: { float: Number.NaN } },
      },
      plain('Max', ['#imputed', '#low'], '#floored'),
      plain('Min', ['#floored', '#high'], '#clipped'),
      {
        op: 'Scaler',
        domain: 'ai.onnx.ml',
        makes: 'float',
        inputs: ['#clipped'],
        outputs: ['#scaled'],
        attributes: { offset: { floats: means }, scale: { floats: numbers.map(({ scale }) => scale) } },
      },
      plain('MatMul', ['#scaled', '#numberWeights'], '#fromNumbers'),
    ],
    constants: [
      { name: '#low', shape, values: numbers.map(({ low }) => low) },
      { name: '#high', shape, values: numbers.map(({ high }) => high) },
      { name: '#numberWeights', shape: [numbers.length, outputs], values: numbers.flatMap(({ weight }) => weight) },
    ],
  }
}

function categoryTerm(categories: readonly LinearCategory2[], outputs: number): Parts & { readonly term: string } {
  const nodes: Node[] = []
  const table: number[] = Array.from({ length: outputs }, () => 0)
  const places = categories.map(({ name, values, weights, missing }, i) => {
    const first = table.length / outputs
    table.push(...missing)
    for (const row of weights) table.push(...row)
    nodes.push({
      op: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      inputs: [name],
      outputs: [`#place${i}`],
      makes: 'integer',
      attributes: {
        keys_strings: { strings: ['', ...values] },
        values_int64s: { integers: [first, ...values.map((_, place) => first + 1 + place)] },
        default_int64: { integer: 0 },
      },
    })
    return `#place${i}`
  })
  nodes.push(
    { op: 'Concat', domain: '', inputs: places, outputs: ['#places'], attributes: { axis: { integer: 1 } } },
    {
      op: 'Gather',
      domain: '',
      inputs: ['#categoryWeights', '#places'],
      outputs: ['#gathered'],
      attributes: { axis: { integer: 0 } },
    },
    {
      op: 'ReduceSum',
      domain: '',
      inputs: ['#gathered', '#categoryAxis'],
      outputs: ['#fromCategories'],
      attributes: { keepdims: { integer: 0 } },
    },
  )
  const constants: Constant[] = [
    { name: '#categoryWeights', shape: [table.length / outputs, outputs], values: table },
    { name: '#categoryAxis', type: 'integer', shape: [1], values: [1] },
  ]
  return { term: '#fromCategories', nodes, constants }
}

/** Zeros, one row an answer. */
const silentTerm = (name: string, outputs: number, prefix: string): Parts & { readonly term: string } => ({
  term: `${prefix}silent`,
  nodes: [
    {
      op: 'LabelEncoder',
      domain: 'ai.onnx.ml',
      inputs: [name],
      outputs: [`${prefix}zero`],
      makes: 'float',
      attributes: {
        keys_strings: { strings: [''] },
        values_floats: { floats: [0] },
        default_float: { float: 0 },
      },
    },
    {
      op: 'MatMul',
      domain: '',
      inputs: [`${prefix}zero`, `${prefix}zeros`],
      outputs: [`${prefix}silent`],
      attributes: {},
    },
  ],
  constants: [{ name: `${prefix}zeros`, shape: [1, outputs], values: Array.from({ length: outputs }, () => 0) }],
})
