import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GateFigures, SubgroupFigures } from './gate-figures.ts'
import { barredLines } from './gate-report.ts'
import { judgeCandidate } from './judge-candidate.ts'
import { RecipeSchema } from './recipe.ts'

const gate = RecipeSchema.shape.gate.parse({})
const good: GateFigures = {
  holdout: 240,
  positives: 90,
  holdoutRatio: 0.25,
  logLossGain: { mean: 0.04, error: 0.015 },
  audit: { households: 60, logLossGain: { mean: 0.03, error: 0.03 } },
  look: { stake: 0.04, left: 0.05, fresh: 240, freshFrom: 0.01, mostLooks: 0 },
  championAuc: 0.71,
  candidateAuc: 0.79,
  calibrationSlope: 1.02,
  calibrationSlopeError: 0.12,
  parity: 4e-7,
  bundleBytes: 60_000,
  p99Ms: 1.2,
  flips: { isFromPrior: false, share: 0.08, toPositive: 12, toNegative: 7, examples: [] },
  accuracy: 0.81,
  nonFinite: 0,
  missed: { positives: 90, champion: { mean: 0.35, error: 0.05 }, candidate: { mean: 0.3, error: 0.05 } },
  subgroups: [],
  handicap: null,
}

test('a candidate that is better on every line may be promoted', () => {
  const report = judgeCandidate(gate, good)
  expect(report.verdict).toBe('promote')
  expect(report.lines.filter(({ verdict }) => verdict === 'failed')).toEqual([])
  expect(report.summary).toContain('is better than the champion')
  // Not worse is enough, and is not called better.
  const asGood = judgeCandidate(gate, { ...good, logLossGain: { mean: 0.01, error: 0.008 } })
  expect(asGood.verdict).toBe('promote')
  expect(asGood.summary).toContain('that it is better is not shown')
})

test.each<[string, Partial<GateFigures>]>([
  ['log-loss gain, mean', { logLossGain: { mean: -0.001, error: 0.001 } }],
  ['log-loss gain, lower bound', { logLossGain: { mean: 0.01, error: 0.02 } }],
  ['AUC drop', { candidateAuc: 0.69 }],
  ['calibration slope', { calibrationSlope: 0.6 }],
  ['calibration slope', { calibrationSlope: 1.4 }],
  ['audit share, log-loss gain', { audit: { households: 60, logLossGain: { mean: -0.1, error: 0.02 } } }],
  ['error staked by this look', { look: { ...good.look, stake: 0, fresh: 0 } }],
  ['flips', { flips: { ...good.flips, share: 0.11 } }],
  ['scores that are no number', { nonFinite: 1 }],
  ['spoilt on purpose', { handicap: 'shuffled-labels' }],
  ['parity', { parity: 2e-5 }],
  ['bundle size', { bundleBytes: 1_000_001 }],
  ['latency (p99)', { p99Ms: 21 }],
])('G1 %s alone refuses, and is named', (name, worse) => {
  const report = judgeCandidate(gate, { ...good, ...worse })
  expect(report.verdict).toBe('refused')
  expect(report.lines.filter(({ verdict }) => verdict === 'failed').map(line => line.name)).toEqual([name])
  expect(report.summary).toContain(name)
})

test('G2 below 200 holdout outcomes nothing is promoted', () => {
  fc.assert(
    fc.property(fc.nat(199), fc.double({ min: 0, max: 1, noNaN: true }), (holdout, gain) => {
      const report = judgeCandidate(gate, { ...good, holdout, logLossGain: { mean: gain, error: 0 } })
      expect(report.verdict).toBe('refused')
      expect(report.summary).toContain('holdout outcomes')
    }),
  )
})

const lineOf = (report: ReturnType<typeof judgeCandidate>, wanted: string) =>
  report.lines.find(({ id }) => id === wanted)

test('G4 a slope that chance explains refuses nobody and is unknown, one that it does not is refused', () => {
  const open = judgeCandidate(gate, { ...good, calibrationSlope: 0.7 })
  expect(open.verdict).toBe('promote')
  expect(lineOf(open, 'calibration-slope')).toMatchObject({ verdict: 'unknown', limit: [0.8, 1.25] })
  expect(judgeCandidate(gate, { ...good, calibrationSlope: 0.7, calibrationSlopeError: 0.05 }).verdict).toBe('refused')
})

