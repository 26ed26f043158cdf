export { auc, accuracy, brier, calibrationSlope, logLoss, rowLosses } from './measures.ts'
export { pairedBootstrap } from './bootstrap.ts'
export type { Interval, PairedBootstrap } from './bootstrap.ts'
export { conformalCutoffs } from './conformal.ts'
export type { Cutoffs } from './conformal.ts'
export { crossValidate } from './cross-validate.ts'
export type { CrossValidated, CrossValidation } from './cross-validate.ts'
export { groupedFolds, isHoldout } from './groups.ts'
export { climbLadder } from './ladder.ts'
export type { LadderOptions, Rung } from './ladder.ts'
export { fitLogistic, trainLogistic } from './logistic.ts'
export type { LogisticOptions } from './logistic.ts'
export type {
  LinearCategory,
  LinearInput,
  LinearModel,
  LinearNumber,
  Model,
  Tree,
  TreeCategory,
  TreeInput,
  TreeModel,
  TreeNumber,
} from './models.ts'
export { predict } from './predict.ts'
export { priorModel } from './prior.ts'
export type { Points, PriorColumn, PriorOptions } from './prior.ts'
export { takeLabels, takeRows } from './table.ts'
export type { CategoryColumn, Column, Labels, NumberColumn, Table } from './table.ts'
export type { Trained } from './trained.ts'
export { fitTrees, trainTrees } from './trees.ts'
export type { TreesOptions } from './trees.ts'
