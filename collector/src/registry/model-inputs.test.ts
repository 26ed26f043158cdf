import { unwrap } from '@murram/ground'
import type { Form, QuestionInfo } from '@murram/xform'
import { expect, test } from 'vitest'
import { household } from '../retrain/test-house.ts'
import { canRead, modelInputs, unreadFeatures } from './model-inputs.ts'
import { parseRecipe } from './recipe.ts'

const base = `name: m
form: household
outcome: { classes: [no, yes], positive: yes }
prior: { baseRate: 0.5 }
`
const recipe = (more: string) => unwrap(parseRecipe(base + more))
const first = household.questions[0]!
const asked = (name: string, kind: QuestionInfo['kind'], more: Partial<QuestionInfo> = {}): QuestionInfo => ({
  ...first,
  name,
  kind,
  path: name,
  feature: false,
  choices: () => [],
  ...more,
})
const form: Form = {
  ...household,
  questions: [
    asked('roof', 'select-one'),
    asked('size', 'integer'),
    asked('acres', 'decimal'),
    asked('ratio', 'calculate'),
    asked('name', 'text'),
    asked('seen', 'date'),
    asked('gps', 'geopoint'),
    asked('income', 'integer', { sensitive: 'sealed' }),
    asked('age', 'integer', { repeat: 'roster' }),
    asked('poor', 'select-one', { outcome: true }),
  ],
}
const names = (result: ReturnType<typeof modelInputs>) => unwrap(result).map(({ name, kind }) => `${name} ${kind}`)

test('all: where nothing is marked, every closed or numeric question, and nothing that must not be read', () => {
  expect(names(modelInputs(recipe('features: all\n'), form))).toEqual(['roof category', 'size number', 'acres number'])
  expect(names(modelInputs(recipe('features: all\nexclude: [acres]\n'), form))).toEqual([
    'roof category',
    'size number',
  ])
})

test('all: where the form marks features, those and no others, calculated ones as numbers', () => {
  const mark = (question: QuestionInfo) => ({
    ...question,
    feature: ['ratio', 'roof', 'poor', 'age'].includes(question.name),
  })
  const marked = { ...form, questions: form.questions.map(mark) }
  const read = modelInputs(recipe('features: all\n'), marked)
  expect(names(read)).toEqual(['roof category', 'ratio number'])
  expect(unreadFeatures(marked, unwrap(read))).toEqual(['age', 'poor'])
})

test('a list names questions, with kind and unit where it needs to', () => {
  const listed = recipe('features: [size, { name: ratio, kind: category }, { name: acres, unit: acre }]\n')
  expect(unwrap(modelInputs(listed, form))).toEqual([
    { name: 'size', kind: 'number' },
    { name: 'ratio', kind: 'category' },
    { name: 'acres', kind: 'number', unit: 'acre' },
  ])
})

test.each([
  ['features: [rooof]', /no question rooof/],
  ['features: [income]', /income is an outcome, sealed, or inside a repeat/],
  ['features: [poor]', /poor is an outcome/],
  ['features: [age]', /age is an outcome, sealed, or inside a repeat/],
  ['features: [name]', /name is a text question; say \{name, kind\}/],
  ['features: all\nexclude: [rooof]', /exclude: the form household has no question rooof/],
])('%s is refused by name', (more, message) => {
  expect(modelInputs(recipe(`${more}\n`), form)).toMatchObject({
    error: { fault: 'recipe.invalid', detail: expect.stringMatching(message) },
  })
})

test('points must fit the kind of their question, and its choices', () => {
  const withPoints = (points: string) =>
    unwrap(parseRecipe(base.replace('baseRate: 0.5', `baseRate: 0.5, points: ${points}`) + 'features: all\n'))
  const choices = () => [{ value: 'thatch', label: 'Thatch' }]
  const closed = { ...form, questions: form.questions.map(q => (q.name === 'roof' ? { ...q, choices } : q)) }
  const refused = (points: string) => modelInputs(withPoints(points), closed)
  expect(refused('{ roof: { thatch: 1, "": 0.5 }, size: { perUnit: 1 } }')).toMatchObject({ ok: true })
  expect(refused('{ roof: { tin: 1 } }')).toMatchObject({ error: { detail: 'prior.points.roof: tin is not a choice' } })
  expect(refused('{ roof: { perUnit: 1 } }')).toMatchObject({
    error: { detail: expect.stringMatching(/takes points by answer/) },
  })
  expect(refused('{ size: { big: 1 } }')).toMatchObject({ error: { detail: expect.stringMatching(/takes perUnit/) } })
  expect(refused('{ name: { x: 1 } }')).toMatchObject({
    error: { detail: expect.stringMatching(/not among the features/) },
  })
})

test('a form version can be read that still asks everything', () => {
  const inputs = unwrap(modelInputs(recipe('features: [roof, size]\n'), form))
  const without = (name: string) => ({ ...form, questions: form.questions.filter(question => question.name !== name) })
  expect(canRead(without('acres'), inputs)).toBe(true)
  expect(canRead(without('size'), inputs)).toBe(false)
})
