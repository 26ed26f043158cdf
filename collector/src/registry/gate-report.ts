/** What the gate found, line by line, for people and for the API. */
import type { FlipExample, SubgroupFigures } from './gate-figures.ts'

export interface GateLine {
  readonly name: string
  /** One bound, or [lowest, highest]; `null` where the line is only reported. */
  readonly limit: number | readonly [number, number] | null
  /** `null` where it could not be computed. */
  readonly value: number | null
  /** `unknown`: too few households to say anything, which refuses nobody and is listed. */
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

export const LINE = {
  parity: 'parity',
  size: 'bundle size (bytes)',
  numbers: 'scores that are no number',
  spoilt: 'spoilt on purpose',
  flips: 'flips (share)',
  holdout: 'holdout outcomes',
  looks: 'looks',
} as const

/** What no person may override: a model of these lines is not what it says, or does not run. */
const BARRED: ReadonlySet<string> = new Set([LINE.parity, LINE.size, LINE.numbers, LINE.spoilt])

export const failedLines = ({ lines }: GateReport): readonly GateLine[] =>
  lines.filter(({ verdict }) => verdict === 'failed')

/** Failed lines that no reason opens. */
export const barredLines = (report: GateReport): readonly GateLine[] =>
  failedLines(report).filter(({ name }) => BARRED.has(name))

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
export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)} %`

export function judged(
  name: string,
  limit: NonNullable<GateLine['limit']>,
  value: number,
  passes: boolean,
  why: string,
): GateLine {
  if (!Number.isFinite(value)) {
    return { name, limit, value: null, verdict: 'failed', why: 'It could not be computed from the holdout households.' }
  }
  return { name, limit, value, verdict: passes ? 'passed' : 'failed', why }
}

export const reported = (name: string, value: number, why: string): GateLine => ({
  name,
  limit: null,
  value: finite(value),
  verdict: 'reported',
  why,
})

export const unknown = (name: string, value: number, why: string): GateLine => ({
  ...reported(name, value, `Unknown: ${why}`),
  verdict: 'unknown',
})
