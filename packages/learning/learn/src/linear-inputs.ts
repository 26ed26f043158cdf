/**
 * Fitted weights as the inputs of a model. They are centred: the mean row of training adds
 * nothing, so a weight reads as the distance from the average household, and an answer that
 * was never seen counts as average.
 */
import type { Block, CategoryBlock, GramBlock, LinearDesign, NumberBlock } from './linear-design.ts'
import type { LinearInput } from './models.ts'
import type { LinearInput2, TextBlock } from './models-format-2.ts'

/** Of one output, as format 1 has it. */
export function toLinearInputs(
  design: LinearDesign,
  rows: Int32Array,
  parameters: Float64Array,
  weights: Float64Array | null = null,
): { readonly inputs: readonly LinearInput[]; readonly intercept: number } {
  let intercept = parameters[design.width - 1]!
  const inputs = design.blocks.map((block): LinearInput => {
    if (block.kind === 'text') throw new Error('a text is not of format 1')
    if (block.kind === 'number') return numberInput(block, Math.fround(parameters[block.at]!))
    const own = centred(block, rows, parameters, 1, 0, weights)
    intercept += own.centre
    return { name: block.name, kind: 'category', values: block.values, weights: own.weights, missing: own.missing }
  })
  return { inputs, intercept: Math.fround(intercept) }
}

export function toLinearInputs2(
  design: LinearDesign,
  rows: Int32Array,
  parameters: Float64Array,
  outputs: number,
  rowWeights: Float64Array | null = null,
): { readonly inputs: readonly LinearInput2[]; readonly intercepts: readonly number[] } {
  const each = Array.from({ length: outputs }, (_, k) => k)
  const intercepts = each.map(k => parameters[(design.width - 1) * outputs + k]!)
  const inputs = design.blocks.filter(isPlain).map((block): LinearInput2 => {
    if (block.kind === 'number')
      return numberInput(
        block,
        each.map(k => Math.fround(parameters[block.at * outputs + k]!)),
      )
    const byOutput = each.map(k => centred(block, rows, parameters, outputs, k, rowWeights))
    for (const [k, { centre }] of byOutput.entries()) intercepts[k]! += centre
    return {
      name: block.name,
      kind: 'category',
      values: block.values,
      weights: block.values.map((_, value) => byOutput.map(({ weights }) => weights[value]!)),
      missing: byOutput.map(({ missing }) => missing),
    }
  })
  const texts = new Map<string, TextBlock[]>()
  for (const block of design.blocks) {
    if (block.kind !== 'text') continue
    texts.set(block.name, [...(texts.get(block.name) ?? []), textBlock(block, parameters, outputs)])
  }
  return {
    inputs: [
      ...inputs,
      ...[...texts].map(([name, blocks]): LinearInput2 => ({ name, kind: 'text', normalise: 'nfc-lower', blocks })),
    ],
    intercepts: intercepts.map(Math.fround),
  }
}

const isPlain = (block: Block): block is CategoryBlock | NumberBlock => block.kind !== 'text'

const numberInput = <W>({ name, mean, scale, low, high }: NumberBlock, weight: W) => ({
  name,
  kind: 'number' as const,
  mean,
  scale,
  weight,
  low,
  high,
})

interface Centred {
  readonly weights: readonly number[]
  readonly missing: number
  readonly centre: number
}

function centred(
  block: CategoryBlock,
  rows: Int32Array,
  parameters: Float64Array,
  outputs: number,
  k: number,
  rowWeights: Float64Array | null,
): Centred {
  const count = block.values.length
  const weights = Array.from({ length: count + 1 }, (_, j) => parameters[(block.at + j) * outputs + k]!)
  let [sum, weight] = [0, 0]
  let missing = 0
  for (const row of rows) {
    const code = block.codes[row]!
    const own = rowWeights?.[row] ?? 1
    sum += own * (weights[code] ?? 0)
    weight += own
    if (code === count) missing++
  }
  const centre = rows.length === 0 ? 0 : sum / weight
  return {
    weights: weights.slice(0, count).map(weight => Math.fround(weight - centre)),
    // Nobody left it out in training: then leaving it out says nothing.
    missing: missing === 0 ? 0 : Math.fround(weights[count]! - centre),
    centre,
  }
}

/** Steps between nothing and the largest weight: a byte a weight, once compressed. */
const STEPS = 127

function textBlock({ at, known }: GramBlock, parameters: Float64Array, outputs: number): TextBlock {
  const count = known.grams.length
  let largest = 0
  for (let j = 0; j < count * outputs; j++) largest = Math.max(largest, Math.abs(parameters[at * outputs + j]!))
  const step = Math.fround(largest / STEPS)
  return {
    by: known.corpus.kind.by,
    lengths: known.corpus.kind.lengths,
    grams: known.grams,
    idf: [...known.idf],
    weights: Array.from({ length: outputs }, (_, k) =>
      // `+ 0`: a weight of minus nothing is nothing.
      Array.from({ length: count }, (__, j) =>
        step === 0 ? 0 : Math.round(parameters[(at + j) * outputs + k]! / step) + 0,
      ),
    ),
    step,
  }
}
