/**
 * What becomes of a verdict where outcomes of the run were withdrawn or disputed while it trained: the
 * figures are right for rows that are not.
 *
 * Law, in `refuse-withdrawn.test.ts`:
 *   RF1 a whole batch that was withdrawn, or more than one row in a hundred, refuses whatever the other
 *       lines say, and nobody overrides it: a new run costs minutes
 *   RF2 single words on single outcomes refuse nobody, and are told
 */
import { judged, percent, type GateReport } from './gate-report.ts'

export interface WithdrawnRows {
  readonly rows: number
  readonly withdrawn: number
  /** Names of batches that were withdrawn and had rows in this run. */
  readonly batches: readonly string[]
}

const MOST = 0.01

export function refuseWithdrawn(report: GateReport, { rows, withdrawn, batches }: WithdrawnRows): GateReport {
  if (withdrawn === 0) return report
  const share = withdrawn / rows
  const passes = batches.length === 0 && share <= MOST
  const found = `${withdrawn} of the ${rows} outcomes that it was trained and judged on ${withdrawn === 1 ? 'was' : 'were'} withdrawn or disputed since (${percent(share)})`
  const why = passes
    ? `${found}; so few change nothing.`
    : batches.length === 0
      ? `Trained on outcomes that were withdrawn since: ${found}.`
      : `Trained on outcomes that were withdrawn since: ${found}, with the batch ${batches.map(name => `“${name}”`).join(', ')}.`
  const line = judged(['withdrawn-rows', 'outcomes withdrawn since'], MOST, share, passes, why)
  const lines = [line, ...report.lines]
  if (passes) return { ...report, lines }
  return {
    ...report,
    lines,
    verdict: 'refused',
    summary: `Candidate, not promoted: ${line.name}: ${line.why} Start a new run.`,
    next: [
      'The champion stays in force; officers see no change.',
      'Start a new run: it trains on what stands now. Nobody can promote this one.',
    ],
  }
}
