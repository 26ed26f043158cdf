/** A candidate with what the gate said of it: what a report is written from. */
import type { Candidate } from '../candidate.ts'
import { percent, points, type Approval, type GateLine, type GateReport } from '../gate-report.ts'
import { boundOf, idOf, kindOf, unitOf, type LineKind, type LineUnit } from '../line-ids.ts'

export interface JudgedCandidate {
  readonly candidate: Candidate
  readonly report: GateReport
  readonly approval: Approval | null
  readonly judgedAtMs: number
  /** In force now. */
  readonly isChampion: boolean
}

/** The questions of a report, in the order in which they matter to whoever decides. */
const FOR_WHOM = 'For whom?'
const PARTS: readonly { readonly title: string; readonly kinds: readonly LineKind[] }[] = [
  { title: 'Was it made rightly?', kinds: ['spoilt', 'withdrawn-rows'] },
  { title: 'Is there enough to judge by?', kinds: ['holdout', 'audit-gain', 'looks'] },
  {
    title: 'Is it better?',
    kinds: ['gain-mean', 'gain-bound', 'better', 'auc-drop', 'calibration-slope', 'accuracy-floor', 'auc-floor'],
  },
  { title: FOR_WHOM, kinds: [] },
  { title: 'Does it run on the devices?', kinds: ['numbers', 'parity', 'size', 'latency'] },
]
const titleOf = (line: GateLine): string => {
  const kind = kindOf(idOf(line))
  return PARTS.find(({ kinds }) => kinds.includes(kind))?.title ?? FOR_WHOM
}

/** A line as it is read: with the units of what was measured. */
export interface ShownLine extends Pick<GateLine, 'name' | 'verdict' | 'why'> {
  readonly sign: string
  readonly inWords: string
  readonly limit: string
  readonly found: string
}

const SIGN = { passed: '✓', failed: '✗', reported: '·', unknown: '?' } as const
const IN_WORDS = { passed: 'passed', failed: 'failed', reported: 'for information', unknown: 'unknown' } as const

function shown(line: GateLine): ShownLine {
  const { name, verdict, why, limit, value } = line
  const unit = unitOf(idOf(line))
  const inUnit = (one: number | null) => measured(one, unit)
  return {
    name,
    verdict,
    why,
    sign: SIGN[verdict],
    inWords: IN_WORDS[verdict],
    limit:
      limit === null
        ? ''
        : typeof limit === 'number'
          ? `${boundOf(idOf(line))} ${inUnit(limit)}`
          : limit.map(inUnit).join(' to '),
    found: inUnit(value),
  }
}

function measured(value: number | null, unit: LineUnit | null): string {
  if (value === null || unit === null) return numberOf(value)
  return {
    share: () => percent(value),
    points: () => `${points(value)} points`,
    bytes: () => `${numberOf(value / 1000)} kB`,
    ms: () => `${numberOf(value)} ms`,
  }[unit]()
}

/** What it failed at, a sentence each; empty where it passed. */
export const whyNot = ({ lines }: GateReport): { readonly count: string; readonly reasons: readonly string[] } => {
  const failed = lines.filter(({ verdict }) => verdict === 'failed')
  const limited = lines.filter(({ limit }) => limit !== null)
  return {
    count: `It failed at ${failed.length} of ${limited.length} lines that have a limit:`,
    reasons: failed.map(({ name, why }) => `${name}: ${why}`),
  }
}

export const partsOfReport = ({
  lines,
}: GateReport): readonly { readonly title: string; readonly lines: readonly ShownLine[] }[] =>
  PARTS.map(({ title }) => ({ title, lines: lines.filter(line => titleOf(line) === title).map(shown) })).filter(
    part => part.lines.length > 0,
  )

/** The answer in one sentence, with who answers for it. */
export function headline({ report, approval, isChampion, candidate }: JudgedCandidate): string {
  if (approval !== null) return `Promoted by ${approval.by}, past the gate, to the staff devices first.`
  if (report.verdict === 'promote')
    return isChampion
      ? `Yes. It failed at no line and is the model of ${candidate.modelName} now.`
      : 'Yes. It failed at no line of the gate.'
  return 'No. The model in force stays.'
}

export function numberOf(value: number | null): string {
  if (value === null) return '–'
  if (Number.isInteger(value)) return String(value)
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(0) : String(Number(value.toPrecision(3)))
}
export const shareOf = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
