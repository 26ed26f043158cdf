/**
 * Looks at simulated holdouts, for the test of the gate's power and for `npm run bench -- gate`.
 *
 * The world: a household's logit is `base + u + e`. A model that reads both says the truth; one
 * that reads `u` alone says what is known without `e`. Both are calibrated, so that calibration
 * gives nothing away: how much `e` says is how much better one is than the other, and nothing
 * else. Three regions and two settings are dealt out at random, for the lines on subgroups.
 */
import { lowerBound } from '@murram/learn'
import { stakeOf } from '../registry/error-budget.ts'
import type { GateReport } from '../registry/gate-report.ts'
import { idOf, kindOf } from '../registry/line-ids.ts'
import { judgeCandidate, type Gate } from '../registry/judge-candidate.ts'
import { RecipeSchema } from '../registry/recipe.ts'
import type { JudgedRows } from './judged-rows.ts'
import { judgeRows, type HoldoutFigures } from './measure-holdout.ts'
import type { HoldoutPart } from './subgroup-figures.ts'

export interface World {
  readonly base: number
  /** Spread of what both models read. */
  readonly known: number
  /** Spread of what only the better one reads. */
  readonly more: number
  /** Which of the two is the candidate. */
  readonly candidate: 'better' | 'worse'
}

export type Chance = () => number
export { seededRandom } from './seeded-random.ts'

/** As a recipe has it that says nothing of its gate. */
export const defaultGate = (): Gate => RecipeSchema.shape.gate.parse({})

/** What the first look of a year stakes. */
export const firstStake = (households: number): number =>
  stakeOf({ yearly: defaultGate().errorBudget, spent: 0, holdout: households, fresh: households }).stake

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

const namesOf = (count: number): readonly string[] => Array.from({ length: count }, (_, row) => String(row))

export function drawHoldout({ base, known, more, candidate }: World, households: number, random: Chance): JudgedRows {
  const [plain, informed] = [new Float64Array(households), new Float64Array(households)]
  const codes = new Uint8Array(households)
  // The logit of a mean over a normal e: MacKay 1992, "The evidence framework", equation 10.
  const shrink = 1 / Math.sqrt(1 + (Math.PI / 8) * more * more)
  for (let row = 0; row < households; row++) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    const u = base + known * radius * Math.cos(angle)
    informed[row] = sigmoid(u + more * radius * Math.sin(angle))
    plain[row] = sigmoid(u * shrink)
    codes[row] = Number(random() < informed[row]!)
  }
  return {
    codes,
    groups: namesOf(households),
    weights: null,
    selections: null,
    threshold: 0.5,
    champion: candidate === 'better' ? plain : informed,
    candidate: candidate === 'better' ? informed : plain,
  }
}

export const dealParts = (households: number, random: Chance): readonly HoldoutPart[] =>
  [3, 2].flatMap((count, question) => {
    const parts = Array.from({ length: count }, (_, at) => ({
      name: `${['region', 'setting'][question]}: ${at}`,
      rows: [] as number[],
    }))
    for (let row = 0; row < households; row++) parts[Math.floor(random() * count)]!.rows.push(row)
    return parts
  })

/** The whole verdict: the files of a bundle are taken as sound, the champion as trained. */
export const judgeLook = (gate: Gate, figures: HoldoutFigures, stake: number): GateReport =>
  judgeCandidate(gate, {
    ...figures,
    look: { stake, left: stake, fresh: figures.holdout, freshFrom: 0, mostLooks: 0 },
    flips: { ...figures.flips, isFromPrior: false, examples: [] },
    parity: 0,
    bundleBytes: 1,
    p99Ms: 1,
    handicap: null,
    holdoutRatio: 0.25,
  })

export interface Passed {
  /** Shares of draws: the bound on the gain alone; every line; every line but flips, which ask for a person. */
  readonly bound: number
  readonly joint: number
  readonly beforeFlips: number
  /** How often each line failed. */
  readonly failed: Readonly<Record<string, number>>
}

