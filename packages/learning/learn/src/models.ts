/**
 * The two models of the house, as plain JSON.
 *
 * Encodings, imputation, scaling and calibration are inside, so a model reads answers as
 * they are. `score` describes the same shapes as a schema, `onnx-writer` as what it accepts;
 * nobody imports the other.
 *
 * All numbers are float32 values (`Math.fround`), because the graph computes in float32 and
 * must meet the same thresholds.
 */
export interface LinearCategory {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
  /** Logits beside `values`; a value that is not listed adds nothing. */
  readonly weights: readonly number[]
  /** Logit of a question that was not answered. */
  readonly missing: number
}
export interface LinearNumber {
  readonly name: string
  readonly kind: 'number'
  /** Stands in for a missing number, and is subtracted: a missing number adds nothing. */
  readonly mean: number
  /** Multiplies what is left: one over the standard deviation. */
  readonly scale: number
  readonly weight: number
  /** A number outside [low, high] counts as the end it passed: no extrapolation. */
  readonly low: number
  readonly high: number
}
export type LinearInput = LinearCategory | LinearNumber

export interface LinearModel {
  readonly format: 1
  readonly kind: 'linear'
  readonly classes: readonly string[]
  readonly inputs: readonly LinearInput[]
  readonly intercept: number
}

/** A category enters the trees as its place in `order`; one that is not listed is missing. */
export interface TreeCategory {
  readonly name: string
  readonly kind: 'category'
  readonly order: readonly string[]
}
export interface TreeNumber {
  readonly name: string
  readonly kind: 'number'
}
export type TreeInput = TreeCategory | TreeNumber

/**
 * Nodes side by side; node 0 is the root. `feature` is -1 at a leaf. A row goes left where
 * its value <= `threshold`, or where it is missing and `missingLeft` is 1. `value` (a logit)
 * counts at leaves; `cover` is the number of training rows that came through.
 */
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
  readonly inputs: readonly TreeInput[]
  /** The logit before any tree speaks. */
  readonly base: number
  readonly trees: readonly Tree[]
}

export type Model = LinearModel | TreeModel

export const sigmoid = (logit: number): number =>
  logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit))
