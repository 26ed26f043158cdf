/** What goes between the scorers' thread and whoever asks: plain values, structured clones. */
import type { Fault, Result } from '@murram/ground'
import type { Assessment } from './assessment.ts'
import type { Reason } from './explain.ts'
import type { FeatureColumns, FeatureRow } from './answers.ts'
import type { ScorerSource, ScoreWish } from './open-scorer.ts'

/** `model` is a number that the asking side gives to each bundle it opens. */
export type Wish =
  | { readonly ask: 'open'; readonly model: number; readonly source: ScorerSource }
  | { readonly ask: 'score'; readonly model: number; readonly rows: readonly FeatureRow[]; readonly wish: ScoreWish }
  | { readonly ask: 'explain'; readonly model: number; readonly row: FeatureRow }
  | { readonly ask: 'predict'; readonly model: number; readonly table: FeatureColumns }
  | { readonly ask: 'close'; readonly model: number }

export interface Answers {
  readonly open: Result<null, Fault>
  readonly score: Result<readonly Assessment[], Fault>
  readonly explain: Result<readonly Reason[], Fault>
  readonly predict: Result<Float64Array, Fault>
  readonly close: Result<null, Fault>
}

export interface ToThread {
  readonly n: number
  readonly wish: Wish
}
export interface FromThread {
  readonly n: number
  readonly answer: Result<unknown, Fault>
}
