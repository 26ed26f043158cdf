import { expect, test } from 'vitest'
import { barredLines, type GateReport } from './gate-report.ts'
import { refuseWithdrawn } from './refuse-withdrawn.ts'

const report: GateReport = { verdict: 'promote', summary: 'It failed at no line.', lines: [], next: ['Nothing.'] }

test('RF1 a batch that was withdrawn while it trained refuses it, and nobody overrides that', () => {
  const refused = refuseWithdrawn(report, { rows: 1_000, withdrawn: 4, batches: ['office.csv'] })
  expect(refused).toMatchObject({
    verdict: 'refused',
    summary:
      'Candidate, not promoted: outcomes withdrawn since: Trained on outcomes that were withdrawn since: 4 of the 1000 outcomes that it was trained and judged on were withdrawn or disputed since (0.40 %), with the batch “office.csv”. Start a new run.',
  })
  expect(barredLines(refused).map(({ id }) => id)).toEqual(['withdrawn-rows'])
  expect(refused.next?.join(' ')).toContain('Start a new run')
  expect(refuseWithdrawn(report, { rows: 1_000, withdrawn: 11, batches: [] }).verdict).toBe('refused')
})

test('RF2 single words on single outcomes are told and refuse nobody', () => {
  expect(refuseWithdrawn(report, { rows: 1_000, withdrawn: 10, batches: [] })).toMatchObject({
    verdict: 'promote',
    summary: report.summary,
    lines: [{ id: 'withdrawn-rows', verdict: 'passed' }],
  })
  expect(refuseWithdrawn(report, { rows: 1_000, withdrawn: 0, batches: [] })).toBe(report)
})
