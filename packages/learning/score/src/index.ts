export type { FeatureColumns, FeatureRow } from './answers.ts'
export type { Abstention, Assessment, ShadowScore } from './assessment.ts'
export {
  FRESH_MS,
  FRESHNESS_PURPOSE,
  isOrderHere,
  isVouchedFor,
  ordersMissed,
  raiseStated,
  SignedFreshnessSchema,
  verifyFreshness,
} from './freshness.ts'
export type { FreshnessFault, FreshnessStatement, StatedNumbers, StatedOrder, StatedRelease } from './freshness.ts'
export { makeBundle, verifyFiles } from './bundle.ts'
export type { Bundle, BundleFiles, BundleParts } from './bundle.ts'
export {
  createSketcher,
  emptySketch,
  mergeSketches,
  packSketch,
  planSketch,
  referenceSketch,
  unpackSketch,
} from './drift-sketch.ts'
export type { Sketch, Sketcher, SketchPlan, SketchQuestion } from './drift-sketch.ts'
export { compareSketches, DRIFT_ROWS, gammaUpper } from './drift-tests.ts'
export type { QuestionDrift } from './drift-tests.ts'
export { createEvaluator, evaluate } from './evaluate.ts'
export { createExplainer, topReasons } from './explain.ts'
export type { Explainer, Reason } from './explain.ts'

export type { ForeignModel } from './foreign-model.ts'
export { toFeatureRow } from './feature-row.ts'

export {
  BUNDLE_FILES,
  MAX_BUNDLE_BYTES,
  ManifestSchema,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ReleaseKeyCertificateSchema,
} from './manifest.ts'
export type { BundleFile, Conformal, Manifest, ModelInput, ReleaseKeyCertificate } from './manifest.ts'
export { isoWeek } from './iso-week.ts'
export { Model1Schema } from './model-format-1.ts'
export { isOwn, ModelSchema, taskOf } from './model.ts'
export type { Model, OwnModel } from './model.ts'
export { checkOps, readOnnx } from './onnx-facts.ts'
export type { OnnxFacts, OnnxNode, OnnxPort } from './onnx-facts.ts'
export { readNumber, toDays } from './read-number.ts'
export type { DateOrder, NumberReading } from './read-number.ts'
export { parseManifest, verifyRelease, verifySignedRelease } from './release.ts'
export { CHALLENGER_PURPOSE, placeOf, ringOf, ROLLOUT_PURPOSE, stepOf, verifyRolloutOrder } from './rollout-order.ts'
export type { RolloutOrder } from './rollout-order.ts'
export type { ReleaseCheck } from './release.ts'
export {
  addSignature,
  ROLES,
  ROOT_PURPOSE,
  rootOfEnrolment,
  RootDocumentSchema,
  SignedRootSchema,
  signersOf,
  verifyByRelease,
  verifyByRole,
  verifyNextRoot,
  walkRoots,
} from './root-document.ts'
export type { Role, RoleName, RootDocument, SignedBySeveral, Trust, TrustedKey } from './root-document.ts'
export { makeVectors } from './vectors.ts'
export type { Vectors } from './vectors.ts'
export { compareScores, SCORE_BINS, scoreBin, scoreBins } from './score-bins.ts'
export { reasonSentence, reasonsInWords } from './sentences.ts'
export type { ReasonInWords, ReasonWords } from './sentences.ts'
export { createRowReader } from './row-reader.ts'
export type { Reading } from './row-reader.ts'
