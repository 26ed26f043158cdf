/** Holdout rows with what both models say of them: all that figures of the gate are made of. */

export interface JudgedRows {
  /** 1 is positive. */
  readonly codes: Uint8Array
  /** The household of each row. */
  readonly groups: readonly string[]
  /** How many households each stands for; `null`: one. */
  readonly weights: Float64Array | null
  /** How its household came to be visited; `null` where nobody noted it. */
  readonly selections: readonly string[] | null
  readonly champion: Float64Array
  readonly candidate: Float64Array
  /** The positive class is named from here. */
  readonly threshold: number
}
