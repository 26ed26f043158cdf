/**
 * `trees.json` of two classes, as it has been since the first release; read for ever.
 *
 * The shapes are the trainer's; the schema is what a device believes of a file: lengths
 * fit, features exist, and children stand after their parent, so that every walk ends.
 */
import { z } from 'zod'

export interface LinearCategory {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
  /** Logits beside `values`; a value that is not listed adds nothing. */
  readonly weights: readonly number[]
  readonly missing: number
}
export interface LinearNumber {
  readonly name: string
  readonly kind: 'number'
  readonly mean: number
  readonly scale: number
  readonly weight: number
  readonly low: number
  readonly high: number
}
export interface LinearModel {
  readonly format: 1
  readonly kind: 'linear'
  readonly classes: readonly string[]
  readonly inputs: readonly (LinearCategory | LinearNumber)[]
  readonly intercept: number
}

export interface TreeCategory {
  readonly name: string
  readonly kind: 'category'
  /** A category enters as its place here; one that is not listed is missing. */
  readonly order: readonly string[]
}
export interface TreeNumber {
  readonly name: string
  readonly kind: 'number'
}
/** Nodes side by side, node 0 the root; `feature` -1 is a leaf, whose `value` is a logit. */
export interface Tree {
  readonly feature: readonly number[]
  readonly threshold: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly missingLeft: readonly number[]
  readonly value: readonly number[]
  readonly cover: readonly number[]
}
export interface TreeModel {
  readonly format: 1
  readonly kind: 'trees'
  readonly classes: readonly string[]
  readonly inputs: readonly (TreeCategory | TreeNumber)[]
  readonly base: number
  readonly trees: readonly Tree[]
}
export type Model1 = LinearModel | TreeModel

const name = z.string().min(1).max(249)
const classes = z.array(z.string().min(1).max(249)).length(2)

const LinearSchema: z.ZodType<LinearModel> = z.strictObject({
  format: z.literal(1),
  kind: z.literal('linear'),
  classes,
  inputs: z
    .array(
      z.discriminatedUnion('kind', [
        z
          .strictObject({
            name,
            kind: z.literal('category'),
            values: z.array(z.string()),
            weights: z.array(z.number()),
            missing: z.number(),
          })
          .refine(({ values, weights }) => values.length === weights.length, 'has weights for other values'),
        z.strictObject({
          name,
          kind: z.literal('number'),
          mean: z.number(),
          scale: z.number(),
          weight: z.number(),
          low: z.number(),
          high: z.number(),
        }),
      ]),
    )
    .min(1),
  intercept: z.number(),
})

const count = z.number().int().nonnegative()
export const TreeSchema: z.ZodType<Tree> = z
  .strictObject({
    feature: z.array(z.number().int().gte(-1)).min(1),
    threshold: z.array(z.number()),
    left: z.array(count),
    right: z.array(count),
    missingLeft: z.array(z.number().int().gte(0).lte(1)),
    value: z.array(z.number()),
    cover: z.array(z.number().positive()),
  })
  .refine(isSound, 'is not a tree')

function isSound(tree: Tree): boolean {
  const size = tree.feature.length
  const lists = [tree.threshold, tree.left, tree.right, tree.missingLeft, tree.value, tree.cover]
  if (lists.some(list => list.length !== size)) return false
  const isChild = (child: number | undefined, node: number) => child !== undefined && child > node && child < size
  return tree.feature.every(
    (feature, node) => feature < 0 || (isChild(tree.left[node], node) && isChild(tree.right[node], node)),
  )
}

const TreesSchema: z.ZodType<TreeModel> = z
  .strictObject({
    format: z.literal(1),
    kind: z.literal('trees'),
    classes,
    inputs: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({ name, kind: z.literal('category'), order: z.array(z.string()) }),
          z.strictObject({ name, kind: z.literal('number') }),
        ]),
      )
      .min(1),
    base: z.number(),
    trees: z.array(TreeSchema).max(10_000),
  })
  .refine(
    ({ inputs, trees }) => trees.every(({ feature }) => feature.every(f => f < inputs.length)),
    'a tree asks for an input that is not there',
  )

export const Model1Schema: z.ZodType<Model1> = z.union([LinearSchema, TreesSchema])
