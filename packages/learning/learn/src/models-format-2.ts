/**
 * What format 1 cannot say: more than two classes, amounts, text, a rising line as the
 * calibration, a correction a region.
 *
 * Format 1 (models.ts) stays what plain binary training yields, and is read for ever. All
 * numbers are float32 values here too. Two classes or an amount have one output; K classes
 * have K, and their softmax is the answer.
 *
 * Not here: who fits them (fit-linear.ts, trees.ts) and who evaluates them (predict-model.ts).
 */
import type { Model, Tree, TreeNumber } from './models.ts'

export type Task = 'binary' | 'multiclass' | 'regression'

/**
 * Binary only: the logit becomes a probability along lines between knots, level beyond the
 * first and the last. (Readers take one value more than thresholds as steps; none is made.)
 */
export interface Isotonic {
  readonly kind: 'isotonic'
  /** Rising logits. */
  readonly threshold: readonly number[]
  /** Rising probabilities beside them. */
  readonly value: readonly number[]
}

/** Binary only: added to the logit of a row whose answer to `input`, a category, is listed. */
export interface RegionOffsets {
  readonly input: string
  readonly values: readonly string[]
  readonly offsets: readonly number[]
}

/** Orders beside the outputs: how the categories stand for one class is not how for another. */
export interface TreeCategory2 {
  readonly name: string
  readonly kind: 'category'
  /** One order an output; a category enters the trees of output k as its place in `orders[k]`. */
  readonly orders: readonly (readonly string[])[]
}
export type TreeInput2 = TreeCategory2 | TreeNumber

export interface TreeModel2 {
  readonly format: 2
  readonly kind: 'trees'
  readonly task: Task
  /** `[]` for regression. */
  readonly classes: readonly string[]
  readonly inputs: readonly TreeInput2[]
  /** One an output. */
  readonly base: readonly number[]
  /** `trees[output]`. */
  readonly trees: readonly (readonly Tree[])[]
  readonly isotonic?: Isotonic
  readonly regions?: RegionOffsets
}

export interface LinearCategory2 {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
  /** `weights[value][output]`; a value that is not listed adds nothing. */
  readonly weights: readonly (readonly number[])[]
  /** One an output. */
  readonly missing: readonly number[]
}
export interface LinearNumber2 {
  readonly name: string
  readonly kind: 'number'
  readonly mean: number
  readonly scale: number
  /** One an output. */
  readonly weight: readonly number[]
  readonly low: number
  readonly high: number
}

/**
 * Grams of one length range. Of a text, gram g is worth (1 + ln count) · idf[g]; the worths
 * are divided by their Euclidean norm, and each adds `fround(weights[output][g] · step)`.
 */
export interface TextBlock {
  readonly by: 'word' | 'char'
  readonly lengths: readonly [number, number]
  /** By length (in words or characters), then by code units. */
  readonly grams: readonly string[]
  readonly idf: readonly number[]
  /** Whole numbers: `weights[output][gram]`. */
  readonly weights: readonly (readonly number[])[]
  readonly step: number
}
export interface LinearText {
  readonly name: string
  readonly kind: 'text'
  readonly normalise: 'nfc-lower'
  readonly blocks: readonly TextBlock[]
}
export type LinearInput2 = LinearCategory2 | LinearNumber2 | LinearText

export interface LinearModel2 {
  readonly format: 2
  readonly kind: 'linear'
  readonly task: Task
  /** `[]` for regression. */
  readonly classes: readonly string[]
  readonly inputs: readonly LinearInput2[]
  /** One an output. */
  readonly intercepts: readonly number[]
  readonly isotonic?: Isotonic
  readonly regions?: RegionOffsets
}

export type Model2 = LinearModel2 | TreeModel2
export type AnyModel = Model | Model2
