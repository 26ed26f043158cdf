/**
 * A synthetic panel of households, a visit each year. The same seed gives the same panel.
 *
 * **The process.** Household h has a standing u ~ N(0, 1) that never changes, and in each year t a
 * turn of luck e ~ N(0, 1) that is drawn anew (a harvest, an illness, a job). Its welfare is
 *
 *     y = √ρ · u + √(1 − ρ) · e,      ρ = .44
 *
 * and it is poor in that year where y lies below the cut of its region. Cuts are such that
 * 50 % are poor in the north, 40 % in the centre and 32 % in the south. With these ρ and cuts
 * **60 % of the households that are poor in one year are poor in the next** (`draw-panel.test.ts`
 * measures it), which is what panels of Uganda show (62 % of the bottom 40 % after one year).
 *
 * **What is asked.** Traits that stay with a household (roof, floor, schooling of the head, land,
 * distance to water) tell of u, each with an error of its own that stays as well; what changes each
 * year (meals, months short of food, goats, a wage, illness) tells of u and e. So a model can learn,
 * and cannot know: a regression reaches AUC .9 on households that it has not seen.
 *
 * **What happens in the middle.** From wave `shiftAt` on the programme also works on the lake, where
 * nobody asked before. Its households look poor to whoever learnt on farms (thatch, little land, few
 * goats), and 22 % are: they fish. A model of the farms says far too much there and still ranks
 * them. That is the finding this panel is made to show: a new region breaks calibration first.
 *
 * Not here: which outcomes become known, when, and which of them are lies (story.ts).
 */
import { clamp, diceFor, type Dice } from '../population/dice.ts'
import type { Panel, PanelQuestion, PanelVisit } from './panel.ts'

export interface DrawPanelOptions {
  readonly seed: number
  /** Households that are there from the first wave on. */
  readonly households: number
  readonly waves: number
  /** Wave (from 0) in which the lake is visited for the first time. */
  readonly shiftAt: number
}

const STANDING_SHARE = 0.44
const FIRST_YEAR = 2019

/** Poor below this welfare: the quantile of N(0, 1) at the share that is poor there. */
const CUT = { north: 0, centre: -0.253, south: -0.468, lake: -0.772 } as const
type Region = keyof typeof CUT
const FARMS = { north: 0.34, centre: 0.33, south: 0.33 } as const

/** Fewer than these are no region that anybody could judge. */
const FEWEST_NEWCOMERS = 130
const NEWCOMERS = 0.2

const number = (name: string, label: string): PanelQuestion => ({ name, label, kind: 'number', choices: [] })
const category = (name: string, label: string, ...choices: string[]): PanelQuestion => ({
  name,
  label,
  kind: 'category',
  choices,
})

const QUESTIONS: readonly PanelQuestion[] = [
  category('region', 'Which region is this?', 'north', 'centre', 'south', 'lake'),
  category('roof', 'What is the roof made of?', 'thatch', 'iron', 'tile'),
  category('floor', 'What is the floor made of?', 'earth', 'cement'),
  category('schooling', 'How far did the head of the household go to school?', 'none', 'primary', 'secondary'),
  number('people', 'How many people live here?'),
  number('land', 'How many acres of land does the household use?'),
  number('water', 'How many minutes is it to water?'),
  number('goats', 'How many goats are there?'),
  number('meals', 'How many meals did people have yesterday?'),
  number('months_short', 'In how many of the last twelve months was there too little food?'),
  category('wage', 'Does anybody earn a wage?', 'yes', 'no'),
  category('illness', 'Was anybody ill for a month or more in the last year?', 'yes', 'no'),
]

interface Traits {
  readonly region: Region
  readonly standing: number
  readonly answers: Readonly<Record<string, string>>
  readonly people: number
}

