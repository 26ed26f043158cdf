/** What a model reads, one row or many: a string or a float32 an input, by name. */

/** One entry an input, in the manifest's order: a string, or a float32 that may be `NaN`. */
export type FeatureRow = Readonly<Record<string, string | number>>

/** The same side by side: a batch without an object a row. */
export interface FeatureColumns {
  readonly rows: number
  readonly columns: ReadonlyMap<string, Float32Array | readonly (string | null)[]>
}

export const isMissing = (value: string | number | undefined): boolean =>
  value === undefined || value === '' || Number.isNaN(value)
