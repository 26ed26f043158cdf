/**
 * A population of households that anyone can draw again: `household(i)` depends on the seed and
 * on i, on nothing else. Documented for its users in models/vulnerability/population.md.
 *
 *   region, setting → poverty → people, house, livelihood (the answers) → probability → outcome
 *
 * Not here: how a household is interviewed (`respondent.ts`, `conduct-interview.ts`).
 */
import { clamp, diceFor, type Dice } from './dice.ts'
import { derive } from './derive.ts'
import { drawBelongings, drawDwelling, drawServices, type Place } from './draw-home.ts'
import { drawFood, drawIncome, drawLand, drawSavings, drawShocks } from './draw-livelihood.ts'
import { drawPeople } from './draw-people.ts'
import type { AnswersByName, Derived, Household } from './household.ts'
import { districts, sayings, villages, type Language, type Region, type Theme } from './places-and-names.ts'
import { vulnerabilityIndex, vulnerabilityProbability } from './vulnerability.ts'

export interface Population {
  readonly seed: number
  readonly household: (index: number) => Household
}

const REGIONS: Readonly<Record<Region, number>> = { central: 29, eastern: 27, northern: 21, western: 23 }
const REGION_POVERTY: Readonly<Record<Region, number>> = { central: -0.35, eastern: 0.1, northern: 0.5, western: -0.1 }
const SETTING_POVERTY = { rural: 0.2, trading_centre: -0.2, town: -0.5 } as const

export function createPopulation({ seed }: { readonly seed: number }): Population {
  return { seed, household: index => drawHousehold(diceFor(seed, 'household', String(index)), index) }
}

function drawHousehold(dice: Dice, index: number): Household {
  const region = dice.weighted(REGIONS)
  const setting = dice.weighted({ rural: 70, trading_centre: 18, town: region === 'central' ? 25 : 12 })
  const place: Place = { region, setting }
  const poverty = dice.normal(REGION_POVERTY[region] + SETTING_POVERTY[setting], 1)
  const language: Language = dice.chance(0.4) ? 'Swahili (sw)' : 'English (en)'

  const people = drawPeople(dice, region, poverty)
  const ages = people.members.map(member => Number(member['age']))
  const shocks = drawShocks(dice, place, poverty)
  const shockKinds = (shocks['shock_kinds'] ?? '').split(' ')
  const shockCount = shockKinds.filter(kind => kind !== 'none').length
  const answers: AnswersByName = {
    ...drawLocation(dice, place),
    ...drawContact(dice, poverty, people.members[0]?.['member_name'] ?? '', people.headMarital),
    orphans: String(people.orphans),
    ...drawDwelling(dice, place, poverty),
    ...drawServices(dice, place, poverty),
    ...drawBelongings(dice, place, poverty, people.members.length),
    ...drawLand(dice, place, poverty, shockKinds.includes('drought')),
    ...drawFood(dice, poverty, shockCount),
    ...drawIncome(dice, place, poverty, ages),
    ...shocks,
    ...drawSavings(dice, poverty),
  }
  const derived = derive(answers, people.members)
  const probability = vulnerabilityProbability(vulnerabilityIndex(answers, derived))
  const outcome = dice.chance(probability) ? 'vulnerable' : 'not_vulnerable'
  return {
    index,
    region,
    language,
    answers: { ...answers, comment: drawComment(dice, language, answers, derived) },
    members: people.members,
    truth: { probability, outcome },
  }
}

function drawLocation(dice: Dice, { region, setting }: Place): AnswersByName {
  const [district, { subcounties, latitude, longitude }] = dice.pick(Object.entries(districts[region]))
  const near = (degrees: number): string => (degrees + dice.normal(0, 0.06)).toFixed(5)
  const located = dice.chance(0.85)
  return {
    region,
    district,
    subcounty: dice.pick(subcounties),
    village: dice.pick(villages.first) + dice.pick(villages.second),
    setting,
    ...(located ? { gps: `${near(latitude)} ${near(longitude)} ${dice.whole(700, 1_900)} ${dice.whole(3, 20)}` } : {}),
  }
}

function drawContact(dice: Dice, poverty: number, headName: string, headMarital: string): AnswersByName {
  const school = -poverty + dice.normal(0, 0.9)
  const reachable = dice.chance(clamp(0.75 - 0.12 * poverty, 0.2, 0.97))
  const digits = String(dice.whole(0, 9_999_999)).padStart(7, '0')
  return {
    head_name: headName,
    head_marital: headMarital,
    head_education: school < -0.9 ? 'none' : school < 0.6 ? 'primary' : school < 1.8 ? 'secondary' : 'tertiary',
    has_phone: reachable ? 'yes' : 'no',
    ...(reachable ? { phone: `07${dice.pick(['0', '5', '7', '8'])}${digits}` } : {}),
  }
}

/** More than half say nothing; the others speak of what weighs on them. No coefficient reads it. */
function drawComment(dice: Dice, language: Language, answers: AnswersByName, derived: Derived): string {
  if (dice.chance(0.55)) return ''
  const weighs: Readonly<Record<Theme, boolean>> = {
    hunger: derived.foodInsecurityScore >= 5,
    school: derived.childrenOutOfSchool > 0,
    water: Number(answers['water_minutes']) > 60,
    health: derived.membersWithDisability > 0,
    weather: /drought|flood/.test(answers['shock_kinds'] ?? ''),
    debt: Number(answers['debt'] ?? 0) > 300_000,
    well: derived.foodInsecurityScore <= 2,
  }
  const themes = (Object.keys(weighs) as Theme[]).filter(theme => weighs[theme])
  return themes.length === 0 ? '' : dice.pick(sayings[language][dice.pick(themes)])
}
