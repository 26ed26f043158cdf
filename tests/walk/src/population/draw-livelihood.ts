/** Land, harvest, shocks, food, money: how a household lives, drawn after who and where it is. */
import { clamp, logistic, type Dice } from './dice.ts'
import type { AnswersByName } from './household.ts'
import type { Place } from './draw-home.ts'
import { crops } from './places-and-names.ts'

export function drawShocks(dice: Dice, { region }: Place, poverty: number): AnswersByName {
  const north = region === 'northern'
  // prettier-ignore
  const chances = {
    drought: north ? 0.4 : region === 'eastern' ? 0.22 : 0.12, flood: region === 'eastern' ? 0.15 : 0.05,
    illness: 0.22, death: 0.07, pests: 0.15, theft: 0.06, prices: 0.25,
  }
  const met = Object.entries(chances)
    .filter(([, chance]) => dice.chance(logistic(Math.log(chance / (1 - chance)) + 0.25 * poverty)))
    .map(([name]) => name)
  if (met.length === 0) return { shock_kinds: 'none' }
  // prettier-ignore
  const coping = dice.weighted({
    savings: Math.exp(1 - 0.8 * poverty), borrowed: 2, sold: 2, ate_less: Math.exp(0.6 + 0.6 * poverty),
    school_out: Math.exp(-1 + 0.5 * poverty), help: 1.5, nothing: Math.exp(-0.3 + 0.4 * poverty),
  })
  return { shock_kinds: met.join(' '), coping }
}

export function drawLand(dice: Dice, { region, setting }: Place, poverty: number, dry: boolean): AnswersByName {
  const chance = { rural: 0.9, trading_centre: 0.6, town: 0.25 }[setting]
  if (!dice.chance(clamp(chance - 0.04 * poverty, 0.05, 0.97))) return { has_land: 'no' }
  const left: Record<string, number> = { ...crops[region] }
  const grown = Array.from({ length: dice.whole(1, 4) }, () => {
    const crop = dice.weighted(left)
    delete left[crop]
    return crop
  })
  return {
    has_land: 'yes',
    land_acres: clamp(Math.exp(dice.normal(0.7 - 0.35 * poverty, 0.7)), 0.1, 80).toFixed(1),
    land_tenure: dice.weighted({ own: Math.exp(0.9 - 0.3 * poverty), family: 3, rent: 1, squat: 0.4 }),
    crops: grown.join(' '),
    main_crop: dice.pick(grown),
    harvest_months: String(Math.round(clamp(dice.normal(6.5 - 1.5 * poverty - (dry ? 1.5 : 0), 2), 0, 12))),
  }
}

/** A household reports an item when its hunger passes the item's severity (a Rasch scale). */
const FOOD_ITEMS: Readonly<Record<string, number>> = {
  food_worry: -1.1,
  food_healthy: -0.9,
  food_few_kinds: -0.7,
  food_less: -0.1,
  food_skipped: 0.2,
  food_ran_out: 0.8,
  food_hungry: 1,
  food_whole_day: 1.9,
}

export function drawFood(dice: Dice, poverty: number, shockCount: number): AnswersByName {
  const hunger = 0.8 * poverty + 0.25 * shockCount - 0.4 + dice.normal(0, 0.7)
  const items = Object.entries(FOOD_ITEMS).map(([name, severity]) => [
    name,
    dice.chance(0.015) ? 'dk' : dice.chance(logistic(1.6 * (hunger - severity))) ? 'yes' : 'no',
  ])
  return {
    meals: String(Math.round(clamp(dice.normal(2.5 - 0.3 * hunger, 0.5), 1, 4))),
    ...Object.fromEntries(items),
  }
}

export function drawIncome(dice: Dice, { setting }: Place, poverty: number, ages: readonly number[]): AnswersByName {
  const rural = setting === 'rural'
  // prettier-ignore
  const source = dice.weighted({
    own_farm: rural ? 6 : 1, casual_labour: Math.exp(0.3 + 0.5 * poverty), trade: rural ? 1 : 3,
    wage: Math.exp(-0.4 - 0.7 * poverty), aid: Math.exp(-1.6 + 0.4 * poverty),
  })
  const able = ages.filter(age => age >= 15 && age < 65)
  const earners = able.filter((_, i) => dice.chance(i === 0 ? 0.9 : 0.35)).length
  const shift = { own_farm: -0.1, casual_labour: -0.2, trade: 0.25, wage: 0.6, aid: -0.7 }[source]
  const month = Math.exp(dice.normal(12.1 - 0.5 * poverty + 0.2 * earners + shift, 0.55))
  return {
    main_income: source,
    earners: String(earners),
    monthly_income: String(Math.round(clamp(month, 5_000, 20_000_000) / 5_000) * 5_000),
    remittances: dice.chance(0.22) ? 'yes' : 'no',
  }
}

export function drawSavings(dice: Dice, poverty: number): AnswersByName {
  const yesNo = (chance: number): string => (dice.chance(chance) ? 'yes' : 'no')
  const owes = dice.chance(clamp(0.42 + 0.05 * poverty, 0.1, 0.8))
  return {
    saves: yesNo(logistic(-0.1 - 0.7 * poverty)),
    savings_group: yesNo(logistic(0.1 - 0.2 * poverty)),
    has_debt: owes ? 'yes' : 'no',
    ...(owes ? { debt: String(Math.max(1, Math.round(Math.exp(dice.normal(11.8, 0.9)) / 1_000)) * 1_000) } : {}),
  }
}
