/**
 * The form's calculations once more, for the truth: the same numbers by other means, so that
 * the form's own arithmetic is checked by each interview of the tests.
 */
import type { AnswersByName, Derived } from './household.ts'

const ANIMAL_UNITS = { cattle: 0.7, goats: 0.1, pigs: 0.2, poultry: 0.01 } as const

export function derive(answers: AnswersByName, members: readonly AnswersByName[]): Derived {
  const ages = members.map(member => Number(member['age']))
  const among = (test: (member: AnswersByName) => boolean): number => members.filter(test).length
  const householdSize = members.length
  const children = ages.filter(age => age < 15).length
  const elders = ages.filter(age => age >= 65).length
  const workers = householdSize - children - elders
  const livestockUnits = Object.entries(ANIMAL_UNITS)
    .map(([animal, unit]) => unit * Number(answers[animal] ?? 0))
    .reduce((sum, units) => sum + units, 0)
  const food = Object.entries(answers).filter(([name, value]) => name.startsWith('food_') && value === 'yes')
  return {
    householdSize,
    children,
    elders,
    dependencyRatio: workers > 0 ? hundredths((children + elders) / workers) : children + elders,
    childrenOutOfSchool: among(member => member['attends_school'] === 'no'),
    membersWithDisability: among(member => member['difficulty'] === 'a_lot' || member['difficulty'] === 'cannot'),
    headAge: ages[0] ?? 0,
    femaleHeaded: members[0]?.['sex'] === 'female',
    personsPerRoom: hundredths(householdSize / Number(answers['rooms'])),
    assetCount: chosen(answers['assets']),
    livestockUnits: hundredths(livestockUnits),
    foodInsecurityScore: food.length,
    incomePerPerson: Math.round(Number(answers['monthly_income']) / householdSize),
    shockCount: chosen(answers['shock_kinds']),
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100
const chosen = (answer = 'none'): number => answer.split(' ').filter(value => value !== 'none').length