export function drawPanel({ seed, households, waves, shiftAt }: DrawPanelOptions): Panel {
  const newcomers = Math.max(FEWEST_NEWCOMERS, Math.round(households * NEWCOMERS))
  const settled = Array.from({ length: households }, (_, i) => traitsOf(seed, `H${i + 1}`, null))
  const onTheLake = Array.from({ length: newcomers }, (_, i) => traitsOf(seed, `L${i + 1}`, 'lake'))
  return {
    title: `a drawn panel, seed ${seed}: ${households} households of three regions, ${waves} years, and from year ${shiftAt + 1} on ${newcomers} on the lake`,
    questions: QUESTIONS,
    outcome: { name: 'poor', classes: ['not_poor', 'poor'], positive: 'poor' },
    region: 'region',
    waves: Array.from({ length: waves }, (_, wave) => ({
      name: String(FIRST_YEAR + wave),
      visits: [
        ...settled.map((traits, i) => visitOf(seed, `H${i + 1}`, wave, traits)),
        ...(wave < shiftAt ? [] : onTheLake.map((traits, i) => visitOf(seed, `L${i + 1}`, wave, traits))),
      ],
    })),
    // What anybody would say at the door; nothing was fitted, and much is left to learn.
    prior: { baseRate: 0.5, points: { roof: { thatch: 0.5 } } },
    newcomer: { region: 'lake', wave: shiftAt },
  }
}

/** What stays: drawn once for a household, whatever is asked of it later. */
function traitsOf(seed: number, household: string, place: Region | null): Traits {
  const dice = diceFor(seed, 'panel', household)
  const region = place ?? dice.weighted(FARMS)
  const standing = dice.normal(0, 1)
  // On the lake people build and farm as the poor do elsewhere, whatever they have.
  const shown = (spread: number): number => standing + dice.normal(region === 'lake' ? -1.1 : 0, spread)
  const roof = shown(0.8)
  const people = clamp(Math.round(dice.normal(5.4 - 0.7 * standing, 1.9)), 1, 14)
  return {
    region,
    standing,
    people,
    answers: {
      region,
      roof: roof < -0.1 ? 'thatch' : roof < 1.7 ? 'iron' : 'tile',
      floor: shown(0.9) < 0.3 ? 'earth' : 'cement',
      schooling: ladder(dice.normal(standing, 0.9), [-0.5, 0.8], ['none', 'primary', 'secondary']),
      land: (Math.round(2 * clamp(Math.exp(0.5 * shown(0.8) + 0.6), 0, 20)) / 2).toString(),
      water: String(Math.round(clamp(dice.normal(28 - 7 * standing, 12), 1, 120))),
    },
  }
}

function visitOf(seed: number, household: string, wave: number, traits: Traits): PanelVisit {
  const dice = diceFor(seed, 'panel', household, String(wave))
  const { region, standing, answers } = traits
  const luck = dice.normal(0, 1)
  const welfare = Math.sqrt(STANDING_SHARE) * standing + Math.sqrt(1 - STANDING_SHARE) * luck
  return {
    household,
    outcome: welfare < CUT[region] ? 'poor' : 'not_poor',
    answers: { ...answers, ...yearly(dice, { region, welfare, people: traits.people }) },
  }
}

/** What changes from year to year. */
function yearly(
  dice: Dice,
  { region, welfare, people }: { readonly region: Region; readonly welfare: number; readonly people: number },
): Readonly<Record<string, string>> {
  return {
    people: String(clamp(people + dice.pick([-1, 0, 0, 0, 0, 1]), 1, 15)),
    goats: String(Math.round(clamp(dice.normal(region === 'lake' ? 0.5 : 3.2 + 1.6 * welfare, 1.8), 0, 30))),
    meals: String(clamp(Math.round(dice.normal(2.3 + 0.45 * welfare, 0.6)), 0, 4)),
    months_short: String(clamp(Math.round(dice.normal(3.4 - 1.5 * welfare, 1.7)), 0, 12)),
    wage: dice.chance(clamp(0.3 + 0.15 * welfare, 0.03, 0.9)) ? 'yes' : 'no',
    illness: dice.chance(clamp(0.22 - 0.07 * welfare, 0.03, 0.8)) ? 'yes' : 'no',
  }
}

const ladder = (value: number, [low, high]: readonly [number, number], rungs: readonly [string, string, string]) =>
  value < low ? rungs[0] : value < high ? rungs[1] : rungs[2]
