/** What a model reads of one interview: answers by name, and what expressions say of them. */
import type { Result } from '@murram/ground'
import { ok } from '@murram/ground'
import { toFeatureRow, type FeatureRow, type ModelInput } from '@murram/score'
import { createAnswersEvaluator, type Answers, type Form } from '@murram/xform'

export function readRow(form: Form, answers: Answers, inputs: readonly ModelInput[]): Result<FeatureRow> {
  const computed = computedAnswers(form, answers, inputs)
  if (!computed.ok) return computed
  return toFeatureRow(new Map([...answersByName(form, answers), ...computed.value]), inputs)
}

/** What the form asks once a household, by name; a question that was not asked is blank. */
function answersByName(form: Form, answers: Answers): ReadonlyMap<string, string> {
  const byName = new Map<string, string>()
  for (const { name, path, repeat } of form.questions) if (repeat === null) byName.set(name, answers[path] ?? '')
  return byName
}

/** What the model reads that no question asks for as it is: expressions over the answers. */
function computedAnswers(
  form: Form,
  answers: Answers,
  inputs: readonly ModelInput[],
): Result<ReadonlyMap<string, string>> {
  const expressions = inputs.flatMap(({ name, expression }) => (expression === undefined ? [] : [{ name, expression }]))
  if (expressions.length === 0) return ok(new Map())
  const evaluate = createAnswersEvaluator(form, expressions)
  return evaluate.ok ? ok(evaluate.value(answers)) : evaluate
}
