/**
 * What verified outcomes say of probabilities: how good they are, and where they are too high or too
 * low. One reckoning for what starts a run (gather-evidence.ts, what the champion says of all that came
 * since) and for what is watched (watching/verified-scores.ts, what officers were told).
 *
 * Laws, in `measure-evidence.test.ts`:
 *   ME1 households count as they were drawn: weighed, and one that was visited often is one
 *   ME2 only households that chance chose tell how good it is; all of them, weighed, tell a region's level
 *   ME3 the more regions are looked at, the more a single one must show
 */
import { clusteredMean, lowerBound, normalQuantile, rowLosses } from '@murram/learn'

/** One interview, what was said of it, and what was found. */
export interface Asked {
  readonly household: string
  readonly isAudit: boolean
  readonly weight: number
  /** The answer to the question that tells the region; `''` where it was not given. */
  readonly region: string
  readonly said: number
  readonly code: number
}

export interface AuditEvidence {
  /** Outcomes whose household chance chose, that came after the rows the champion was made and judged on. */
  readonly outcomes: number
  readonly logLoss: number
  /** Lower end of the one-sided 95 % bound over households. */
  readonly lower: number
  /** What it was on the holdout when it was promoted; `null` for a baseline that nobody measured. */
  readonly atPromotion: number | null
}

export interface RegionEvidence {
  readonly region: string
  readonly outcomes: number
  /** What the champion said on average, and how often it was so. */
  readonly said: number
  readonly was: number
  /** Of `said - was`, so wide that among all regions together one in twenty looks is off by chance. */
  readonly lower: number
  readonly upper: number
}

type LossEvidence = Omit<AuditEvidence, 'atPromotion'>

/** Of all rows; the lower end is that of a one-sided 95 %. */
export function lossOf(asked: readonly Asked[]): LossEvidence {
  const losses = rowLosses(
    Float64Array.from(asked, ({ said }) => said),
    Uint8Array.from(asked, ({ code }) => code),
  )
  const found = meanOver(asked, losses)
  return { outcomes: asked.length, logLoss: found.mean, lower: lowerBound(found, 0.05) }
}

/** ME2 */
export function auditOf(asked: readonly Asked[], atPromotion: number | null): AuditEvidence | null {
  const audit = asked.filter(({ isAudit }) => isAudit)
  return audit.length === 0 ? null : { ...lossOf(audit), atPromotion }
}

/** @param atLeast Regions with fewer outcomes are told and not looked at. */
export function regionsOf(asked: readonly Asked[], atLeast: number): readonly RegionEvidence[] {
  const byRegion = [...Map.groupBy(asked, ({ region }) => region)].sort(([a], [b]) => (a < b ? -1 : 1))
  const looked = byRegion.filter(([, rows]) => rows.length >= atLeast).length
  const width = normalQuantile(1 - 0.05 / (2 * Math.max(1, looked))) // ME3: Bonferroni, two-sided
  return byRegion.map(([region, rows]) => {
    const mean = (of: (one: Asked) => number) => meanOver(rows, rows.map(of)).mean
    const { mean: off, error } = meanOver(
      rows,
      rows.map(({ said, code }) => said - code),
    )
    // Of one household nothing is known but that shares differ by less than one.
    const reach = Number.isFinite(error) ? width * error : 2
    return {
      region,
      outcomes: rows.length,
      said: mean(one => one.said),
      was: mean(one => one.code),
      lower: Math.max(-1, off - reach),
      upper: Math.min(1, off + reach),
    }
  })
}

/** A region is off where it matters and chance does not explain it. */
export const isOff = ({ said, was, lower, upper }: RegionEvidence, offBy: number): boolean =>
  Math.abs(said - was) > offBy && (lower > 0 || upper < 0)

/** ME1 */
const meanOver = (asked: readonly Asked[], values: ArrayLike<number>) =>
  clusteredMean({
    values,
    groups: asked.map(({ household }) => household),
    weights: Float64Array.from(asked, ({ weight }) => weight),
  })
