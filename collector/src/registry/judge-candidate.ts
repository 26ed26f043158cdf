/**
 * The gate: may this candidate take the champion's place? Figures in, report out.
 *
 * Both models are measured on the same holdout households, which nobody ever trained on.
 *
 * Laws, tested in `judge-candidate.test.ts`:
 *   G1 one failed line refuses the candidate, and the report names it
 *   G2 too few holdout outcomes refuse whatever the other figures say
 *   G3 a figure that cannot be computed fails its line
 *   G4 the calibration slope may lie outside its limits by what chance explains: one standard error;
 *      its line is unknown then, as all lines are whose limit may be met or not
 *   G5 a floor of the recipe stands whatever the champion does
 *   G6 no subgroup of fifty households or more pays for the gain of the others; smaller ones are
 *      listed, for nothing can be said of them
 *   G7 the less a look may stake, the more it must see; one that stakes nothing promotes nothing
 *   G8 a trained champion's classes are not changed for more than a tenth of households unless a
 *      person says so
 *
 * What share of bad and good candidates it lets through: `gate-power.test.ts`.
 *
 * Not here: where the figures come from (retrain/measure-holdout.ts), what a look stakes
 * (error-budget.ts), what is said of parts of the households (judge-subgroups.ts).
 *
 * Why a bound and not the point estimate: with 50 labels a clearly worse model wins on the
 * point estimate 23 % of the time.
 */
import { lowerBound, normalQuantile } from '@murram/learn'
import type { GateFigures } from './gate-figures.ts'
import {
  decimals,
  failedLines,
  judged,
  judgedBeyondChance,
  percent,
  reported,
  reportPart,
  unknown,
  type GateLine,
  type GateReport,
  type LineName,
} from './gate-report.ts'
import { exclusionLines, regionLines, subgroupLines } from './judge-subgroups.ts'
import { nextSteps } from './next-steps.ts'
import type { Recipe } from './recipe.ts'

export type Gate = Recipe['gate']

/** One-sided: what a bound that nothing stakes is drawn at. */
const USUAL = 0.05
/** Of households that chance chose a loss must not be shown. */
const LEAST_GAIN = -0.005

export function judgeCandidate(gate: Gate, figures: GateFigures, floor: Recipe['floor'] = {}): GateReport {
  const lines = [
    ...purposeLines(figures),
    ...evidenceLines(gate, figures),
    ...gainLines(gate, figures),
    ...rankLines(gate, figures),
    ...floorLines(floor, figures),
    ...regionLines(gate, figures.subgroups),
    ...subgroupLines(gate, figures.subgroups),
    ...exclusionLines(gate, figures),
    flipLine(gate, figures.flips),
    ...fileLines(gate, figures),
  ]
  const { toPositive, toNegative, examples } = figures.flips
  const judgedLines: GateReport = {
    verdict: lines.some(({ verdict }) => verdict === 'failed') ? 'refused' : 'promote',
    summary: '',
    lines,
    flips: { toPositive, toNegative, examples },
    subgroups: figures.subgroups.map(reportPart),
  }
  return { ...judgedLines, summary: summaryOf(gate, figures, judgedLines), next: nextSteps(gate, figures, judgedLines) }
}

function summaryOf(gate: Gate, figures: GateFigures, report: GateReport): string {
  const [first, ...others] = failedLines(report)
  if (first !== undefined)
    return `Candidate, not promoted: ${first.name}: ${first.why}${others.length === 0 ? '' : ` It also failed at ${others.map(({ name }) => name).join('; ')}.`}`
  return isBetter(figures)
    ? 'The candidate failed at no line of the gate, is better than the champion and may replace it.'
    : `The candidate failed at no line of the gate and may replace the champion: it is not worse by more than ${-gate.bootstrapLowerBound}; that it is better is not shown.`
}

/** Lower bound of the gain at the level that the look stakes. */
const boundOf = ({ logLossGain, look }: GateFigures): number =>
  lowerBound(logLossGain, look.stake > 0 ? look.stake : USUAL)

const isBetter = (figures: GateFigures): boolean => boundOf(figures) > 0

/** What makes all other figures idle is said before them. */
const purposeLines = ({ handicap }: GateFigures): GateLine[] =>
  handicap === null
    ? []
    : [
        judged(
          ['spoilt', 'spoilt on purpose'],
          0,
          1,
          false,
          `This run was spoilt on purpose (${handicap.replaceAll('-', ' ')}), to see what the gate says of it. Its model goes nowhere.`,
        ),
      ]

