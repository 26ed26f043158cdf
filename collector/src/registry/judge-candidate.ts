/**
 * The gate: may this candidate take the champion's place? Figures in, report out.
 *
 * Both models are measured on the same holdout households, which nobody ever trained on.
 *
 * Laws, tested in `judge-candidate.test.ts`:
 *   G1 one failed line refuses the candidate, and the report names it
 *   G2 too few holdout outcomes refuse whatever the other figures say
 *   G3 a figure that cannot be computed fails its line
 *   G5 a floor of the recipe stands whatever the champion does
 *   G6 no subgroup of fifty households or more pays for the gain of the others; smaller ones are
 *      listed, for nothing can be said of them
 *   G4 the calibration slope may lie outside its limits by what chance explains: one standard error
 *
 * Not here: where the figures come from (retrain/measure-holdout.ts).
 *
 * Why a bound and not the point estimate: with 50 labels a clearly worse model wins on the
 * point estimate 23 % of the time.
 */
import type { Recipe } from './recipe.ts'

/** Log-loss gain = champion's − candidate's, a household at a time; positive is better. */
export interface GateFigures {
  readonly holdout: number
  readonly positives: number
  readonly logLossGain: { readonly mean: number; readonly lower: number; readonly upper: number }
  readonly championAuc: number
  readonly candidateAuc: number
  readonly calibrationSlope: number
  /** One standard error of the slope: what these few households cannot tell. */
  readonly calibrationSlopeError: number
  /** Largest difference of a probability between ONNX Runtime and the trainer, over all holdout rows. */
  readonly parity: number
  readonly bundleBytes: number
  readonly p99Ms: number
  /** Share of holdout households whose class the candidate changes. */
  readonly flips: number
  /** Share of them whose class the candidate names rightly. */
  readonly accuracy: number
  /** By answer of the questions that the recipe names. */
  readonly subgroups: readonly SubgroupFigures[]
}

export interface SubgroupFigures {
  /** `region: northern`. */
  readonly name: string
  readonly households: number
  readonly logLossGain: GateFigures['logLossGain']
}

export interface GateLine {
  readonly name: string
  /** One bound, or [lowest, highest]; `null` where the line is only reported. */
  readonly limit: number | readonly [number, number] | null
  /** `null` where it could not be computed. */
  readonly value: number | null
  readonly verdict: 'passed' | 'failed' | 'reported'
  readonly why: string
}

export interface GateReport {
  readonly verdict: 'promote' | 'refused'
  /** One sentence for a programme manager. */
  readonly summary: string
  readonly lines: readonly GateLine[]
}

