/**
 * What verified outcomes say of the scores that officers were told. Reckoned as what starts a run is
 * (retrain/measure-evidence.ts), by the limits of the recipe's triggers, so that both say one thing of
 * the same outcomes.
 *
 * MO1 a region with too few outcomes is "too few"; off is beyond chance, however many regions are looked at
 * MO2 the audit share alone speaks for all households; without one it is said that it is missing
 */
import type { WatchedCalibration, WatchFigures } from '../http/watch-api-types.ts'
import type { Recipe } from '../registry/recipe.ts'
import { isOff, lossOf, regionsOf, type Asked } from '../retrain/measure-evidence.ts'

/** One interview that was scored, and what was verified about it; `said` is what the officer was told. */
export interface VerifiedScore extends Asked {
  /** The number of its outcome: a run has those up to one. */
  readonly seq: number
  readonly observedAtMs: number
  /** By a release of the champion, or of one before it. */
  readonly byChampion: boolean
}

/** From how many outcomes something is said, and what is too far off. */
export interface WatchLimits {
  readonly calibration: number
  readonly offBy: number
  readonly performance: number
}

export const USUAL_LIMITS: WatchLimits = { calibration: 100, offBy: 0.05, performance: 50 }

export const limitsOf = ({ calibration, degradation }: Recipe['triggers']): WatchLimits => ({
  calibration: calibration?.atLeast ?? USUAL_LIMITS.calibration,
  offBy: calibration?.offBy ?? USUAL_LIMITS.offBy,
  performance: degradation === 'off' ? USUAL_LIMITS.performance : degradation.atLeast,
})

/** Fewer outcomes than this say nothing of a month. */
const MONTH_OUTCOMES = 20

const byChampionOf = (scores: readonly VerifiedScore[]) => scores.filter(({ byChampion }) => byChampion)

export const measureCalibration = (
  scores: readonly VerifiedScore[],
  { calibration: atLeast, offBy }: WatchLimits,
): readonly WatchedCalibration[] =>
  regionsOf(byChampionOf(scores), atLeast).map(found => ({
    ...found,
    verdict: found.outcomes < atLeast ? 'too few' : isOff(found, offBy) ? 'off' : 'right',
  }))

/** MO2 */
function speaking(scores: readonly VerifiedScore[]) {
  const audited = scores.filter(({ isAudit }) => isAudit)
  return audited.length > 0 ? { from: 'audit' as const, counted: audited } : { from: 'all' as const, counted: scores }
}

export function measurePerformance(
  scores: readonly VerifiedScore[],
  atPromotion: number | null,
  { performance: atLeast }: WatchLimits,
): WatchFigures['performance'] {
  const { from, counted } = speaking(scores)
  const found = lossOf(byChampionOf(counted))
  const isEnough = found.outcomes >= atLeast
  return {
    from,
    outcomes: found.outcomes,
    logLoss: isEnough ? found.logLoss : null,
    lower: isEnough ? found.lower : null,
    atPromotion,
    months: [...Map.groupBy(counted, ({ observedAtMs }) => new Date(observedAtMs).toISOString().slice(0, 7))]
      .filter(([, list]) => list.length >= MONTH_OUTCOMES)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, list]) => ({ month, outcomes: list.length, logLoss: lossOf(list).logLoss })),
  }
}

/** Of the outcomes that each figure rests on, how many had come when the run began. */
export function hadByRun(scores: readonly VerifiedScore[], uptoSeq: number): WatchFigures['runs'][number]['had'] {
  const countOf = (list: readonly VerifiedScore[]) => list.filter(({ seq }) => seq <= uptoSeq).length
  const champion = byChampionOf(scores)
  return {
    performance: countOf(byChampionOf(speaking(scores).counted)),
    regions: Object.fromEntries(
      [...Map.groupBy(champion, ({ region }) => region)].map(([region, list]) => [region, countOf(list)]),
    ),
  }
}
