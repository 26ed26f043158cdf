/**
 * What the gate says of parts of the households, by each answer of the questions that the recipe
 * names: calibration where they live, harm, and who is left out.
 *
 * All of it allows for chance: a part of fifty households shows differences that are none.
 */
import { normalQuantile } from '@murram/learn'
import type { GateFigures, SubgroupFigures } from './gate-figures.ts'
import { decimals, judged, percent, reported, unknown, type GateLine } from './gate-report.ts'
import type { Recipe } from './recipe.ts'

const SUBGROUP_HOUSEHOLDS = 50
const CALIBRATED_HOUSEHOLDS = 100
/** Of a part with fewer positives no share of missed ones can be told. */
const POSITIVES = 10
/** One-sided, 95 %. */
const Z = -normalQuantile(0.05)

/** Mean probability against the share that is positive: twice too high in a region is a harm of its own. */
export const regionLines = (
  { maxMiscalibration }: Recipe['gate'],
  subgroups: readonly SubgroupFigures[],
): readonly GateLine[] =>
  subgroups
    .filter(({ households }) => households >= CALIBRATED_HOUSEHOLDS)
    .map(({ name, calibration: { candidate, champion, error } }) => {
      const off = Math.abs(candidate)
      const isOff = off - Z * error > maxMiscalibration
      return judged(
        `calibration, ${name}`,
        maxMiscalibration,
        off,
        !isOff || off <= Math.abs(champion),
        isOff && off > Math.abs(champion)
          ? `Here the probabilities are on average ${percent(off)} too ${candidate > 0 ? 'high' : 'low'}; the champion's are off by ${percent(Math.abs(champion))}.`
          : `On average the probabilities are ${percent(off)} ${candidate > 0 ? 'above' : 'below'} what turned out${
              isOff
                ? `, nearer than the champion's (${percent(Math.abs(champion))})`
                : off > maxMiscalibration
                  ? '; so few households may show that by chance'
                  : ''
            }. Known to ±${percent(error)}.`,
      )
    })

/** G6 */
export const subgroupLines = (
  { maxSubgroupLoss }: Recipe['gate'],
  subgroups: readonly SubgroupFigures[],
): readonly GateLine[] =>
  subgroups.map(({ name, households, logLossGain: { mean, error } }) => {
    if (households < SUBGROUP_HOUSEHOLDS)
      return unknown(
        name,
        mean,
        `${households} of these households are kept aside; ${SUBGROUP_HOUSEHOLDS} are the least.`,
      )
    const [lower, upper] = [mean - Z * error, mean + Z * error]
    return judged(
      name,
      -maxSubgroupLoss,
      mean,
      !(upper < -maxSubgroupLoss),
      upper < -maxSubgroupLoss
        ? `These households pay for the gain of the others: their probabilities get worse by ${decimals(-upper)} to ${decimals(-lower)}.`
        : `For these ${households} households the gain is between ${decimals(lower)} and ${decimals(upper)}.`,
    )
  })

/** Who is positive and would be named negative: of all, and in the part where it happens most. */
export function exclusionLines({ maxExclusionRatio }: Recipe['gate'], figures: GateFigures): readonly GateLine[] {
  const { positives, candidate, champion } = figures.missed
  if (positives === 0) return [unknown('exclusion errors', Number.NaN, 'no household kept aside turned out positive.')]
  const overall = reported(
    'exclusion errors',
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
      unknown(
        'exclusion errors, worst subgroup',
        Number.NaN,
        `no subgroup has ${SUBGROUP_HOUSEHOLDS} households and ${POSITIVES} positive ones.`,
      ),
    ]
  const today = worstOf(known, 'champion', champion.mean)?.ratio ?? Number.POSITIVE_INFINITY
  const { name, ratio, error, share } = worst
  const isUnequal = ratio - Z * error > maxExclusionRatio && ratio > today
  return [
    overall,
    judged(
      'exclusion errors, worst subgroup',
      maxExclusionRatio,
      ratio,
      !isUnequal,
      `${name}: ${per100(share)} of 100 positive households would be missed, ${ratio.toFixed(2)} times as many as of all${
        isUnequal
          ? `; with the champion the worst subgroup stands at ${today.toFixed(2)}.`
          : ratio > maxExclusionRatio
            ? ratio <= today
              ? `; today it is ${today.toFixed(2)}.`
              : '; so few households may show that by chance.'
            : '.'
      }`,
    ),
  ]
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
