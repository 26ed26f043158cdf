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
import type { Form, QuestionInfo, QuestionKind } from '@murram/xform'
import { isSlope, type Recipe } from './recipe.ts'

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
  const inputs = (recipe.features === 'all' ? allFeatures(form) : listed(recipe.features, questions, problems)).filter(
    ({ name }) => !recipe.exclude.includes(name),
  )
  for (const [name, points] of Object.entries(recipe.prior.points)) {
    const input = inputs.find(input => input.name === name)
    if (input === undefined) problems.push(`prior.points: ${name} is not among the features`)
    else if ((input.kind === 'number') !== isSlope(points)) {
      problems.push(
        `prior.points.${name}: a ${input.kind} takes ${input.kind === 'number' ? 'perUnit' : 'points by answer'}`,
      )
    } else if (!isSlope(points)) problems.push(...unknownAnswers(questions.get(name)!, Object.keys(points)))
  }
  if (inputs.length === 0) problems.push(`features: the form ${form.formId} has no question that a model can read`)
  return problems.length === 0 ? ok(inputs) : err(fault('recipe.invalid', problems.join('; '), { lines: problems }))
}

/** Whether a version of the form asks all that a model reads. */
export const canRead = (form: Form, inputs: readonly ModelInput[]): boolean =>
  inputs.every(({ name, from = name }) =>
    form.questions.some(question => question.name === from && isReadable(question)),
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
  questions: ReadonlyMap<string, QuestionInfo>,
  problems: string[],
): readonly ModelInput[] {
  return features.flatMap(feature => {
    const { name, kind, unit } =
      typeof feature === 'string' ? { name: feature } : { kind: undefined, unit: undefined, ...feature }
    const question = questions.get(name)
    const read = kind ?? (question === undefined ? undefined : inputKind[question.kind])
    if (question === undefined) problems.push(`features: the form has no question ${name}`)
    else if (!isReadable(question)) problems.push(`features: ${name} is an outcome, sealed, or inside a repeat`)
    else if (read === undefined) problems.push(`features: ${name} is a ${question.kind} question; say {name, kind}`)
    else return [{ name, kind: read, ...(unit === undefined ? {} : { unit }) }]
    return []
  })
}

function unknownAnswers(question: QuestionInfo, answers: readonly string[]): string[] {
  const choices = question.choices('default').map(({ value }) => value)
  if (choices.length === 0) return []
  return answers
    .filter(answer => answer !== '' && !choices.includes(answer))
    .map(answer => `prior.points.${question.name}: ${answer} is not a choice`)
}