function evidenceLines({ minHoldout, minAudit }: Gate, figures: GateFigures): GateLine[] {
  const { holdout, positives, audit } = figures
  const name: LineName = ['audit-gain', 'audit share, log-loss gain']
  const least = audit.logLossGain.mean + normalQuantile(USUAL) * audit.logLossGain.error
  const most = audit.logLossGain.mean - normalQuantile(USUAL) * audit.logLossGain.error
  return [
    judged(
      ['holdout', 'holdout outcomes'],
      minHoldout,
      holdout,
      holdout >= minHoldout,
      holdout >= minHoldout
        ? `${holdout} households with a verified outcome were kept aside for judging (${positives} of them positive).`
        : `Only ${holdout} households with a verified outcome are kept aside for judging; below ${minHoldout} a worse model wins too often by chance. Collect more outcomes.`,
    ),
    audit.households >= minAudit
      ? judgedBeyondChance(
          name,
          LEAST_GAIN,
          audit.logLossGain.mean,
          audit.logLossGain.mean >= LEAST_GAIN ? 'met' : most < LEAST_GAIN ? 'broken' : 'open',
          `Of the ${audit.households} households that were visited at random the gain is between ${decimals(least)} and ${decimals(most)} in 90 of 100 cases${
            audit.logLossGain.mean >= LEAST_GAIN
              ? '.'
              : most < LEAST_GAIN
                ? ': a loss, beyond chance.'
                : ': it may be a loss, and so few cannot show it.'
          }`,
        )
      : unknown(
          name,
          audit.logLossGain.mean,
          `${audit.households} of these households were drawn at random; ${minAudit} are the least. The others were visited because somebody chose them.`,
        ),
    lookLine(minHoldout, figures),
  ]
}

/** G7. What this look at the households kept aside stakes, or why it stakes nothing. */
function lookLine(minHoldout: number, { holdout, handicap, look }: GateFigures): GateLine {
  const { stake, left, fresh, freshFrom, mostLooks } = look
  const name: LineName = ['looks', 'error staked by this look']
  if (handicap !== null)
    return reported(name, 0, 'Nothing is staked on a run that was spoilt on purpose: the households stay fresh.')
  if (holdout < minHoldout)
    return reported(name, 0, `Nothing is staked below ${minHoldout} households: they stay fresh for a later look.`)
  const seen =
    mostLooks === 0
      ? `Nobody has looked at these ${holdout} households before`
      : `Some of these ${holdout} households were looked at ${counted(mostLooks, 'time')} before, ${fresh} are fresh`
  const budget = `Of the error that a year allows ${percent(left)} is left`
  if (stake > 0)
    return judged(
      name,
      0,
      stake,
      true,
      `${seen}. ${budget}; this look stakes ${percent(stake)}: no more often does a model that is worse pass it.`,
    )
  return judged(
    name,
    0,
    stake,
    false,
    freshFrom > 1
      ? `${seen}. ${budget}, too little for any look. It comes back as the refused looks of the last 365 days grow old.`
      : `${seen}. ${budget}, and too few are fresh to stake any of it. About ${Math.max(1, Math.ceil(freshFrom * holdout) - fresh)} more fresh outcomes among the households kept aside renew it.`,
  )
}

function gainLines({ bootstrapLowerBound: limit }: Gate, figures: GateFigures): GateLine[] {
  const { logLossGain, look } = figures
  const { mean, error } = logLossGain
  const lower = boundOf(figures)
  const isWorse = mean + normalQuantile(1 - USUAL / 2) * error < 0
  const certainty = `${((1 - (look.stake > 0 ? look.stake : USUAL)) * 100).toFixed(1)} of 100 cases`
  return [
    judged(
      ['gain-mean', 'log-loss gain, mean'],
      0,
      mean,
      mean >= 0,
      mean >= 0
        ? `On the same households the candidate's probabilities are better by ${decimals(mean)} on average.`
        : `On the same households the candidate's probabilities are worse by ${decimals(-mean)} on average.`,
    ),
    judged(
      ['gain-bound', 'log-loss gain, lower bound'],
      limit,
      lower,
      lower > limit,
      `With other households of the same survey the gain would be ${interval(logLossGain)}. ${
        lower > limit
          ? `As certain as this look must be (${certainty}) it is above ${decimals(lower)}: a real loss is unlikely.`
          : isWorse
            ? 'That is a loss, beyond chance.'
            : `As certain as this look must be (${certainty}) it is above ${decimals(lower)} only: a real loss cannot be ruled out.`
      }`,
    ),
    reported(
      ['better', 'better, or not worse'],
      Number.isFinite(error) ? mean / Math.max(error, 1e-12) : Number.NaN,
      `${
        lower > 0
          ? 'Better: a gain of nothing would be too unlikely.'
          : lower > limit
            ? 'Not worse: it may be as good as the champion, and is not shown to be better.'
            : isWorse
              ? 'Worse, beyond chance.'
              : 'Neither is shown.'
      } The number is the gain as a multiple of its standard error.`,
    ),
  ]
}

