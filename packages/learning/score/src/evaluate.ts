/**
 * What a model says of one row, in TypeScript: the second opinion to the graph. Each step
 * is rounded to float32 where the graph rounds it.
 *
 * What a model says is a list: the probability of the positive class, or one probability a
 * class, or one amount.
 */
import type { FeatureRow } from './answers.ts'
import type { OwnModel } from './model.ts'
import { asFormat2, type Isotonic, type Model2 } from './model-format-2.ts'
import { createLinearTerms, sumTerms } from './linear-terms.ts'
import { createTreeFeatures, leafOf } from './tree-features.ts'

/** The model made ready once; each call reads one row. */
export function createEvaluator(model: OwnModel): (row: FeatureRow) => Float64Array {
  const model2 = asFormat2(model)
  const sums = createSums(model2)
  return row => sayOf(model2, row, sums(row))
}

/** The sums before they become probabilities: one an output. */
export function createSums(model: Model2): (row: FeatureRow) => Float64Array {
  if (model.kind === 'linear') {
    const terms = createLinearTerms(model)
    return row => sumTerms(model, terms(row))
  }
  const features = createTreeFeatures(model)
  const { base, trees } = model
  return row => {
    const all = features(row)
    return Float64Array.from(base, (start, output) =>
      trees[output]!.reduce((sum, tree) => sum + tree.value[leafOf(tree, all[output]!)]!, start),
    )
  }
}

/** From sums to probabilities or an amount. */
export function sayOf(model: Model2, row: FeatureRow, sums: Float64Array): Float64Array {
  if (model.task === 'regression') return sums
  if (model.task === 'multiclass') return softmax(sums)
  const logit = sums[0]! + offsetOf(model, row)
  return Float64Array.of(model.isotonic === undefined ? sigmoid(logit) : onLine(model.isotonic, logit))
}

export function offsetOf({ regions }: Model2, row: FeatureRow): number {
  if (regions === undefined) return 0
  const place = regions.values.indexOf(String(row[regions.input] ?? ''))
  return place < 0 ? 0 : regions.offsets[place]!
}

export const sigmoid = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit))

export function softmax(sums: Float64Array): Float64Array {
  const highest = sums.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const weights = sums.map(sum => Math.exp(sum - highest))
  const whole = weights.reduce((a, b) => a + b, 0)
  return weights.map(weight => weight / whole)
}

/** The line through the knots, in float32 as the graph reads it. */
function onLine({ threshold, value }: Isotonic, logit: number): number {
  if (Number.isNaN(logit)) return Number.NaN
  const x = Math.fround(logit)
  let passed = 0
  while (passed < threshold.length && threshold[passed]! < x) passed++
  if (passed === 0) return value[0]!
  if (passed === threshold.length) return value[passed - 1]!
  const from = threshold[passed - 1]!
  return value[passed - 1]! + ((value[passed]! - value[passed - 1]!) * (x - from)) / (threshold[passed]! - from)
}

/** The probability of the positive class, of a model of two. */
export const evaluate = (model: OwnModel, row: FeatureRow): number => createEvaluator(model)(row)[0]!
