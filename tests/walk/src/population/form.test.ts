import { expect, test } from 'vitest'
import { compileWorkbook } from './form-under-test.ts'
import { districts } from './places-and-names.ts'
import { createPopulation } from './population.ts'

const { conversion, form } = await compileWorkbook('models/vulnerability/form.xlsx')
const unasked = new Set(['note', 'calculate', 'other'])
const asked = form.questions.filter(({ kind, readOnly }) => !readOnly && !unasked.has(kind))
const values = (name: string): readonly string[] =>
  form.questions
    .find(question => question.name === name)
    ?.choices('English (en)')
    .map(({ value }) => value) ?? []

test('the household survey converts without a warning and knows two languages', () => {
  expect(conversion.warnings).toEqual([])
  expect(form).toMatchObject({
    formId: 'household_vulnerability',
    version: '2026112101',
    languages: ['English (en)', 'Swahili (sw)'],
  })
})

test('it asks about 60 questions, each with a text of its own in each language', () => {
  expect(asked.length).toBeGreaterThanOrEqual(60)
  expect(asked.length).toBeLessThanOrEqual(72)
  for (const question of asked) {
    const [english, swahili] = form.languages.map(language => question.label(language))
    expect(english).not.toBe('')
    expect(swahili).not.toBe('')
    expect(swahili).not.toBe(english)
  }
})

test('what the model may read is scalar and names nobody', () => {
  const features = form.questions.filter(question => question.feature)
  expect(features.length).toBeGreaterThan(40)
  for (const { kind, sensitive, repeat } of features) {
    expect(['select-one', 'integer', 'decimal', 'calculate']).toContain(kind)
    expect(sensitive).toBe('plain')
    expect(repeat).toBeNull()
  }
  const masked = form.questions.filter(question => question.sensitive === 'masked').map(question => question.name)
  expect(masked.toSorted()).toEqual(['gps', 'head_name', 'interviewer', 'member_name', 'phone'])
})

test('a household keeps about ten properties, named like their questions', () => {
  expect(form.entity?.dataset).toBe('household')
  expect(Object.values(form.entity?.saveTo ?? {}).toSorted()).toEqual([
    'district',
    'food_insecurity_score',
    'head_name',
    'household_size',
    'livestock_units',
    'monthly_income',
    'phone',
    'roof',
    'setting',
    'toilet',
    'village',
    'water_source',
  ])
})

test('the places of the population are those of the form', () => {
  expect(Object.keys(districts).toSorted()).toEqual(values('region').toSorted())
  const inForm = Object.values(districts).flatMap(byName => Object.keys(byName))
  expect(inForm.toSorted()).toEqual(values('district').toSorted())
  const subcounties = Object.values(districts).flatMap(byName => Object.values(byName).flatMap(d => d.subcounties))
  expect(subcounties.toSorted()).toEqual(values('subcounty').toSorted())
})

test('the population answers no question that the form does not ask', () => {
  const names = new Set(asked.map(question => question.name))
  for (let index = 0; index < 300; index += 1) {
    const { answers, members } = createPopulation({ seed: 2 }).household(index)
    const strange = [answers, ...members].flatMap(Object.keys).filter(name => !names.has(name))
    expect(strange).toEqual([])
  }
})
