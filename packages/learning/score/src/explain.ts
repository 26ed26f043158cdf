/** Why the model says what it says: exact contributions in logits, for either kind of model. */
import { linearTerms, treeFeatures } from './evaluate.ts'
import type { FeatureRow } from './feature-row.ts'
import type { Model } from './model.ts'
import { explainTrees, type Explanation } from './tree-shap.ts'

export interface Reason {
  readonly input: string
  /** In logits; above 0 speaks for the positive class. */
  readonly contribution: number
}

export const explain = (model: Model, row: FeatureRow): Explanation =>
  model.kind === 'linear'
    ? { expected: model.intercept, contributions: Float64Array.from(linearTerms(model, row)) }
    : explainTrees(model, treeFeatures(model, row))

/** The inputs that moved the logit furthest; what moved nothing is no reason. */
export function topReasons(model: Model, row: FeatureRow, most: number): Reason[] {
  const { contributions } = explain(model, row)
  return model.inputs
    .map(({ name }, i) => ({ input: name, contribution: contributions[i]! }))
    .filter(({ contribution }) => Math.abs(contribution) > 1e-9)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, most)
}
