/** A candidate with what the gate said of it: what a report is written from. */
import type { Candidate } from '../candidate.ts'
import type { Approval, GateLine, GateReport } from '../gate-report.ts'

export interface JudgedCandidate {
  readonly candidate: Candidate
  readonly report: GateReport
  readonly approval: Approval | null
  readonly judgedAtMs: number
  /** In force now. */
  readonly isChampion: boolean
}

/** The four questions of a report, in the order in which they matter to whoever decides. */
const PARTS = [
  { title: 'Is there enough to judge by?', names: /^(holdout outcomes|audit share|looks)/ },
  { title: 'Is it better?', names: /^(log-loss gain|better, or|AUC|accuracy|calibration slope)/ },
  { title: 'Does it run on the devices?', names: /^(scores that|parity|bundle size|p99|spoilt)/ },
] as const
const FOR_WHOM = 'For whom?'

export const partsOfReport = ({ lines }: GateReport): readonly { title: string; lines: readonly GateLine[] }[] => {
  const titleOf = ({ name }: GateLine) => PARTS.find(({ names }) => names.test(name))?.title ?? FOR_WHOM
  return [PARTS[0].title, PARTS[1].title, FOR_WHOM, PARTS[2].title]
    .map(title => ({ title, lines: lines.filter(line => titleOf(line) === title) }))
    .filter(part => part.lines.length > 0)
}

export const SIGN = { passed: '✓', failed: '✗', reported: '·', unknown: '?' } as const
export const VERDICT = { passed: 'passed', failed: 'failed', reported: 'for information', unknown: 'unknown' } as const

/** The answer in one sentence, with who answers for it. */
export function headline({ report, approval, isChampion, candidate }: JudgedCandidate): string {
  if (approval !== null) return `Promoted by ${approval.by}, past the gate, to the staff devices first.`
  if (report.verdict === 'promote')
    return isChampion
      ? `Yes. It passed every line and is the model of ${candidate.modelName} now.`
      : 'Yes. It passed every line of the gate.'
  return 'No. The model in force stays.'
}

export const numberOf = (value: number | null): string =>
  value === null ? '–' : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)))
export const limitOf = ({ limit }: GateLine): string =>
  limit === null ? '' : typeof limit === 'number' ? numberOf(limit) : limit.map(numberOf).join(' to ')
export const shareOf = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
