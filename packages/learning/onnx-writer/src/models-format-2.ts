/**
 * What this room accepts beyond two classes: several classes, amounts, text, a calibration by
 * knots, a correction a region. Two classes or an amount have one output; K classes have K.
 */
import type { Tree } from './models.ts'

export type Task = 'binary' | 'multiclass' | 'regression'

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

interface Model2 {
  readonly format: 2
  readonly task: Task
  /** `[]` for regression. */
  readonly classes: readonly string[]
  readonly isotonic?: Isotonic | undefined
  readonly regions?: RegionOffsets | undefined
}

export interface TreeCategory2 {
  readonly name: string
  readonly kind: 'category'
  /** One order an output. */
  readonly orders: readonly (readonly string[])[]
}
export interface TreeNumber2 {
  readonly name: string
  readonly kind: 'number'
}
export interface TreeModel2 extends Model2 {
  readonly kind: 'trees'
  readonly inputs: readonly (TreeCategory2 | TreeNumber2)[]
  /** One an output. */
  readonly base: readonly number[]
  /** `trees[output]`. */
  readonly trees: readonly (readonly Tree[])[]
}

export interface LinearCategory2 {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
  /** `weights[value][output]`. */
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
 * Grams of one kind. Of a text, gram g is worth (1 + ln count) · idf[g]; the worths are
 * divided by their Euclidean norm, and each adds `fround(weights[output][g] · step)`.
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
  readonly normalise: string
  readonly blocks: readonly TextBlock[]
}
export interface LinearModel2 extends Model2 {
  readonly kind: 'linear'
  readonly inputs: readonly (LinearCategory2 | LinearNumber2 | LinearText)[]
  /** One an output. */
  readonly intercepts: readonly number[]
}

export type WritableModel2 = LinearModel2 | TreeModel2
