/** What each input of a linear model adds to each output, in TypeScript. */
import type { FeatureRow } from './answers.ts'
import { outputsOf, type LinearInput2, type LinearModel2, type LinearNumber2 } from './model-format-2.ts'
import { textOf } from './text-of.ts'
import { createTextTerms } from './text-terms.ts'

/** `terms[input * outputs + output]`. */
export function createLinearTerms(model: LinearModel2): (row: FeatureRow) => Float64Array {
  const outputs = outputsOf(model)
  const adders = model.inputs.map(input => createAdder(input, outputs))
  return row => {
    const terms = new Float64Array(model.inputs.length * outputs)
    for (const [i, add] of adders.entries())
      add(row[model.inputs[i]!.name], terms.subarray(i * outputs, (i + 1) * outputs))
    return terms
  }
}

export function sumTerms({ intercepts }: LinearModel2, terms: Float64Array): Float64Array {
  const sums = Float64Array.from(intercepts)
  for (let i = 0; i < terms.length; i++) sums[i % sums.length]! += terms[i]!
  return sums
}

type Adder = (value: string | number | undefined, into: Float64Array) => void

function createAdder(input: LinearInput2, outputs: number): Adder {
  if (input.kind === 'text') {
    const { add } = createTextTerms(input, outputs)
    return (value, into) => {
      if (typeof value === 'string') add(textOf(value), into)
    }
  }
  if (input.kind === 'number')
    return (value, into) => {
      const standard = standardise(input, typeof value === 'number' ? value : Number.NaN)
      for (let k = 0; k < outputs; k++) into[k] = standard * input.weight[k]!
    }
  const places = new Map(input.values.map((value, place) => [value, place]))
  return (value, into) => {
    const isBlank = value === undefined || value === ''
    const weights = isBlank ? input.missing : input.weights[places.get(String(value)) ?? -1]
    if (weights !== undefined) into.set(weights)
  }
}

function standardise({ mean, scale, low, high }: LinearNumber2, value: number): number {
  const known = Number.isNaN(value) ? mean : Math.min(high, Math.max(low, Math.fround(value)))
  return Math.fround(Math.fround(known - mean) * scale)
}
