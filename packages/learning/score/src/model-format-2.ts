/**
 * `trees.json` where two classes and one sum do not say it: several classes, amounts, text, a
 * calibration by knots, a correction a region. The shapes are the trainer's; the schema is
 * what a device believes of a file.
 *
 * Whoever computes reads every model in this shape (`asFormat2`): format 1 is the case of one
 * output.
 */
import { z } from 'zod'
import { TreeSchema, type Model1, type Tree } from './model-format-1.ts'

export const TASKS = ['binary', 'multiclass', 'regression'] as const
export type Task = (typeof TASKS)[number]

/**
 * Binary only: knots of a line from logit to probability, level beyond its ends. A line and not
 * steps: a logit that lies on a step by the last digit of a float32 falls on either side of it.
 */
export interface Isotonic {
  readonly kind: 'isotonic'
  readonly threshold: readonly number[]
  readonly value: readonly number[]
}
/** Binary only: added to the logit, before the calibration. `input` is a category of the model. */
export interface RegionOffsets {
  readonly input: string
  readonly values: readonly string[]
  readonly offsets: readonly number[]
}
interface Common {
  readonly format: 2
  readonly task: Task
  /** `[]` for regression. */
  readonly classes: readonly string[]
  readonly isotonic?: Isotonic | undefined
  readonly regions?: RegionOffsets | undefined
}

export interface LinearCategory2 {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
  /** `weights[value][output]`; a value that is not listed adds nothing. */
  readonly weights: readonly (readonly number[])[]
  readonly missing: readonly number[]
}
export interface LinearNumber2 {
  readonly name: string
  readonly kind: 'number'
  readonly mean: number
  readonly scale: number
  readonly weight: readonly number[]
  readonly low: number
  readonly high: number
}
/** Grams of one kind and their worth: text-terms.ts says how they are read. */
export interface TextBlock {
  readonly by: 'word' | 'char'
  readonly lengths: readonly [number, number]
  readonly grams: readonly string[]
  readonly idf: readonly number[]
  /** Whole numbers: `weights[output][gram]`, each worth `step`. */
  readonly weights: readonly (readonly number[])[]
  readonly step: number
}
export interface LinearText {
  readonly name: string
  readonly kind: 'text'
  readonly normalise: string
  readonly blocks: readonly TextBlock[]
}
export type LinearInput2 = LinearCategory2 | LinearNumber2 | LinearText
export interface LinearModel2 extends Common {
  readonly kind: 'linear'
  readonly inputs: readonly LinearInput2[]
  readonly intercepts: readonly number[]
}

export interface TreeCategory2 {
  readonly name: string
  readonly kind: 'category'
  /** One order an output: a category enters the trees of an output as its place there. */
  readonly orders: readonly (readonly string[])[]
}
export interface TreeNumber2 {
  readonly name: string
  readonly kind: 'number'
}
export interface TreeModel2 extends Common {
  readonly kind: 'trees'
  readonly inputs: readonly (TreeCategory2 | TreeNumber2)[]
  readonly base: readonly number[]
  /** `trees[output]`. */
  readonly trees: readonly (readonly Tree[])[]
}
export type Model2 = LinearModel2 | TreeModel2

export function asFormat2(model: Model1 | Model2): Model2 {
  if (model.format === 2) return model
  const { classes } = model
  const common = { format: 2, task: 'binary', classes } as const
  return model.kind === 'trees'
    ? {
        ...common,
        kind: 'trees',
        base: [model.base],
        trees: [model.trees],
        inputs: model.inputs.map(input =>
          input.kind === 'number' ? input : { name: input.name, kind: 'category', orders: [input.order] },
        ),
      }
    : {
        ...common,
        kind: 'linear',
        intercepts: [model.intercept],
        inputs: model.inputs.map(input =>
          input.kind === 'number'
            ? { ...input, weight: [input.weight] }
            : { ...input, weights: input.weights.map(weight => [weight]), missing: [input.missing] },
        ),
      }
}

/** How many sums a model makes before it says a class or an amount. */
export const outputsOf = (model: Model2): number =>
  model.kind === 'linear' ? model.intercepts.length : model.base.length

const name = z.string().min(1).max(249)
const numbers = z.array(z.number())

