/**
 * What this room accepts: a linear model or a tree ensemble as plain JSON, from whoever
 * trains them. Two classes, `[negative, positive]`; all numbers are float32 values.
 */
export interface LinearCategory {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
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
  readonly kind: 'linear'
  readonly classes: readonly string[]
  readonly inputs: readonly (LinearCategory | LinearNumber)[]
  readonly intercept: number
}

export interface TreeCategory {
  readonly name: string
  readonly kind: 'category'
  readonly order: readonly string[]
}
export interface TreeNumber {
  readonly name: string
  readonly kind: 'number'
}
export interface Tree {
  readonly feature: readonly number[]
  readonly threshold: readonly number[]
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly missingLeft: readonly number[]
  readonly value: readonly number[]
}
export interface TreeModel {
  readonly kind: 'trees'
  readonly classes: readonly string[]
  readonly inputs: readonly (TreeCategory | TreeNumber)[]
  readonly base: number
  readonly trees: readonly Tree[]
}

export type WritableModel = LinearModel | TreeModel