test('a run spoilt on purpose says so first, and of the looks only that it stakes nothing', () => {
  const { lines, summary, next } = judgeCandidate(gate, {
    ...good,
    handicap: 'shuffled-labels',
    look: { ...good.look, stake: 0 },
  })
  expect(lines[0]).toMatchObject({ id: 'spoilt', verdict: 'failed' })
  expect(summary).toMatch(/^Candidate, not promoted: spoilt on purpose/)
  expect(lines.find(({ id }) => id === 'looks')).toMatchObject({ verdict: 'reported' })
  expect(`${summary} ${next?.join(' ')}`).not.toMatch(/fresh|newest outcomes/)
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

const part: SubgroupFigures = {
  name: 'region: northern',
  households: 120,
  logLossGain: { mean: 0.01, error: 0.02 },
  calibration: { champion: 0.01, candidate: 0.02, error: 0.03 },
  missed: { positives: 40, champion: { mean: 0.35, error: 0.07 }, candidate: { mean: 0.32, error: 0.07 } },
}
const withPart = (change: Partial<SubgroupFigures>) =>
  judgeCandidate(gate, { ...good, subgroups: [{ ...part, ...change }] })
const failed = ({ lines }: ReturnType<typeof judgeCandidate>) =>
  lines.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)

test('G6 a subgroup that gets worse beyond chance refuses; one of few households is unknown, and listed', () => {
  expect(failed(withPart({}))).toEqual([])
  expect(failed(withPart({ logLossGain: { mean: -0.06, error: 0.02 } }))).toEqual([`log-loss gain, ${part.name}`])
  expect(failed(withPart({ logLossGain: { mean: -0.06, error: 0.04 } }))).toEqual([])
  const few = withPart({ households: 12, logLossGain: { mean: -0.06, error: 0.01 } })
  expect(few.verdict).toBe('promote')
  expect(few.lines.find(({ id }) => id === `part-gain/${part.name}`)).toMatchObject({ verdict: 'unknown', limit: null })
})

test('G6 a region whose probabilities are off beyond chance refuses, unless they were further off before', () => {
  const off = { champion: 0.02, candidate: 0.11, error: 0.03 }
  expect(failed(withPart({ calibration: off }))).toEqual(['calibration, region: northern'])
  expect(failed(withPart({ calibration: { ...off, champion: -0.12 } }))).toEqual([])
  expect(failed(withPart({ calibration: { ...off, error: 0.05 } }))).toEqual([])
  expect(failed(withPart({ calibration: off, households: 99 }))).toEqual([])
  // 9.1 points, surely more than 4.2, 5 allowed: more than nothing for certain, more than the limit not.
  const open = lineOf(
    withPart({ calibration: { champion: 0.02, candidate: 0.091, error: 0.03 } }),
    'part-calibration/region: northern',
  )
  expect(open).toMatchObject({ verdict: 'unknown', limit: 0.05, value: 0.091 })
  expect(open?.why).toBe(
    'In these 120 households the probabilities are on average 9.1 points too high (between 4.2 and 14.0 in 90 of 100 cases). That is more than the 5.0 points allowed, but so few households cannot show that it is so for all of them.',
  )
})

test('G6 a subgroup whose positive households are missed far more often refuses, unless it is so today', () => {
  const missed = { positives: 80, champion: { mean: 0.35, error: 0.05 }, candidate: { mean: 0.6, error: 0.05 } }
  expect(failed(withPart({ missed }))).toEqual(['exclusion errors, worst subgroup'])
  expect(failed(withPart({ missed: { ...missed, champion: { mean: 0.8, error: 0.05 } } }))).toEqual([])
  expect(failed(withPart({ missed: { ...missed, positives: 9 } }))).toEqual([])
  expect(failed(withPart({ missed: { ...missed, candidate: { mean: 0.4, error: 0.08 } } }))).toEqual([])
})

test('G7 the less a look stakes, the more it must see', () => {
  const seen = (stake: number) =>
    judgeCandidate(gate, { ...good, logLossGain: { mean: 0.015, error: 0.01 }, look: { ...good.look, stake } }).verdict
  expect(seen(0.04)).toBe('promote')
  expect(seen(0.001)).toBe('refused')
  const spent = judgeCandidate(gate, {
    ...good,
    look: { stake: 0, left: 0.01, fresh: 4, freshFrom: 0.05, mostLooks: 6 },
  })
  expect(spent.summary).toMatch(
    /these 240 households were looked at 6 times before, 4 are fresh.* About 8 more fresh outcomes .* renew it/,
  )
})

test('G8 a prior may be changed as much as its recipe says; a trained champion a tenth', () => {
  const flips = { ...good.flips, share: 0.3 }
  expect(judgeCandidate(gate, { ...good, flips: { ...flips, isFromPrior: true } }).verdict).toBe('promote')
  const asks = judgeCandidate(gate, { ...good, flips })
  expect(failed(asks)).toEqual(['flips'])
  expect(asks.next?.join(' ')).toContain('approve it by name')
})

test('a person may override what is not shown, and never what is not sound', () => {
  const barred = (worse: Partial<GateFigures>) => barredLines(judgeCandidate(gate, { ...good, ...worse })).length
  expect([{ holdout: 40 }, { candidateAuc: 0.6 }, { calibrationSlope: 0.5 }].map(barred)).toEqual([0, 0, 0])
  expect([{ parity: 1 }, { bundleBytes: 2e6 }, { nonFinite: 3 }, { handicap: 'shuffled-labels' }].map(barred)).toEqual([
    1, 1, 1, 1,
  ])
})
