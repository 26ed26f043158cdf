/** What training hands back beside the model: the scores that gates and cut-offs rest on. */
import { sigmoid, type Model } from './models.ts'
import type { Platt } from './platt.ts'

export interface Trained<M extends Model = Model> {
  readonly model: M
  /**
   * Calibrated probability of the positive class of every training row, each from a model
   * that had not seen the row's household.
   */
  readonly outOfFold: Float64Array
}

export const calibratedProbabilities = (logits: Float64Array, { slope, intercept }: Platt): Float64Array =>
  logits.map(logit => sigmoid(slope * logit + intercept))
