/**
 * What the gate says of parts of the households, by each answer of the questions that the recipe
 * names: calibration where they live, harm, and who is left out.
 *
 * All of it allows for chance: a part of fifty households shows differences that are none. A part
 * fails where the whole interval of 90 in 100 lies beyond the limit; where only the value does,
 * nobody can tell, and the line is unknown.
 */
import { normalQuantile } from '@murram/learn'
import type { GateFigures, SubgroupFigures } from './gate-figures.ts'
import { decimals, judgedBeyondChance, points, reported, unknown, type GateLine, type LineName } from './gate-report.ts'
import type { Recipe } from './recipe.ts'

const SUBGROUP_HOUSEHOLDS = 50
const CALIBRATED_HOUSEHOLDS = 100
/** Of a part with fewer positives no share of missed ones can be told. */
const POSITIVES = 10
/** One-sided, 95 %. */
const Z = -normalQuantile(0.05)

/** Mean probability against the share that is positive: twice too high in a region is a harm of its own. */
export const regionLines = (
  { maxMiscalibration: limit }: Recipe['gate'],
  subgroups: readonly SubgroupFigures[],
): readonly GateLine[] =>
  subgroups
    .filter(({ households }) => households >= CALIBRATED_HOUSEHOLDS)
    .map(({ name, households, calibration: { candidate, champion, error } }) => {
      const off = Math.abs(candidate)
      const [least, most] = [off - Z * error, off + Z * error]
      const isOff = least > limit
      const isNearer = off <= Math.abs(champion)
      const found = off <= limit || (isOff && isNearer) ? 'met' : isOff ? 'broken' : 'open'
      // What is surely one way is told from nought on; else both ways are possible.
      const range =
        least > 0
          ? `between ${points(least)} and ${points(most)}`
          : `between ${points(-least)} too ${candidate > 0 ? 'low' : 'high'} and ${points(most)} too ${candidate > 0 ? 'high' : 'low'}`
      const measured = `In these ${households} households the probabilities are on average ${points(off)} points too ${candidate > 0 ? 'high' : 'low'} (${range} in 90 of 100 cases).`
      const meaning = {
        met:
          off <= limit
            ? ''
            : ` That is more than the ${points(limit)} points allowed, and nearer than the champion's ${points(Math.abs(champion))}.`,
        open: ` That is more than the ${points(limit)} points allowed, but so few households cannot show that it is so for all of them.`,
        broken: ` That is more than the ${points(limit)} points allowed, and more than chance explains; the champion's are off by ${points(Math.abs(champion))}.`,
      }[found]
      return judgedBeyondChance(
        [`part-calibration/${name}`, `calibration, ${name}`],
        limit,
        off,
        found,
        measured + meaning,
      )
    })

/** G6 */
export const subgroupLines = (
  { maxSubgroupLoss }: Recipe['gate'],
  subgroups: readonly SubgroupFigures[],
): readonly GateLine[] =>
  subgroups.map(({ name: part, households, logLossGain: { mean, error } }) => {
    const name: LineName = [`part-gain/${part}`, `log-loss gain, ${part}`]
    if (households < SUBGROUP_HOUSEHOLDS)
      return unknown(
        name,
        mean,
        `${households} of these households are kept aside; ${SUBGROUP_HOUSEHOLDS} are the least.`,
      )
    const [lower, upper] = [mean - Z * error, mean + Z * error]
    const found = upper < -maxSubgroupLoss ? 'broken' : mean < -maxSubgroupLoss ? 'open' : 'met'
    const measured = `For these ${households} households the gain is between ${decimals(lower)} and ${decimals(upper)} in 90 of 100 cases`
    const meaning = {
      met: '.',
      open: ': it may be a harm, and so few households cannot show it.',
      broken: ': they pay for the gain of the others.',
    }[found]
    return judgedBeyondChance(name, -maxSubgroupLoss, mean, found, measured + meaning)
  })

const WORST: LineName = ['missed-worst', 'exclusion errors, worst subgroup']

/** Who is positive and would be named negative: of all, and in the part where it happens most. */
export function exclusionLines(
  { maxExclusionRatio: limit }: Recipe['gate'],
  figures: GateFigures,
): readonly GateLine[] {
  const { positives, candidate, champion } = figures.missed
  const all: LineName = ['missed', 'exclusion errors']
  if (positives === 0) return [unknown(all, Number.NaN, 'no household kept aside turned out positive.')]
  const overall = reported(
    all,
    candidate.mean,
    `Of 100 households that turned out positive the candidate would miss ${per100(candidate.mean)}, the champion misses ${per100(champion.mean)}.`,
  )
  const known = figures.subgroups.filter(
    ({ households, missed }) => households >= SUBGROUP_HOUSEHOLDS && missed.positives >= POSITIVES,
  )
  const worst = worstOf(known, 'candidate', candidate.mean)
  if (worst === undefined)
    return [
      overall,
      unknown(WORST, Number.NaN, `no subgroup has ${SUBGROUP_HOUSEHOLDS} households and ${POSITIVES} positive ones.`),
    ]
  const today = worstOf(known, 'champion', champion.mean)?.ratio ?? Number.POSITIVE_INFINITY
  const { name, ratio, error, share } = worst
  const isNoWorse = ratio <= today
  const found = ratio <= limit || isNoWorse ? 'met' : ratio - Z * error > limit ? 'broken' : 'open'
  const measured = `${name}: of 100 positive households ${per100(share)} would be missed, ${ratio.toFixed(2)} times as many as of all.`
  const meaning = {
    met:
      ratio <= limit
        ? ''
        : ` With the champion the worst subgroup stands at ${today.toFixed(2)}: it is no worse than today.`,
    open: ` That is more than ${limit} times, but so few households cannot show that it is so for all of them.`,
    broken: ` That is more than ${limit} times, and more than chance explains; with the champion the worst subgroup stands at ${today.toFixed(2)}.`,
  }[found]
  return [overall, judgedBeyondChance(WORST, limit, ratio, found, measured + meaning)]
}

function worstOf(parts: readonly SubgroupFigures[], model: 'candidate' | 'champion', overall: number) {
  return parts
    .map(({ name, missed }) => {
      const { mean, error } = missed[model]
      return overall === 0
        ? { name, share: mean, ratio: 1, error: 0 }
        : { name, share: mean, ratio: mean / overall, error: error / overall }
    })
    .sort((a, b) => b.ratio - a.ratio)[0]
}

const per100 = (share: number): string => (share * 100).toFixed(0)
