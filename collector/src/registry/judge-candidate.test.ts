import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeCandidate, type GateFigures } from './judge-candidate.ts'

const gate = {
  minHoldout: 200,
  maxAucDrop: 0.01,
  calibrationSlope: [0.8, 1.25] as [number, number],
  bootstrapLowerBound: -0.005,
  maxBundleBytes: 1_000_000,
  maxP99Ms: 20,
  maxSubgroupLoss: 0.02,
}
const good: GateFigures = {
  holdout: 240,
  positives: 90,
  logLossGain: { mean: 0.04, lower: 0.01, upper: 0.07 },
  championAuc: 0.71,
  candidateAuc: 0.79,
  calibrationSlope: 1.02,
  calibrationSlopeError: 0.12,
  parity: 4e-7,
  bundleBytes: 60_000,
  p99Ms: 1.2,
  flips: 0.18,
  accuracy: 0.81,
  subgroups: [],
}

test('a candidate that is better on every line may be promoted', () => {
  const report = judgeCandidate(gate, good)
  expect(report.verdict).toBe('promote')
  expect(report.lines.map(({ verdict }) => verdict)).toEqual([...Array<string>(8).fill('passed'), 'reported'])
})

test.each<[string, Partial<GateFigures>]>([
  ['log-loss gain, mean', { logLossGain: { mean: -0.001, lower: -0.004, upper: 0.01 } }],
  ['log-loss gain, lower bound', { logLossGain: { mean: 0.01, lower: -0.005, upper: 0.03 } }],
  ['AUC drop', { candidateAuc: 0.69 }],
  ['calibration slope', { calibrationSlope: 0.6 }],
  ['calibration slope', { calibrationSlope: 1.4 }],
  ['parity', { parity: 2e-5 }],
  ['bundle size (bytes)', { bundleBytes: 1_000_001 }],
  ['p99 latency (ms)', { p99Ms: 21 }],
])('G1 %s alone refuses, and is named', (name, worse) => {
  const report = judgeCandidate(gate, { ...good, ...worse })
  expect(report.verdict).toBe('refused')
  expect(report.lines.filter(({ verdict }) => verdict === 'failed').map(line => line.name)).toEqual([name])
  expect(report.summary).toContain(name)
})

test('G2 below 200 holdout outcomes nothing is promoted', () => {
  fc.assert(
    fc.property(fc.nat(199), fc.double({ min: 0, max: 1, noNaN: true }), (holdout, gain) => {
      const report = judgeCandidate(gate, { ...good, holdout, logLossGain: { mean: gain, lower: gain, upper: gain } })
      expect(report.verdict).toBe('refused')
      expect(report.summary).toContain('holdout outcomes')
    }),
  )
})

test('G4 a slope that chance explains passes, one that it does not is refused', () => {
  expect(judgeCandidate(gate, { ...good, calibrationSlope: 0.7 }).verdict).toBe('promote')
  expect(judgeCandidate(gate, { ...good, calibrationSlope: 0.7, calibrationSlopeError: 0.05 }).verdict).toBe('refused')
})

test('G3 a figure that cannot be computed fails its line', () => {
  const report = judgeCandidate(gate, { ...good, candidateAuc: Number.NaN })
  expect(report.lines.find(({ name }) => name === 'AUC drop')).toMatchObject({ value: null, verdict: 'failed' })
})

test('G5 a floor of the recipe refuses a candidate that is better than the champion and still too bad', () => {
  expect(judgeCandidate(gate, good, { accuracy: 0.8, auc: 0.75 }).verdict).toBe('promote')
  const report = judgeCandidate(gate, good, { accuracy: 0.85 })
  expect(report.verdict).toBe('refused')
  expect(report.summary).toContain('accuracy floor')
})

test('G6 a subgroup that gets worse beyond chance refuses; one of few households is only listed', () => {
  const worse = { name: 'region: northern', households: 80, logLossGain: { mean: -0.06, lower: -0.1, upper: -0.03 } }
  expect(judgeCandidate(gate, { ...good, subgroups: [worse] })).toMatchObject({
    verdict: 'refused',
    summary: expect.stringContaining('region: northern') as string,
  })
  const chance = { ...worse, logLossGain: { mean: -0.06, lower: -0.14, upper: 0.01 } }
  expect(judgeCandidate(gate, { ...good, subgroups: [chance] }).verdict).toBe('promote')
  const few = judgeCandidate(gate, { ...good, subgroups: [{ ...worse, households: 12 }] })
  expect(few.verdict).toBe('promote')
  expect(few.lines.find(({ name }) => name === worse.name)).toMatchObject({ verdict: 'reported', limit: null })
})
