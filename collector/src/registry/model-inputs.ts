/**
 * Which questions of a form a model reads, and as what.
 *
 * `features: all` means the questions that the form marks as features or, where it marks
 * none, every question with a closed or numeric answer. Never an outcome, a sealed answer, a
 * question inside a repeat (a household has one value of each input), an id or free text.
 *
 * Not here: how an answer becomes a feature (`toFeatureRow` of @murram/score, for both houses).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { ModelInput } from '@murram/score'
import { createAnswersEvaluator, type Form, type QuestionInfo, type QuestionKind } from '@murram/xform'
import { isSlope, priorPoints, type Recipe } from './recipe.ts'

/** A calculated value is read as a number; a recipe that needs one as a category says so. */
const inputKind: Partial<Record<QuestionKind, 'category' | 'number'>> = {
  integer: 'number',
  decimal: 'number',
  calculate: 'number',
  'select-one': 'category',
}

/** @returns The inputs in the form's order, or `recipe.invalid` that names each question at fault. */
export function modelInputs(recipe: Recipe, form: Form): Result<readonly ModelInput[], FaultOf<'recipe.invalid'>> {
  const problems: string[] = []
  const questions = new Map(form.questions.toReversed().map(question => [question.name, question]))
  for (const name of recipe.exclude) {
    if (!questions.has(name)) problems.push(`exclude: the form ${form.formId} has no question ${name}`)
  }
  const inputs = (
    recipe.features === 'all' ? allFeatures(form) : listed(recipe.features, form, questions, problems)
  ).filter(({ name }) => !recipe.exclude.includes(name))
  for (const [name, points] of Object.entries(priorPoints(recipe))) {
    const input = inputs.find(input => input.name === name)
    if (input === undefined) problems.push(`prior.points: ${name} is not among the features`)
    else if ((input.kind === 'number') !== isSlope(points)) {
      problems.push(
        `prior.points.${name}: a ${input.kind} takes ${input.kind === 'number' ? 'perUnit' : 'points by answer'}`,
      )
    } else if (!isSlope(points) && questions.has(name))
      problems.push(...unknownAnswers(questions.get(name)!, Object.keys(points)))
  }
  if (inputs.length === 0) problems.push(`features: the form ${form.formId} has no question that a model can read`)
  return problems.length === 0 ? ok(inputs) : err(fault('recipe.invalid', problems.join('; '), { lines: problems }))
}

/** Whether a version of the form asks all that a model reads. */
export const canRead = (form: Form, inputs: readonly ModelInput[]): boolean =>
  inputs.every(({ name, from = name, expression }) =>
    expression === undefined
      ? form.questions.some(question => question.name === from && isReadable(question))
      : createAnswersEvaluator(form, [{ name, expression }]).ok,
  )

/** What the form marks and a model leaves out, by name: lists, dates, texts, what is inside a repeat. */
export const unreadFeatures = (
  form: Form,
  inputs: readonly ModelInput[],
  exclude: readonly string[] = [],
): readonly string[] =>
  form.questions
    .filter(({ feature, name }) => feature && ![...exclude, ...inputs.map(input => input.name)].includes(name))
    .map(({ name }) => name)

const isReadable = ({ repeat, sensitive, outcome }: QuestionInfo): boolean =>
  repeat === null && sensitive !== 'sealed' && !outcome

function allFeatures(form: Form): readonly ModelInput[] {
  const marked = form.questions.filter(question => question.feature && isReadable(question))
  const unmarked = form.questions.filter(question => isReadable(question) && question.kind !== 'calculate')
  return (marked.length > 0 ? marked : unmarked).flatMap(({ name, kind }) => {
    const read = inputKind[kind]
    return read === undefined ? [] : [{ name, kind: read }]
  })
}

function listed(
  features: Exclude<Recipe['features'], 'all'>,
  form: Form,
  questions: ReadonlyMap<string, QuestionInfo>,
  problems: string[],
): readonly ModelInput[] {
  return features.flatMap(feature => {
    const { name, kind, unit, expression } =
      typeof feature === 'string'
        ? { name: feature }
        : { kind: undefined, unit: undefined, expression: undefined, ...feature }
    if (expression !== undefined)
      return computed(form, { name, expression, kind: kind ?? 'number', unit }, questions, problems)
    const question = questions.get(name)
    const read = kind ?? (question === undefined ? undefined : inputKind[question.kind])
    if (question === undefined) problems.push(`features: the form has no question ${name}`)
    else if (!isReadable(question)) problems.push(`features: ${name} is an outcome, sealed, or inside a repeat`)
    else if (read === undefined) problems.push(`features: ${name} is a ${question.kind} question; say {name, kind}`)
    else return [{ name, kind: read, ...(unit === undefined ? {} : { unit }) }]
    return []
  })
}

/** A feature that is computed from the interview; an expression that this form cannot compute is a problem. */
function computed(
  form: Form,
  {
    name,
    expression,
    kind,
    unit,
  }: { name: string; expression: string; kind: ModelInput['kind']; unit?: string | undefined },
  questions: ReadonlyMap<string, QuestionInfo>,
  problems: string[],
): readonly ModelInput[] {
  if (questions.has(name))
    problems.push(`features: ${name} is a question already; an expression needs a name of its own`)
  if (/[/]|\.\./.test(expression.replaceAll(/\$\{[^}]*\}/g, '')))
    problems.push(`features: ${name} walks by paths; an expression names questions as \${question}`)
  for (const [, read = ''] of expression.matchAll(/\$\{\s*([^}\s]+)\s*\}/g)) {
    const question = questions.get(read)
    if (question?.sensitive === 'sealed' || question?.outcome === true)
      problems.push(`features: ${name} reads ${read}, which is an outcome or sealed`)
  }
  const evaluator = createAnswersEvaluator(form, [{ name, expression }])
  if (!evaluator.ok) problems.push(`features: ${evaluator.error.detail ?? name}`)
  return [{ name, kind, expression, ...(unit === undefined ? {} : { unit }) }]
}

function unknownAnswers(question: QuestionInfo, answers: readonly string[]): string[] {
  const choices = question.choices('default').map(({ value }) => value)
  if (choices.length === 0) return []
  return answers
    .filter(answer => answer !== '' && !choices.includes(answer))
    .map(answer => `prior.points.${question.name}: ${answer} is not a choice`)
}
