import { expect, test } from 'vitest'
import { unwrap } from '@murram/ground'
import { entityWrite } from '@murram/xform'
import { conductInterview, type Respondent } from './conduct-interview.ts'
import { derive } from './derive.ts'
import { compileWorkbook, openFresh } from './form-under-test.ts'
import { createPopulation } from './population.ts'
import { respondentOf, type Visit } from './respondent.ts'
import { listedAgain, mistakenIncome } from './scenarios.ts'

const SEED = 4
const { form } = await compileWorkbook('models/vulnerability/form.xlsx')
const population = createPopulation({ seed: SEED })
const visit: Visit = { date: '2026-10-05', interviewer: 'Akello Grace' }
const indexes = Array.from({ length: 60 }, (_, i) => i)

test('I1 every relevant question is asked, the roster grows to the household, and the interview can be finalised', () => {
  for (const index of indexes) {
    const household = population.household(index)
    const session = openFresh(form)
    const { setAside, answered } = conductInterview(session, respondentOf(SEED, household, visit))
    expect(setAside).toBeNull()
    const { answers } = unwrap(session.finalise())
    expect(answered).toBeGreaterThan(50)
    for (const [i, member] of household.members.entries()) {
      for (const [name, value] of Object.entries(member)) expect(answers[`roster[${i + 1}]/${name}`]).toBe(value)
    }
    expect(answers[`roster[${household.members.length + 1}]/age`]).toBeUndefined()
    const left = session.questions().filter(({ required, kind, value }) => required && kind !== 'note' && value === '')
    expect(left).toEqual([])
  }
})

test('what the form calculates is what the generator knows', () => {
  for (const index of indexes) {
    const household = population.household(index)
    const session = openFresh(form)
    conductInterview(session, respondentOf(SEED, household, { ...visit, slips: false }))
    const { answers } = unwrap(session.finalise())
    const truth = derive(household.answers, household.members)
    const calculated = Object.fromEntries(
      Object.entries(answers).map(([ref, value]) => [ref.slice(ref.lastIndexOf('/') + 1), Number(value)]),
    )
    expect(calculated['household_size']).toBe(truth.householdSize)
    expect(calculated['children']).toBe(truth.children)
    expect(calculated['elders']).toBe(truth.elders)
    expect(calculated['head_age']).toBe(truth.headAge)
    expect(calculated['female_headed']).toBe(truth.femaleHeaded ? 1 : 0)
    expect(calculated['children_out_of_school']).toBe(truth.childrenOutOfSchool)
    expect(calculated['members_with_disability']).toBe(truth.membersWithDisability)
    expect(calculated['asset_count']).toBe(truth.assetCount)
    expect(calculated['shock_count']).toBe(truth.shockCount)
    expect(calculated['food_insecurity_score']).toBe(truth.foodInsecurityScore)
    expect(calculated['income_per_person']).toBe(truth.incomePerPerson)
    expect(calculated['dependency_ratio']).toBeCloseTo(truth.dependencyRatio, 1)
    expect(calculated['persons_per_room']).toBeCloseTo(truth.personsPerRoom, 1)
    expect(calculated['livestock_units']).toBeCloseTo(truth.livestockUnits, 1)
  }
})

test('I2 slips of every kind are refused with the message of the form, in the language of the interview', () => {
  const refused = Array.from({ length: 240 }, (_, index) => {
    const household = population.household(index)
    const interview = conductInterview(openFresh(form), respondentOf(SEED, household, visit))
    expect(interview.setAside).toBeNull()
    return interview.refused.map(refusal => ({ ...refusal, language: household.language }))
  }).flat()
  const asked = 240 * 80
  expect(refused.length / asked).toBeGreaterThan(0.01)
  expect(refused.length / asked).toBeLessThan(0.03)
  expect(refused.every(({ message }) => message.length > 3)).toBe(true)
  const values = new Set(refused.map(({ value }) => value))
  expect(values).toContain('')
  expect(values).toContain('212')
  expect(values).toContain('not_on_the_list')
  expect([...values].some(value => value.startsWith('none '))).toBe(true)
  const ages = refused.filter(({ ref, value }) => ref.endsWith('/age') && value === '212')
  expect(new Set(ages.map(({ language, message }) => `${language}: ${message}`))).toEqual(
    new Set(['English (en): An age lies between 0 and 110 years.', 'Swahili (sw): Umri uwe kati ya miaka 0 na 110.']),
  )
})

