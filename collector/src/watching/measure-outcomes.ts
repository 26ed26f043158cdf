/**
 * What verified outcomes say of the scores that officers were told.
 *
 * MO1 a region with fewer than a hundred outcomes is "too few"; off is beyond chance, however many
 *     regions are looked at
 * MO2 the audit share alone speaks for all households; without one it is said that it is missing
 */
import { gammaUpper } from '@murram/score'
import type { WatchedCalibration, WatchFigures } from '../http/watch-api-types.ts'

/** One interview that was scored, and what was verified about it. */
export interface VerifiedScore {
  readonly probability: number
  readonly positive: boolean
  readonly region: string
  readonly observedAtMs: number
  /** Whether chance alone chose the household. */
  readonly audit: boolean
  /** By a release of the champion, or of one before it. */
  readonly byChampion: boolean
}

export const CALIBRATION_OUTCOMES = 100
export const OFF_BY = 0.05
/** Fewer outcomes than this say nothing of a month, or of the time since promotion. */
export const PERFORMANCE_OUTCOMES = 50
const MONTH_OUTCOMES = 20

export function measureCalibration(scores: readonly VerifiedScore[]): readonly WatchedCalibration[] {
  const byRegion = Map.groupBy(
    scores.filter(({ byChampion }) => byChampion),
    ({ region }) => region,
  )
  const looked = [...byRegion.values()].filter(list => list.length >= CALIBRATION_OUTCOMES).length
  // MO1: Bonferroni, two-sided.
  const width = normalQuantile(1 - 0.05 / (2 * Math.max(1, looked)))
  return [...byRegion]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, list]) => {
      const outcomes = list.length
      const said = mean(list.map(({ probability }) => probability))
      const was = mean(list.map(({ positive }) => Number(positive)))
      const gaps = list.map(({ probability, positive }) => probability - Number(positive))
      const error = width * Math.sqrt(variance(gaps) / outcomes)
      const [lower, upper] = [said - was - error, said - was + error]
      const isOff = Math.abs(said - was) > OFF_BY && (lower > 0 || upper < 0)
      const verdict = outcomes < CALIBRATION_OUTCOMES ? 'too few' : isOff ? 'off' : 'right'
      return { region, outcomes, said, was, lower, upper, verdict }
    })
}

export function measurePerformance(
  scores: readonly VerifiedScore[],
  atPromotion: number | null,
): WatchFigures['performance'] {
  const audited = scores.filter(({ audit }) => audit)
  const from = audited.length > 0 ? 'audit' : 'all' // MO2
  const counted = from === 'audit' ? audited : scores
  const losses = counted.filter(({ byChampion }) => byChampion).map(lossOf)
  const enough = losses.length >= PERFORMANCE_OUTCOMES
  return {
    from,
    outcomes: losses.length,
    logLoss: enough ? mean(losses) : null,
    lower: enough ? mean(losses) - ONE_SIDED * Math.sqrt(variance(losses) / losses.length) : null,
    atPromotion,
    months: [...Map.groupBy(counted, ({ observedAtMs }) => new Date(observedAtMs).toISOString().slice(0, 7))]
      .filter(([, list]) => list.length >= MONTH_OUTCOMES)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, list]) => ({ month, outcomes: list.length, logLoss: mean(list.map(lossOf)) })),
  }
}

const ONE_SIDED = 1.6449
/** One score that is utterly wrong must not outweigh all others. */
const LEAST = 1e-6

function lossOf({ probability, positive }: VerifiedScore): number {
  const p = Math.min(1 - LEAST, Math.max(LEAST, probability))
  return -Math.log(positive ? p : 1 - p)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
function variance(values: readonly number[]): number {
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1)
}

/** Where the normal distribution reaches `share`, at or above a half, by halving. */
function normalQuantile(share: number): number {
  let [low, high] = [0, 10]
  for (let turn = 0; turn < 60; turn += 1) {
    const middle = (low + high) / 2
    // Both tails together are a chi-square with one degree of freedom.
    if (1 - gammaUpper(0.5, middle ** 2 / 2) / 2 < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}
