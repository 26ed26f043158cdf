/**
 * The house, its services and what stands in it. Each answer is a grade of one score, wealth
 * with a noise of its own, so that answers agree with each other only as far as they do in life.
 */
import { clamp, logistic, type Dice } from './dice.ts'
import type { AnswersByName } from './household.ts'
import type { Region } from './places-and-names.ts'

export interface Place {
  readonly region: Region
  readonly setting: 'rural' | 'trading_centre' | 'town'
}

/** From poor to well-off; `cuts` are the scores at which the next one begins. */
const grade = (score: number, names: readonly string[], cuts: readonly number[]): string =>
  names[cuts.filter(cut => score >= cut).length] ?? names.at(-1) ?? ''

export function drawDwelling(dice: Dice, { region, setting }: Place, poverty: number): AnswersByName {
  const wealth = (shift = 0): number => -poverty + shift + dice.normal(0, 0.8)
  const north = region === 'northern'
  const town = setting === 'town'
  const toilet = grade(wealth(north ? -0.5 : 0), ['none', 'pit', 'pit_slab', 'flush'], [-1.3, 0.5, 2])
  return {
    roof: dice.chance(clamp(0.02 + 0.03 * poverty, 0.005, 0.12))
      ? 'tarpaulin'
      : grade(wealth(north ? -0.7 : region === 'eastern' ? -0.2 : 0.2), ['thatch', 'iron', 'tile'], [-0.55, 2]),
    wall: grade(wealth(), ['mud', 'unburnt_brick', 'burnt_brick', 'cement_block'], [-0.4, 0.3, 1.5]),
    floor: grade(wealth(town ? 0.5 : 0), ['earth', 'cement', 'tile'], [0.45, 2.1]),
    rooms: String(Math.round(clamp(dice.normal(2.3 - 0.4 * poverty, 0.8), 1, 8))),
    lighting: grade(wealth(town ? 0.7 : 0), ['none', 'kerosene', 'torch', 'solar', 'grid'], [-1.5, -0.6, 0, 1.2]),
    cooking_fuel: grade(wealth(town ? 1.1 : 0), ['firewood', 'charcoal', 'gas'], [0.6, 2.4]),
    toilet,
    ...(toilet === 'none' ? {} : { toilet_shared: dice.chance(town ? 0.5 : 0.3) ? 'yes' : 'no' }),
  }
}

export function drawServices(dice: Dice, { region, setting }: Place, poverty: number): AnswersByName {
  const near = setting === 'town' ? 0.8 : setting === 'trading_centre' ? 0.4 : 0
  const wealth = -poverty + near + dice.normal(0, 0.8)
  const source = dice.chance(0.05)
    ? 'rain'
    : grade(wealth, ['surface', 'open_well', 'borehole', 'piped'], [-1.2, -0.3, 1.1])
  const far = (base: number, most: number): string =>
    clamp(Math.exp(dice.normal(base + 0.25 * poverty - near, 0.6)), 0.1, most).toFixed(1)
  const minutes = Math.exp(dice.normal(3.4 + 0.3 * poverty + (region === 'northern' ? 0.35 : 0), 0.6))
  return {
    water_source: source,
    water_minutes: String(source === 'piped' ? dice.whole(1, 15) : Math.round(clamp(minutes, 3, 400))),
    health_km: far(1.2, 60),
    market_km: far(0.9, 60),
  }
}

const ASSETS: Readonly<Record<string, readonly [ease: number, steepness: number]>> = {
  radio: [0.2, 0.4],
  smartphone: [-0.9, 0.9],
  television: [-1.6, 1.1],
  solar_panel: [-0.6, 0.5],
  bicycle: [-0.5, 0.2],
  motorcycle: [-2.1, 0.7],
  bed: [1, 0.7],
  hoe: [1.9, -0.1],
  sewing_machine: [-2.8, 0.5],
}

export function drawBelongings(dice: Dice, place: Place, poverty: number, householdSize: number): AnswersByName {
  const owned = Object.entries(ASSETS)
    .filter(([, [ease, steepness]]) => dice.chance(logistic(ease - steepness * poverty)))
    .map(([name]) => name)
  const keeps = dice.chance(logistic((place.setting === 'town' ? -1 : 1.3) - 0.35 * poverty))
  const herders = place.region === 'northern' || place.region === 'western'
  const herd = (scale: number): string => String(dice.poisson(clamp(scale * Math.exp(-0.5 * poverty), 0, 60)))
  return {
    assets: owned.length === 0 ? 'none' : owned.join(' '),
    mosquito_nets: String(Math.round(clamp(dice.normal(householdSize / 2.4 - 0.4 * poverty, 0.9), 0, 12))),
    keeps_livestock: keeps ? 'yes' : 'no',
    ...(keeps
      ? {
          cattle: herd(herders ? 1.6 : 0.7),
          goats: herd(2.2),
          pigs: herd(place.region === 'northern' ? 0.4 : 0.9),
          poultry: herd(5),
        }
      : {}),
  }
}
