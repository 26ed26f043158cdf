import { expect, test } from 'vitest'
import { mayFollow, runEvent, RunEventSchema, type RunEventType } from './index.ts'

const state = {
  type: 'COMPLETE',
  atMs: Date.parse('2026-11-21T09:00:00Z'),
  runId: '6f9619ff-8b86-4011-b42d-00cf4fc964ff',
  namespace: 'murram://lira-2026',
  jobName: 'train.vulnerability',
  because: '50 new outcomes',
  inputs: [{ name: 'snapshots/vulnerability', version: 'abc', rows: 950, sizeBytes: 31_000 }],
  outputs: [{ name: 'candidates/vulnerability', version: 'def', sizeBytes: 4_000 }],
} as const

test('L2 an event has the shape that OpenLineage gives it, and says what went in and came out', () => {
  const event = RunEventSchema.parse(JSON.parse(JSON.stringify(runEvent(state))))
  expect(event).toMatchObject({
    eventTime: '2026-11-21T09:00:00.000Z',
    job: { namespace: 'murram://lira-2026', name: 'train.vulnerability' },
    inputs: [
      {
        name: 'snapshots/vulnerability',
        facets: { version: { datasetVersion: 'abc' } },
        inputFacets: { dataQualityMetrics: { rowCount: 950, bytes: 31_000, columnMetrics: {} } },
      },
    ],
    outputs: [{ outputFacets: { outputStatistics: { size: 4_000 } } }],
  })
  expect(event.run.facets).not.toHaveProperty('errorMessage')
  const failed = runEvent({ ...state, type: 'FAIL', error: 'too few rows' })
  expect(RunEventSchema.parse(failed).run.facets['errorMessage']).toMatchObject({ message: 'too few rows' })
})

test('L1 one start, one end, nothing before and nothing but remarks after', () => {
  const accepted = (types: readonly RunEventType[]) => types.every((type, at) => mayFollow(types.slice(0, at), type))
  expect(accepted(['START', 'RUNNING', 'RUNNING', 'COMPLETE', 'OTHER'])).toBe(true)
  expect(accepted(['START', 'ABORT'])).toBe(true)
  expect(accepted(['RUNNING'])).toBe(false)
  expect(accepted(['START', 'START'])).toBe(false)
  expect(accepted(['START', 'FAIL', 'COMPLETE'])).toBe(false)
})
