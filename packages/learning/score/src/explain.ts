/**
 * Why the model says what it says: exact contributions, in log odds (or in the amount's own
 * unit), for each kind of model that is ours.
 *
 * Of several classes, a contribution is to the class that is asked about, against the average
 * of all: adding the same to every class changes nothing, so it must not count.
 *
 * Not here: graphs made elsewhere (explain-foreign.ts), and the words for it (sentences.ts).
 */
import { createSums, offsetOf, softmax } from './evaluate.ts'
import type { FeatureRow } from './answers.ts'
import { createLinearTerms } from './linear-terms.ts'
import type { ModelInput } from './manifest.ts'
import type { OwnModel } from './model.ts'
import { asFormat2, outputsOf, type LinearModel2, type Model2, type TreeModel2 } from './model-format-2.ts'
import { textOf } from './text-of.ts'
import { createTextTerms, type TextTerms } from './text-terms.ts'
import { createTreeFeatures } from './tree-features.ts'
import { createTreeExplainer } from './tree-shap.ts'

export interface Explanation {
  /** What the model says of nobody in particular. */
  readonly expected: number
  /** In the order of the inputs. */
  readonly contributions: Float64Array
}

export interface Reason {
  /** The question; inputs that are read from one question count as one. */
  readonly input: string
  /** In log odds; above 0 speaks for the positive class (of several: the class that is named). */
  readonly contribution: number
  /** Of a text: its words that weighed most in this direction, the heaviest first. */
  readonly words?: readonly string[]
}

export interface Explainer {
  /** @param output The class that is asked about, where there are several; else 0. */
  readonly explain: (row: FeatureRow, output: number) => Explanation
  /** The questions that moved it furthest; what moved nothing is no reason. */
  readonly reasons: (row: FeatureRow, output: number, most: number) => Reason[]
}

/** The model made ready once: explaining many rows costs the rows alone. */
export function createExplainer(model: OwnModel, manifestInputs?: readonly ModelInput[]): Explainer {
  const model2 = asFormat2(model)
  const explain = model2.kind === 'linear' ? explainLinear(model2) : explainTrees(model2)
  const questions = questionsOf(model2, manifestInputs)
  const words = textWords(model2)
  return {
    explain,
    reasons: (row, output, most) =>
      heaviest(questions, explain(row, output).contributions, most).map(reason => {
        const named = words?.(row, reason, output) ?? []
        return named.length === 0 ? reason : { ...reason, words: named }
      }),
  }
}

/** The question of each input. */
const questionsOf = (
  { inputs }: { readonly inputs: readonly { readonly name: string }[] },
  read?: readonly ModelInput[],
) => {
  const froms = new Map(read?.map(({ name, from }) => [name, from ?? name]))
  return inputs.map(({ name }) => froms.get(name) ?? name)
}

const NOTHING = 1e-9

/** Contributions summed by question; the heaviest first. */
export function heaviest(questions: readonly string[], contributions: Float64Array, most: number): Reason[] {
  const sums = new Map<string, number>()
  for (const [i, question] of questions.entries()) sums.set(question, (sums.get(question) ?? 0) + contributions[i]!)
  return [...sums]
    .map(([input, contribution]) => ({ input, contribution }))
    .filter(({ contribution }) => Math.abs(contribution) > NOTHING)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, most)
}

/** How much each output's sum counts for the class that is asked about. */
function weighOutputs(outputs: number, output: number): Float64Array {
  const weights = new Float64Array(outputs).fill(outputs === 1 ? 0 : -1 / outputs)
  weights[output]! += 1
  return weights
}

/** The offset of the region is a contribution of the question that names it. */
function withRegion(model: Model2, row: FeatureRow, contributions: Float64Array): Float64Array {
  const { regions, inputs } = model
  if (regions !== undefined)
    contributions[inputs.findIndex(({ name }) => name === regions.input)]! += offsetOf(model, row)
  return contributions
}

function explainLinear(model: LinearModel2): Explainer['explain'] {
  const outputs = outputsOf(model)
  const terms = createLinearTerms(model)
  return (row, output) => {
    const weights = weighOutputs(outputs, output)
    const all = terms(row)
    const contributions = Float64Array.from(model.inputs, (_, i) =>
      weights.reduce((sum, weight, k) => sum + weight * all[i * outputs + k]!, 0),
    )
    const expected = model.intercepts.reduce((sum, intercept, k) => sum + weights[k]! * intercept, 0)
    return { expected, contributions: withRegion(model, row, contributions) }
  }
}

function explainTrees(model: TreeModel2): Explainer['explain'] {
  const { inputs, base, trees } = model
  const features = createTreeFeatures(model)
  const explainers = base.map((start, k) => createTreeExplainer(start, trees[k]!, inputs.length))
  return (row, output) => {
    const weights = weighOutputs(base.length, output)
    const contributions = new Float64Array(inputs.length)
    const all = features(row)
    let expected = 0
    for (const [k, explainer] of explainers.entries()) {
      const part = new Float64Array(inputs.length)
      explainer.addContributions(all[k]!, part)
      for (let i = 0; i < part.length; i++) contributions[i]! += weights[k]! * part[i]!
      expected += weights[k]! * explainer.expected
    }
    return { expected, contributions: withRegion(model, row, contributions) }
  }
}

const WORDS = 3

/** Of the texts of a model, the words that moved it the way the whole text did. */
function textWords(model: Model2): ((row: FeatureRow, reason: Reason, output: number) => string[]) | null {
  if (model.kind === 'trees') return null
  const outputs = outputsOf(model)
  const texts = new Map<string, TextTerms>(
    model.inputs.flatMap(input => (input.kind === 'text' ? [[input.name, createTextTerms(input, outputs)]] : [])),
  )
  return (row, { input, contribution }, output) => {
    const text = row[input]
    const terms = texts.get(input)
    if (terms === undefined || typeof text !== 'string') return []
    return [...terms.byWord(textOf(text), weighOutputs(outputs, output))]
      .filter(([, share]) => share * contribution > 0 && Math.abs(share) > NOTHING)
      .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
      .slice(0, WORDS)
      .map(([word]) => word)
  }
}

/** The class that a model of ours names of a row: for callers without its graph. */
export function likeliestOutput(model: OwnModel): (row: FeatureRow) => number {
  const model2 = asFormat2(model)
  const sums = createSums(model2)
  if (model2.task !== 'multiclass') return () => 0
  return row => {
    const said = softmax(sums(row))
    return said.indexOf(Math.max(...said))
  }
}

/** The reasons of one row of a model of ours; to explain many, keep an `Explainer`. */
export const topReasons = (model: OwnModel, row: FeatureRow, most: number): Reason[] =>
  createExplainer(model).reasons(row, likeliestOutput(model)(row), most)