const IsotonicSchema: z.ZodType<Isotonic> = z
  .strictObject({
    kind: z.literal('isotonic'),
    threshold: numbers.min(1),
    value: z.array(z.number().gte(0).lte(1)),
  })
  .refine(({ threshold, value }) => threshold.length === value.length, 'has values for other knots')
  .refine(({ threshold }) => threshold.every((t, i) => i === 0 || t > threshold[i - 1]!), 'knots that do not rise')

const RegionsSchema: z.ZodType<RegionOffsets> = z
  .strictObject({ input: name, values: z.array(z.string()), offsets: numbers })
  .refine(({ values, offsets }) => values.length === offsets.length, 'has offsets for other regions')

const common = {
  format: z.literal(2),
  task: z.enum(TASKS),
  classes: z.array(name).max(1_000),
  isotonic: IsotonicSchema.optional(),
  regions: RegionsSchema.optional(),
}

const BlockSchema: z.ZodType<TextBlock> = z
  .strictObject({
    by: z.enum(['word', 'char']),
    lengths: z.tuple([z.number().int().positive(), z.number().int().positive().lte(16)]),
    grams: z.array(z.string().min(1)).min(1).max(200_000),
    idf: numbers,
    weights: z.array(numbers),
    step: z.number(),
  })
  .refine(
    ({ grams, idf, weights }) => idf.length === grams.length && weights.every(row => row.length === grams.length),
    'has weights for other grams',
  )

const LinearSchema2: z.ZodType<LinearModel2> = z.strictObject({
  ...common,
  kind: z.literal('linear'),
  inputs: z
    .array(
      z.discriminatedUnion('kind', [
        z
          .strictObject({
            name,
            kind: z.literal('category'),
            values: z.array(z.string()),
            weights: z.array(numbers),
            missing: numbers,
          })
          .refine(({ values, weights }) => values.length === weights.length, 'has weights for other values'),
        z.strictObject({
          name,
          kind: z.literal('number'),
          mean: z.number(),
          scale: z.number(),
          weight: numbers,
          low: z.number(),
          high: z.number(),
        }),
        z.strictObject({
          name,
          kind: z.literal('text'),
          normalise: z.string().max(64),
          blocks: z.array(BlockSchema).max(8),
        }),
      ]),
    )
    .min(1),
  intercepts: numbers.min(1),
})

const TreesSchema2: z.ZodType<TreeModel2> = z
  .strictObject({
    ...common,
    kind: z.literal('trees'),
    inputs: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ name, kind: z.literal('category'), orders: z.array(z.array(z.string())) }),
          z.strictObject({ name, kind: z.literal('number') }),
        ]),
      )
      .min(1),
    base: numbers.min(1),
    trees: z.array(z.array(TreeSchema).max(10_000)),
  })
  .refine(
    ({ inputs, trees }) => trees.every(of => of.every(({ feature }) => feature.every(f => f < inputs.length))),
    'a tree asks for an input that is not there',
  )
  .refine(({ trees, base }) => trees.length === base.length, 'has trees for other outputs')

export const Model2Schema: z.ZodType<Model2> = z
  .union([LinearSchema2, TreesSchema2])
  .refine(fitsTask, 'has other outputs than its task asks for')
  .refine(
    ({ inputs, regions }) =>
      regions === undefined || inputs.some(input => input.name === regions.input && input.kind === 'category'),
    'reads regions from an input that is not there',
  )

function fitsTask(model: Model2): boolean {
  const { task, classes, isotonic, regions } = model
  const outputs = outputsOf(model)
  if (task !== 'binary' && (isotonic !== undefined || regions !== undefined)) return false
  if (outputs !== (task === 'multiclass' ? classes.length : 1)) return false
  if (task === 'binary' ? classes.length !== 2 : task === 'regression' ? classes.length !== 0 : classes.length < 3)
    return false
  return model.kind === 'trees'
    ? model.inputs.every(input => input.kind === 'number' || input.orders.length === outputs)
    : model.inputs.every(input => linearOutputs(input, outputs))
}

function linearOutputs(input: LinearInput2, outputs: number): boolean {
  if (input.kind === 'text') return input.blocks.every(({ weights }) => weights.length === outputs)
  if (input.kind === 'number') return input.weight.length === outputs
  return input.missing.length === outputs && input.weights.every(row => row.length === outputs)
}