export function judgeCandidate(gate: Recipe['gate'], figures: GateFigures, floor: Recipe['floor'] = {}): GateReport {
  const { logLossGain, championAuc, candidateAuc, calibrationSlope: slope, calibrationSlopeError: error } = figures
  const [low, high] = gate.calibrationSlope
  const lines: readonly GateLine[] = [
    judged('holdout outcomes', gate.minHoldout, figures.holdout, figures.holdout >= gate.minHoldout, value =>
      value >= gate.minHoldout
        ? `${value} households with a verified outcome were kept aside for judging (${figures.positives} of them positive).`
        : `Only ${value} households with a verified outcome are kept aside for judging; below ${gate.minHoldout} a worse model wins too often by chance. Collect more outcomes.`,
    ),
    judged('log-loss gain, mean', 0, logLossGain.mean, logLossGain.mean >= 0, value =>
      value >= 0
        ? `On the same households the candidate's probabilities are better by ${decimals(value)} on average.`
        : `On the same households the candidate's probabilities are worse by ${decimals(-value)} on average.`,
    ),
    judged(
      'log-loss gain, lower bound',
      gate.bootstrapLowerBound,
      logLossGain.lower,
      logLossGain.lower > gate.bootstrapLowerBound,
      value =>
        `Drawing the households again and again, the gain is between ${decimals(value)} and ${decimals(logLossGain.upper)} in 95 of 100 draws; ${
          value > gate.bootstrapLowerBound
            ? 'a real loss is unlikely.'
            : `it must stay above ${gate.bootstrapLowerBound}, so a real loss cannot be ruled out.`
        }`,
    ),
    judged(
      'AUC drop',
      gate.maxAucDrop,
      championAuc - candidateAuc,
      championAuc - candidateAuc <= gate.maxAucDrop,
      () =>
        `The candidate puts households in order with AUC ${decimals(candidateAuc)}, the champion with ${decimals(championAuc)}.`,
    ),
    judged('calibration slope', gate.calibrationSlope, slope, slope + error >= low && slope - error <= high, value =>
      value + error < low
        ? 'The percentages are too extreme: they claim more than the outcomes bear out.'
        : value - error > high
          ? 'The percentages are too timid: they claim less than the outcomes bear out.'
          : error > 0.3
            ? `Too few households to tell: the slope is known to ±${error.toFixed(2)} only.`
            : `Among households given 30 %, about 30 % are positive; the slope is known to ±${error.toFixed(2)}.`,
    ),
    judged('parity', 1e-5, figures.parity, figures.parity <= 1e-5, value =>
      value <= 1e-5
        ? 'The devices compute what the trainer computed.'
        : 'The model file does not compute what the trainer computed.',
    ),
    judged(
      'bundle size (bytes)',
      gate.maxBundleBytes,
      figures.bundleBytes,
      figures.bundleBytes <= gate.maxBundleBytes,
      value => `The bundle takes ${(value / 1000).toFixed(0)} kB over the air.`,
    ),
    judged(
      'p99 latency (ms)',
      gate.maxP99Ms,
      figures.p99Ms,
      figures.p99Ms <= gate.maxP99Ms,
      value => `99 of 100 households are scored within ${value.toFixed(2)} ms on this machine.`,
    ),
    ...floorLines(floor, figures),
    ...figures.subgroups.map(subgroup => subgroupLine(gate, subgroup)),
    {
      name: 'flips (share)',
      limit: null,
      value: finite(figures.flips),
      verdict: 'reported',
      why: `The class of ${Number.isFinite(figures.flips) ? (figures.flips * 100).toFixed(1) : '?'} % of the holdout households would change.`,
    },
  ]
  const failed = lines.filter(({ verdict }) => verdict === 'failed')
  return failed.length === 0
    ? {
        verdict: 'promote',
        summary: 'The candidate passed every line of the gate and may replace the champion.',
        lines,
      }
    : {
        verdict: 'refused',
        summary: `Candidate, not promoted: ${failed.map(({ name, why }) => `${name}: ${why}`).join(' ')}`,
        lines,
      }
}

/** G5 */
const floorLines = (floor: Recipe['floor'], { accuracy, candidateAuc }: GateFigures): GateLine[] =>
  (
    [
      ['accuracy', floor.accuracy, accuracy],
      ['AUC', floor.auc, candidateAuc],
    ] as const
  ).flatMap(([name, least, value]) =>
    least === undefined
      ? []
      : [
          judged(`${name} floor`, least, value, value >= least, () =>
            value >= least
              ? `The recipe asks for ${name} ${least}; the candidate has ${decimals(value)}.`
              : `The recipe asks for ${name} ${least} whatever the champion does; the candidate has ${decimals(value)}.`,
          ),
        ],
  )

const SUBGROUP_HOUSEHOLDS = 50

/** G6 */
function subgroupLine(
  { maxSubgroupLoss }: Recipe['gate'],
  { name, households, logLossGain: { mean, lower, upper } }: SubgroupFigures,
): GateLine {
  if (households < SUBGROUP_HOUSEHOLDS) {
    return {
      name,
      limit: null,
      value: finite(mean),
      verdict: 'reported',
      why: `Unknown: ${households} of these households are kept aside; ${SUBGROUP_HOUSEHOLDS} are the least.`,
    }
  }
  return judged(name, -maxSubgroupLoss, mean, !(upper < -maxSubgroupLoss), () =>
    upper < -maxSubgroupLoss
      ? `These households pay for the gain of the others: their probabilities get worse by ${decimals(-upper)} to ${decimals(-lower)}.`
      : `For these ${households} households the gain is between ${decimals(lower)} and ${decimals(upper)}.`,
  )
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
const decimals = (value: number): string => value.toFixed(3)

function judged(
  name: string,
  limit: NonNullable<GateLine['limit']>,
  value: number,
  passes: boolean,
  why: (value: number) => string,
): GateLine {
  if (!Number.isFinite(value)) {
    return { name, limit, value: null, verdict: 'failed', why: 'It could not be computed from the holdout households.' }
  }
  return { name, limit, value, verdict: passes ? 'passed' : 'failed', why: why(value) }
}