test('I2 a form that takes a slip is an error', () => {
  const honest = respondentOf(SEED, population.household(0), { ...visit, slips: false })
  const slipping: Respondent = {
    ...honest,
    reply: question => ({ ...honest.reply(question), slips: question.name === 'village' ? ['anywhere'] : [] }),
  }
  expect(() => conductInterview(openFresh(form), slipping)).toThrow('location/village took "anywhere"')
})

test('I3 a refused answer leaves an optional question blank and sets the interview aside at a required one', () => {
  const honest = respondentOf(SEED, population.household(0), { ...visit, slips: false })
  const saying = (name: string, answer: string): Respondent => ({
    ...honest,
    reply: question => (question.name === name ? { slips: [], answer } : honest.reply(question)),
  })
  const blank = conductInterview(openFresh(form), saying('gps', 'by the church'))
  expect(blank).toMatchObject({ setAside: null, refused: [{ ref: 'location/gps', value: 'by the church' }] })
  const aside = conductInterview(openFresh(form), saying('rooms', '0'))
  expect(aside.setAside).toMatchObject({ ref: 'dwelling/rooms', value: '0' })
  expect(aside.setAside?.message).toContain('at least one room')
})

test('without consent nothing more is asked and no entity is written', () => {
  const honest = respondentOf(SEED, population.household(0), { ...visit, slips: false })
  const session = openFresh(form)
  const { answered, setAside } = conductInterview(session, {
    ...honest,
    reply: question => (question.name === 'consent' ? { slips: [], answer: 'no' } : honest.reply(question)),
  })
  expect({ answered, setAside }).toEqual({ answered: 4, setAside: null })
  expect(entityWrite(form, unwrap(session.finalise()).answers)).toBeNull()
})

test('a first visit creates the household, a follow-up updates it, a correction keeps its number, a second listing creates another', () => {
  const household = population.household(7)
  const first = openFresh(form)
  conductInterview(first, respondentOf(SEED, household, { ...visit, changes: mistakenIncome(household).wrong }))
  const said = unwrap(first.finalise()).answers
  const created = entityWrite(form, said)
  expect(created).toMatchObject({ dataset: 'household', action: 'create', set: { roof: household.answers['roof'] } })
  expect(created?.label).toBe(`${household.answers['head_name']}, ${household.answers['village']}`)
  expect(created?.set['monthly_income']).toBe(mistakenIncome(household).wrong['monthly_income'])
  const entityId = created?.entityId ?? ''

  const followUp = openFresh(form)
  conductInterview(
    followUp,
    respondentOf(SEED, household, {
      date: '2026-11-02',
      interviewer: 'Mugisha Ivan',
      entityId,
      changes: { roof: 'tile' },
    }),
  )
  const updated = entityWrite(form, unwrap(followUp.finalise()).answers)
  expect(updated).toMatchObject({ entityId, action: 'update', set: { roof: 'tile' } })

  const correction = openFresh(form, { answers: said, deprecatedId: first.instanceId })
  conductInterview(correction, respondentOf(SEED, household, { ...visit, slips: false }))
  const corrected = entityWrite(form, unwrap(correction.finalise()).answers)
  expect(corrected).toMatchObject({ entityId, set: { monthly_income: household.answers['monthly_income'] } })

  const again = openFresh(form)
  conductInterview(again, respondentOf(SEED, listedAgain(SEED, household), visit))
  const duplicate = entityWrite(form, unwrap(again.finalise()).answers)
  expect(duplicate?.action).toBe('create')
  expect(duplicate?.entityId).not.toBe(entityId)
})
