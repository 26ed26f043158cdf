/**
 * The test rows that travel with a model: before a device scores a household, the model must
 * reproduce what it said of these 64 rows where it was made.
 *
 * The rows are drawn from the model (its thresholds, its categories), never from a
 * respondent: a bundle goes to every laptop. Among them: nothing answered, an answer never
 * seen in every category, the largest and smallest numbers.
 */
import { z } from 'zod'
import { evaluate } from './evaluate.ts'
import type { FeatureRow } from './feature-row.ts'
import type { Model, Tree } from './model.ts'

export const VECTOR_ROWS = 64
/** How far the graph on a device may be from the expected probability. */
export const VECTOR_TOLERANCE = 1e-5

export interface Vectors {
  readonly format: 1
  readonly inputs: readonly string[]
  /** Beside `inputs`; `null` is a missing number, `''` a missing category. */
  readonly rows: readonly (readonly (string | number | null)[])[]
  /** Probability of the positive class, by the trainer's side of the house. */
  readonly expected: readonly number[]
}

export const VectorsSchema: z.ZodType<Vectors> = z
  .strictObject({
    format: z.literal(1),
    inputs: z.array(z.string()).min(1),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))).length(VECTOR_ROWS),
    expected: z.array(z.number().gte(0).lte(1)).length(VECTOR_ROWS),
  })
  .refine(({ inputs, rows }) => rows.every(row => row.length === inputs.length), 'rows of another width')

export const vectorRows = ({ inputs, rows }: Vectors): FeatureRow[] =>
  rows.map(row => Object.fromEntries(inputs.map((name, i) => [name, row[i] ?? Number.NaN])))

/** The first row on which `said` differs too much, or -1. */
export const firstWrong = ({ expected }: Vectors, said: ArrayLike<number>): number =>
  expected.findIndex((value, i) => !(Math.abs(value - (said[i] ?? Number.NaN)) <= VECTOR_TOLERANCE))

const LARGEST = 3.4028234663852886e38
const NEVER_SEEN = '\u2014 never seen \u2014'

export function makeVectors(model: Model): Vectors {
  const choices = model.inputs.map((_, input) => likelyValues(model, input))
  const kinds = model.inputs.map(({ kind }) => kind)
  const ofNumbers = (number: number | null, category: string) =>
    kinds.map(kind => (kind === 'number' ? number : category))
  const rows = [
    ofNumbers(null, ''),
    ofNumbers(null, NEVER_SEEN),
    ofNumbers(LARGEST, NEVER_SEEN),
    ofNumbers(-LARGEST, ''),
    ofNumbers(0, ''),
    ...Array.from({ length: VECTOR_ROWS - 5 }, (_, row) => choices.map((values, input) => pick(values, row, input))),
  ]
  const vectors = { format: 1 as const, inputs: model.inputs.map(({ name }) => name), rows }
  return { ...vectors, expected: vectorRows({ ...vectors, expected: [] }).map(row => evaluate(model, row)) }
}

/** Scattered, not random: a fixed hash of row and input, so the file has the same bytes again. */
function pick<T>(values: readonly T[], row: number, input: number): T {
  let mixed = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return values[((mixed ^ (mixed >>> 15)) >>> 0) % values.length]!
}

/** Values on both sides of what the model asks of an input, and a blank. */
function likelyValues(model: Model, index: number): readonly (string | number | null)[] {
  if (model.kind === 'trees') {
    const input = model.inputs[index]!
    if (input.kind === 'category') return [...input.order, '']
    const thresholds = thresholdsOf(model.trees, index)
    return thresholds.length === 0 ? [0, 1, null] : [...spread(thresholds), null]
  }
  const input = model.inputs[index]!
  if (input.kind === 'category') return [...input.values, '']
  const { low, high, mean, scale } = input
  const step = scale > 0 ? 1 / scale : 1
  return [low, mean - step, mean, mean + step, high, null].map(value => (value === null ? null : Math.fround(value)))
}

const thresholdsOf = (trees: readonly Tree[], index: number): number[] =>
  [...new Set(trees.flatMap(({ feature, threshold }) => threshold.filter((_, node) => feature[node] === index)))]
    .filter(threshold => Math.abs(threshold) < LARGEST)
    .sort((a, b) => a - b)

/** About twenty thresholds, each as it is (goes left) and just above (goes right). */
const spread = (thresholds: readonly number[]): number[] =>
  thresholds
    .filter((_, i) => i % Math.ceil(thresholds.length / 20) === 0)
    .flatMap(threshold => [threshold, Math.fround(threshold + Math.max(1e-3, Math.abs(threshold) * 1e-3))])
