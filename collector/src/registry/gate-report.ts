/** What the gate found, line by line, for people and for the API. */
import type { FlipExample, SubgroupFigures } from './gate-figures.ts'
import { idOf, type LineId } from './line-ids.ts'

export interface GateLine {
  /** What programs go by (`idOf`); reports of an older program have none. */
  readonly id?: LineId
  /** For people. */
  readonly name: string
  /** One bound, or [lowest, highest]; `null` where the line is only reported. */
  readonly limit: number | readonly [number, number] | null
  /** `null` where it could not be computed. */
  readonly value: number | null
  /** `unknown`: too few households to say anything, or whether the limit is met: refuses nobody, and is listed. */
  readonly verdict: 'passed' | 'failed' | 'reported' | 'unknown'
  readonly why: string
}

export interface GateReport {
  readonly verdict: 'promote' | 'refused'
  /** One sentence for a programme manager. */
  readonly summary: string
  readonly lines: readonly GateLine[]
  /** What to do now, a sentence each. Reports of an older program have none. */
  readonly next?: readonly string[]
  readonly flips?: {
    readonly toPositive: number
    readonly toNegative: number
    readonly examples: readonly FlipExample[]
  }
  readonly subgroups?: readonly ReportedPart[]
}

/** A part of the households; `null`: nothing can be said. */
export interface ReportedPart {
  readonly name: string
  readonly households: number
  readonly positives: number
  readonly gain: number | null
  /** Mean probability of the candidate − share of positives. */
  readonly miscalibration: number | null
  /** Share of positive households that are named negative. */
  readonly missed: number | null
  readonly missedByChampion: number | null
}

/** Who promoted what the gate alone would not, and why. */
export interface Approval {
  readonly by: string
  readonly reason: string
  readonly atMs: number
  /** The failed lines that this person answers for. */
  readonly overridden: readonly string[]
}

/** What no person may override: a model of these lines is not what it says, or does not run. */
const BARRED: ReadonlySet<LineId> = new Set(['parity', 'size', 'numbers', 'spoilt', 'withdrawn-rows'])

export const failedLines = ({ lines }: GateReport): readonly GateLine[] =>
  lines.filter(({ verdict }) => verdict === 'failed')

/** Failed lines that no reason opens. */
export const barredLines = (report: GateReport): readonly GateLine[] =>
  failedLines(report).filter(line => BARRED.has(idOf(line)))

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
export const reportPart = ({ name, households, logLossGain, calibration, missed }: SubgroupFigures): ReportedPart => ({
  name,
  households,
  positives: missed.positives,
  gain: finite(logLossGain.mean),
  miscalibration: finite(calibration.candidate),
  missed: finite(missed.candidate.mean),
  missedByChampion: finite(missed.champion.mean),
})
export const decimals = (value: number): string => value.toFixed(3)
/** Of a hundred, for differences of shares: 9.1 points. */
export const points = (share: number): string => (share * 100).toFixed(1)
export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)} %`

/** The line's id, and how it is called for people. */
export type LineName = readonly [LineId, string]

export function judged(
  [id, name]: LineName,
  limit: NonNullable<GateLine['limit']>,
  value: number,
  passes: boolean,
  why: string,
): GateLine {
  if (!Number.isFinite(value)) {
    return {
      id,
      name,
      limit,
      value: null,
      verdict: 'failed',
      why: 'It could not be computed from the holdout households.',
    }
  }
  return { id, name, limit, value, verdict: passes ? 'passed' : 'failed', why }
}

/**
 * A limit that the value may break by what chance explains: then nobody can tell, and nobody is
 * refused by it.
 *
 * @param found `met`: the value keeps the limit; `broken`: it does not, beyond chance.
 */
export function judgedBeyondChance(
  name: LineName,
  limit: NonNullable<GateLine['limit']>,
  value: number,
  found: 'met' | 'open' | 'broken',
  why: string,
): GateLine {
  const line = judged(name, limit, value, found !== 'broken', why)
  return found === 'open' && line.verdict === 'passed' ? { ...line, verdict: 'unknown' } : line
}

export const reported = ([id, name]: LineName, value: number, why: string): GateLine => ({
  id,
  name,
  limit: null,
  value: finite(value),
  verdict: 'reported',
  why,
})

export const unknown = (name: LineName, value: number, why: string): GateLine => ({
  ...reported(name, value, `Unknown: ${why}`),
  verdict: 'unknown',
})