function rankLines(gate: Gate, figures: GateFigures): GateLine[] {
  const { championAuc, candidateAuc, calibrationSlope: slope, calibrationSlopeError: error } = figures
  const [low, high] = gate.calibrationSlope
  const drop = championAuc - candidateAuc
  return [
    judged(
      ['auc-drop', 'AUC drop'],
      gate.maxAucDrop,
      drop,
      drop <= gate.maxAucDrop,
      `The candidate puts households in order with AUC ${decimals(candidateAuc)}, the champion with ${decimals(championAuc)}.`,
    ),
    judgedBeyondChance(
      ['calibration-slope', 'calibration slope'],
      gate.calibrationSlope,
      slope,
      slope >= low && slope <= high ? 'met' : slope + error >= low && slope - error <= high ? 'open' : 'broken',
      slope + error < low
        ? 'The percentages are too extreme: they claim more than the outcomes bear out.'
        : slope - error > high
          ? 'The percentages are too timid: they claim less than the outcomes bear out.'
          : slope < low || slope > high
            ? `The percentages may be too ${slope < low ? 'extreme' : 'timid'}, and so few households cannot show it: the slope is known to ±${error.toFixed(2)} only.`
            : `Among households given 30 %, about 30 % are positive; the slope is known to ±${error.toFixed(2)}.`,
    ),
  ]
}

/** G5 */
const floorLines = (floor: Recipe['floor'], { accuracy, candidateAuc }: GateFigures): GateLine[] =>
  (
    [
      ['accuracy-floor', 'accuracy', floor.accuracy, accuracy],
      ['auc-floor', 'AUC', floor.auc, candidateAuc],
    ] as const
  ).flatMap(([id, name, least, value]) =>
    least === undefined
      ? []
      : [
          judged(
            [id, `${name} floor`],
            least,
            value,
            value >= least,
            value >= least
              ? `The recipe asks for ${name} ${least}; the candidate has ${decimals(value)}.`
              : `The recipe asks for ${name} ${least} whatever the champion does; the candidate has ${decimals(value)}.`,
          ),
        ],
  )

/** G8 */
function flipLine({ maxFlips, maxFlipsFromPrior }: Gate, flips: GateFigures['flips']): GateLine {
  const limit = flips.isFromPrior ? maxFlipsFromPrior : maxFlips
  return judged(
    ['flips', 'flips'],
    limit,
    flips.share,
    flips.share <= limit,
    `${percent(flips.share)} of the households kept aside would change their class: ${flips.toPositive} would be named positive that are not today, ${flips.toNegative} no longer.${
      flips.share <= limit ? '' : ' So many want a named person who has looked at the examples.'
    }`,
  )
}

const fileLines = (gate: Gate, { nonFinite, parity, bundleBytes, p99Ms }: GateFigures): GateLine[] => [
  judged(
    ['numbers', 'scores that are no number'],
    0,
    nonFinite,
    nonFinite === 0,
    nonFinite === 0 ? 'Every household kept aside got a probability.' : `${nonFinite} households got no probability.`,
  ),
  judged(
    ['parity', 'parity'],
    1e-5,
    parity,
    parity <= 1e-5,
    parity <= 1e-5
      ? 'The devices compute what the trainer computed.'
      : 'The model file does not compute what the trainer computed.',
  ),
  judged(
    ['size', 'bundle size'],
    gate.maxBundleBytes,
    bundleBytes,
    bundleBytes <= gate.maxBundleBytes,
    `The bundle takes ${(bundleBytes / 1000).toFixed(0)} kB over the air.`,
  ),
  judged(
    ['latency', 'latency (p99)'],
    gate.maxP99Ms,
    p99Ms,
    p99Ms <= gate.maxP99Ms,
    `99 of 100 households are scored within ${p99Ms.toFixed(2)} ms on this machine.`,
  ),
]

const interval = ({ mean, error }: GateFigures['logLossGain']): string =>
  `between ${decimals(mean - 1.96 * error)} and ${decimals(mean + 1.96 * error)} in 95 of 100 cases`

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
