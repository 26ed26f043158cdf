export { auc, accuracy, brier, calibrationSlope, logLoss, rowLosses } from './measures.ts'
export { pairedBootstrap } from './bootstrap.ts'
export type { Interval, PairedBootstrap } from './bootstrap.ts'
export { clusteredMean, lowerBound, normalQuantile } from './clustered-mean.ts'
export type { ClusteredMean, ClusteredValues } from './clustered-mean.ts'
export { conformalCutoffs, coverageOf } from './conformal.ts'
export type { Coverage, Cutoffs } from './conformal.ts'
export { crossValidate } from './cross-validate.ts'
export type { CrossValidated, CrossValidation } from './cross-validate.ts'
export { groupedFolds, isHoldout } from './groups.ts'
export { confusionOf, measureAnswers, measureIntervals, measureSubgroups } from './measure-answers.ts'
export type { Figures, IntervalOptions, SubgroupFigures } from './measure-answers.ts'
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
export type {
  AnyModel,
  Isotonic,
  LinearCategory2,
  LinearInput2,
  LinearModel2,
  LinearNumber2,
  LinearText,
  Model2,
  RegionOffsets,
  Task,
  TextBlock,
  TreeCategory2,
  TreeInput2,
  TreeModel2,
} from './models-format-2.ts'
export { predict } from './predict.ts'
export { priorModel } from './prior.ts'
export type { Points, PriorColumn, PriorOptions } from './prior.ts'
export { slopeWithError } from './slope-with-error.ts'
export { takeLabels, takeRows } from './table.ts'
export type { CategoryColumn, Column, Labels, NumberColumn, Table, TextColumn } from './table.ts'
export { checkTarget, takeTarget } from './target.ts'
export type { AmountTarget, ClassTarget, Target } from './target.ts'
export { predictModel } from './predict-model.ts'
export { splitByTime } from './time-split.ts'
export type { TimeSplit } from './time-split.ts'
export { trainModel } from './train-model.ts'
export type { Learner, Progress, TrainedModel, TrainModelOptions } from './train-model.ts'
export type { Trained } from './trained.ts'
export { fitTrees, fitTreesTask, growTrees, trainTrees } from './trees.ts'
export type { FittedTrees, TreesOptions, TreesTaskOptions } from './trees.ts'
export { normaliseText } from './text/normalise.ts'
