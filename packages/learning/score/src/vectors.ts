/**
 * The test rows that travel with a model: before a device scores a household, the model must
 * reproduce what it said of these 64 rows where it was made.
 *
 * The rows are drawn from the model (its thresholds, its categories, its words), never from a
 * respondent: a bundle goes to every laptop. Among them: nothing answered, an answer never
 * seen in every category, the largest and smallest numbers.
 */
import { z } from 'zod'
import { createEvaluator } from './evaluate.ts'
import type { FeatureRow } from './answers.ts'
import type { ForeignInput } from './foreign-model.ts'
import { isOwn, taskOf, type Model, type OwnModel } from './model.ts'
import type { Tree } from './model-format-1.ts'
import { asFormat2, type LinearInput2, type Model2, type TreeModel2 } from './model-format-2.ts'
import { textOf } from './text-of.ts'

export const VECTOR_ROWS = 64
/** How far the graph on a device may be from the expected probability; of an amount, its share. */
export const VECTOR_TOLERANCE = 1e-5

type Cell = string | number | null

export interface Vectors {
  /** 1 says one number a row; 2 says `width` of them. */
  readonly format: 1 | 2
  readonly inputs: readonly string[]
  /** Beside `inputs`; `null` is a missing number, `''` a missing category. */
  readonly rows: readonly (readonly Cell[])[]
  readonly width?: number | undefined
  /**
   * By the trainer's side of the house: the probability of the positive class, or of several
   * classes one after the other, or the amount.
   */
  readonly expected: readonly number[]
}

export const VectorsSchema: z.ZodType<Vectors> = z
  .strictObject({
    format: z.union([z.literal(1), z.literal(2)]),
    inputs: z.array(z.string()).min(1),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))).length(VECTOR_ROWS),
    width: z.number().int().positive().lte(1_000).optional(),
    expected: z.array(z.number()),
  })
  .refine(({ inputs, rows }) => rows.every(row => row.length === inputs.length), 'rows of another width')
  .refine(({ expected, width }) => expected.length === VECTOR_ROWS * (width ?? 1), 'says another number of things')
  .refine(({ format, expected }) => format === 2 || expected.every(p => p >= 0 && p <= 1), 'says no probability')

export const vectorRows = ({ inputs, rows }: Pick<Vectors, 'inputs' | 'rows'>): FeatureRow[] =>
  rows.map(row => Object.fromEntries(inputs.map((name, i) => [name, row[i] ?? Number.NaN])))

/** The first row on which `said` differs too much, or -1. */
export function firstWrong({ expected, width = 1 }: Vectors, said: ArrayLike<number>): number {
  const wrong = expected.findIndex((value, i) => {
    const allowed = VECTOR_TOLERANCE * Math.max(1, Math.abs(value))
    return !(Math.abs(value - (said[i] ?? Number.NaN)) <= allowed)
  })
  return wrong < 0 ? -1 : Math.floor(wrong / width)
}

const LARGEST = 3.4028234663852886e38
const NEVER_SEEN = '\u2014 never seen \u2014'

export function makeVectors(model: OwnModel): Vectors {
  const rows = makeRows(model)
  const say = createEvaluator(model)
  return vectorsOf(
    model,
    rows,
    vectorRows(rows).flatMap(row => [...say(row)]),
  )
}

/** The rows alone, for a graph whose working is not known: it says itself what is expected. */
export function makeRows(model: Model): Pick<Vectors, 'inputs' | 'rows'> {
  const kinds = model.inputs.map(({ kind }) => kind)
  const choices = isOwn(model) ? ownChoices(asFormat2(model)) : model.inputs.map(foreignChoices)
  const ofKinds = (number: number | null, category: string): Cell[] =>
    kinds.map((kind, i) =>
      kind === 'number' ? within(model, i, number) : kind === 'text' ? textOf(category) : category,
    )
  return {
    inputs: model.inputs.map(({ name }) => name),
    rows: [
      ofKinds(null, ''),
      ofKinds(null, NEVER_SEEN),
      ofKinds(LARGEST, NEVER_SEEN),
      ofKinds(-LARGEST, ''),
      ofKinds(0, ''),
      ...Array.from({ length: VECTOR_ROWS - 5 }, (_, row) => choices.map((values, input) => pick(values, row, input))),
    ],
  }
}

/** A graph made elsewhere may not know what to do far outside of what it has seen. */
function within(model: Model, input: number, number: number | null): number | null {
  if (isOwn(model) || number === null) return number
  const known = model.inputs[input]!.likely.filter(value => typeof value === 'number')
  return Math.min(
    Math.max(
      number,
      known.reduce((a, b) => Math.min(a, b), LARGEST),
    ),
    known.reduce((a, b) => Math.max(a, b), -LARGEST),
  )
}

export function vectorsOf(
  model: Model,
  { inputs, rows }: Pick<Vectors, 'inputs' | 'rows'>,
  expected: readonly number[],
): Vectors {
  if (taskOf(model) === 'binary') return { format: 1, inputs, rows, expected }
  return { format: 2, inputs, rows, width: Math.max(1, model.classes.length), expected }
}

/** Scattered, not random: a fixed hash of row and input, so the file has the same bytes again. */
function pick<T>(values: readonly T[], row: number, input: number): T {
  let mixed = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return values[((mixed ^ (mixed >>> 15)) >>> 0) % values.length]!
}

const ownChoices = (model: Model2): readonly (readonly Cell[])[] =>
  model.kind === 'trees'
    ? model.inputs.map((input, i) => treeChoices(model, input, i))
    : model.inputs.map(linearChoices)

/** Values on both sides of what the model asks of an input, and a blank. */
function treeChoices({ trees }: TreeModel2, input: TreeModel2['inputs'][number], index: number): readonly Cell[] {
  if (input.kind === 'category') return [...new Set(input.orders.flat()), '']
  const thresholds = thresholdsOf(trees.flat(), index)
  return thresholds.length === 0 ? [0, 1, null] : [...spread(thresholds), null]
}

function linearChoices(input: LinearInput2): readonly Cell[] {
  if (input.kind === 'category') return [...input.values, '']
  if (input.kind === 'text') return textsOf(input.blocks.flatMap(({ grams }) => grams))
  const { low, high, mean, scale } = input
  const step = scale > 0 ? 1 / scale : 1
  return [low, mean - step, mean, mean + step, high, null].map(value => (value === null ? null : Math.fround(value)))
}

const foreignChoices = ({ kind, likely }: ForeignInput): readonly Cell[] => [...likely, kind === 'number' ? null : '']

const TEXTS = 40

/** Texts of one to eight known grams each, from all over the vocabulary; and none. */
function textsOf(grams: readonly string[]): readonly string[] {
  if (grams.length === 0) return ['']
  return Array.from({ length: TEXTS }, (_, text) => {
    const size = text === 0 ? 0 : 1 + (text % 8)
    return textOf(Array.from({ length: size }, (_, word) => pick(grams, text, word).trim()).join(' '))
  })
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
