/**
 * Features that no question asks for as it is: expressions of the recipe, computed from each
 * interview by the engine of the form version that it was held with, as on the device.
 *
 * A version that cannot compute one (it does not ask what the expression names) leaves all of
 * them blank: to the model they were not answered.
 */
import type { ModelInput } from '@murram/score'
import { createAnswersEvaluator, type Answers, type EvaluateAnswers, type Form } from '@murram/xform'

const nothing: EvaluateAnswers = () => new Map()

/** @returns The answers with what is computed from them beside, by the input's name. */
export function computedAnswers(
  inputs: readonly ModelInput[],
  formOf: (version: string) => Promise<Form | null>,
): (version: string, answers: Answers) => Promise<Answers> {
  const expressions = inputs
    .filter(({ name }, at) => inputs.findIndex(input => input.name === name) === at)
    .flatMap(({ name, expression }) => (expression === undefined ? [] : [{ name, expression }]))
  const known = new Map<string, EvaluateAnswers>()
  return async (version, answers) => {
    if (expressions.length === 0) return answers
    let evaluate = known.get(version)
    if (evaluate === undefined) {
      const form = await formOf(version)
      const made = form === null ? null : createAnswersEvaluator(form, expressions)
      evaluate = made?.ok === true ? made.value : nothing
      known.set(version, evaluate)
    }
    return { ...answers, ...Object.fromEntries(evaluate(answers)) }
  }
}
