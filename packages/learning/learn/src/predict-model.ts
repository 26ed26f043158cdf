/**
 * What a model of either format says of a table, in TypeScript: P(second class) a row; or a
 * probability a class, row-major; or the amount.
 *
 *   scores of the outputs → + the region's offset → rising line, sigmoid, softmax, or as it is
 */
import { sigmoid } from './models.ts'
import type {
  AnyModel,
  Isotonic,
  LinearModel2,
  LinearText,
  Model2,
  RegionOffsets,
  TextBlock,
} from './models-format-2.ts'
import { predict, standardise, treeScores } from './predict.ts'
import { answered, type Column, type Table } from './table.ts'
import { gramsOf } from './text/grams.ts'
import { normaliseText } from './text/normalise.ts'

export function predictModel(model: AnyModel, table: Table): Float64Array {
  if (model.format === 1) return predict(model, table)
  const scores = model.kind === 'trees' ? treeScores(model, table) : linearScores(model, table)
  return toAnswersOf(model, scores, table)
}

function toAnswersOf({ task, isotonic, regions }: Model2, scores: readonly Float64Array[], table: Table): Float64Array {
  if (task === 'multiclass') return softmaxRows(scores)
  const [first] = scores as [Float64Array]
  if (task === 'regression') return first
  if (regions !== undefined) addOffsets(first, regions, columnOf(table, regions.input))
  return isotonic === undefined ? first.map(sigmoid) : first.map(logit => riseOf(isotonic, logit))
}

/** By output and row: the logits, or the amounts. */
function linearScores(model: LinearModel2, table: Table): Float64Array[] {
  const scores = model.intercepts.map(intercept => new Float64Array(table.rows).fill(intercept))
  for (const input of model.inputs) {
    const column = columnOf(table, input.name)
    if (column.kind !== input.kind) throw new Error(`column ${input.name} is a ${column.kind}, not a ${input.kind}`)
    if (input.kind === 'number' && column.kind === 'number') {
      for (let row = 0; row < table.rows; row++) {
        const value = standardise(input, column.values[row]!)
        for (const [k, sums] of scores.entries()) sums[row]! += value * input.weight[k]!
      }
    } else if (input.kind === 'category' && column.kind === 'category') {
      const places = new Map(input.values.map((value, place) => [value, place]))
      for (let row = 0; row < table.rows; row++) {
        const value = answered(column.values[row])
        const weights = value === null ? input.missing : input.weights[places.get(value) ?? -1]
        if (weights !== undefined) for (const [k, sums] of scores.entries()) sums[row]! += weights[k]!
      }
    } else if (input.kind === 'text' && column.kind === 'text') addTexts(scores, input, column.values)
  }
  return scores
}

function columnOf(table: Table, name: string): Column {
  const column = table.columns.find(one => one.name === name)
  if (column === undefined) throw new Error(`the table has no column ${name}`)
  return column
}

function addTexts(scores: readonly Float64Array[], input: LinearText, texts: readonly (string | null)[]): void {
  for (const block of input.blocks) {
    const places = new Map(block.grams.map((gram, place) => [gram, place]))
    for (const [row, text] of texts.entries()) {
      const said = textScores(block, places, normaliseText(text ?? ''))
      for (const [k, sums] of scores.entries()) sums[row]! += said[k]!
    }
  }
}

function textScores(block: TextBlock, places: ReadonlyMap<string, number>, text: string): number[] {
  const counts = new Map<number, number>()
  for (const gram of gramsOf(block, text)) {
    const place = places.get(gram)
    if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  const sums = block.weights.map(() => 0)
  let squares = 0
  for (const [place, count] of counts) {
    const value = (1 + Math.log(count)) * block.idf[place]!
    squares += value * value
    for (const [k, weights] of block.weights.entries()) sums[k]! += value * Math.fround(weights[place]! * block.step)
  }
  return squares === 0 ? sums : sums.map(sum => sum / Math.sqrt(squares))
}

function addOffsets(logits: Float64Array, { values, offsets }: RegionOffsets, column: Column): void {
  if (column.kind !== 'category') throw new Error(`column ${column.name} is a ${column.kind}, not a category`)
  const places = new Map(values.map((value, place) => [value, place]))
  for (const [row, value] of column.values.entries()) logits[row]! += offsets[places.get(value ?? '') ?? -1] ?? 0
}

/** On the line between the two knots that the logit lies between; beyond the ends it stays level. */
export function riseOf({ threshold, value }: Isotonic, logit: number): number {
  if (!(logit > threshold[0]!)) return value[0]!
  let [below, above] = [0, threshold.length]
  // The last knot that is not above the logit.
  while (above - below > 1) {
    const middle = (below + above) >>> 1
    if (threshold[middle]! <= logit) below = middle
    else above = middle
  }
  const [from, to] = [threshold[below]!, threshold[below + 1]]
  if (to === undefined) return value[below]!
  return value[below]! + ((value[below + 1]! - value[below]!) * (logit - from)) / (to - from)
}

/** Row-major probabilities. */
export function softmaxRows(scores: readonly Float64Array[]): Float64Array {
  const outputs = scores.length
  const rows = scores[0]?.length ?? 0
  const answers = new Float64Array(rows * outputs)
  for (let row = 0; row < rows; row++) {
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < outputs; k++) most = Math.max(most, scores[k]![row]!)
    let sum = 0
    for (let k = 0; k < outputs; k++) sum += answers[row * outputs + k] = Math.exp(scores[k]![row]! - most)
    for (let k = 0; k < outputs; k++) answers[row * outputs + k]! /= sum
  }
  return answers
}
