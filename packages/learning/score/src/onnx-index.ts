/** The door to what needs the runtime. */
export { importOnnx } from './import-onnx.ts'
export type { ImportedOnnx, ImportOrder } from './import-onnx.ts'
export { openScorer } from './open-scorer.ts'
export type { Scorer, ScorerSource, ScoreWish } from './open-scorer.ts'
export { openPredictor } from './predictor.ts'
export type { Predictor } from './predictor.ts'
export { createScorerThread } from './scorer-thread.ts'
export type { ScorerThread } from './scorer-thread.ts'
