/** What a training found: the model, how long it took, and how it does on the rows that judge. */
import type { Figures, TrainedModel } from '@murram/learn'
import type { PreparedRows } from './prepare-rows.ts'

export interface TrainedRows {
  /** As they were read in the end: codes may have become numbers. */
  readonly rows: PreparedRows
  readonly trained: TrainedModel
  readonly fitSeconds: number
  /** What the model says of the rows that judge. */
  readonly said: Float64Array
  readonly metrics: Figures
}