export function passRates(
  world: World,
  {
    gate,
    households,
    draws,
    stake,
    random,
  }: {
    readonly gate: Gate
    readonly households: number
    readonly draws: number
    readonly stake: number
    readonly random: Chance
  },
): Passed {
  const failed: Record<string, number> = {}
  let [bound, joint, beforeFlips] = [0, 0, 0]
  for (let draw = 0; draw < draws; draw++) {
    const figures = judgeRows(drawHoldout(world, households, random), dealParts(households, random))
    const names = judgeLook(gate, figures, stake)
      .lines.filter(({ verdict }) => verdict === 'failed')
      .map(line => kindOf(idOf(line)))
    for (const name of new Set(names)) failed[name] = (failed[name] ?? 0) + 1 / draws
    if (!names.includes('gain-bound') && !names.includes('gain-mean')) bound += 1 / draws
    if (names.length === 0) joint += 1 / draws
    if (names.every(name => name === 'flips')) beforeFlips += 1 / draws
  }
  return { bound, joint, beforeFlips, failed }
}

export interface Year {
  readonly base: number
  readonly known: number
  /** What each candidate adds to the champion's logits, at random and for nothing. */
  readonly noise: number
  readonly looks: number
  readonly householdsAtFirst: number
  readonly householdsALook: number
  /** Probability of a false promotion that a year may hold. */
  readonly budget: number
  /** The margin of the bound. */
  readonly limit: number
}

export interface FalsePromotions {
  /** Shares of years with at least one: as the gate is; as if each look were the first. */
  readonly withLedger: number
  readonly without: number
  /** Mean gain of the candidates; negative is worse. */
  readonly gain: number
}

/**
 * Years of candidates that are all worse than the champion by the same: each look judges another
 * one on the households so far, by the bound alone, which is the most that could pass. A year
 * ends with its first false promotion.
 */
export function falsePromotions(year: Year, years: number, random: Chance): FalsePromotions {
  const { base, known, noise, looks, householdsAtFirst, householdsALook, budget, limit } = year
  const most = householdsAtFirst + (looks - 1) * householdsALook
  let [withLedger, without, gainSum, gains] = [0, 0, 0, 0]
  const [logits, losses, signs] = [new Float64Array(most), new Float64Array(most), new Float64Array(most)]
  for (let n = 0; n < years; n++) {
    for (let row = 0; row < most; row++) {
      const logit = base + known * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      const sign = random() < sigmoid(logit) ? -1 : 1
      logits[row] = logit
      signs[row] = sign
      losses[row] = Math.log1p(Math.exp(sign * logit))
    }
    let [spent, isWrong, isWrongWithout, fresh] = [0, false, false, 0]
    for (let look = 0; look < looks && !(isWrong && isWrongWithout); look++) {
      const holdout = householdsAtFirst + look * householdsALook
      fresh += look === 0 ? holdout : householdsALook
      let [sum, squares, other] = [0, 0, 0]
      for (let row = 0; row < holdout; row++) {
        let moved = other
        if (row % 2 === 0) {
          // Two normal numbers at once: Box and Muller 1958.
          const radius = noise * Math.sqrt(-2 * Math.log(1 - random()))
          const angle = 2 * Math.PI * random()
          moved = radius * Math.cos(angle)
          other = radius * Math.sin(angle)
        }
        const gain = losses[row]! - Math.log1p(Math.exp(signs[row]! * (logits[row]! + moved)))
        sum += gain
        squares += gain * gain
      }
      const mean = sum / holdout
      const error = Math.sqrt((squares / holdout - mean * mean) / (holdout - 1))
      gainSum += mean
      gains += 1
      const passes = (stake: number) => mean >= 0 && lowerBound({ mean, error }, stake) > limit
      const { stake } = stakeOf({ yearly: budget, spent, holdout, fresh })
      if (stake > 0) {
        fresh = 0
        if (passes(stake)) isWrong = true
        else spent += stake
      }
      isWrongWithout ||= passes(0.025)
    }
    withLedger += Number(isWrong) / years
    without += Number(isWrongWithout) / years
  }
  return { withLedger, without, gain: gainSum / gains }
}
