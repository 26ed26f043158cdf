/** What is said of a model, by figures alone; and the figures by rows alone. */
import { createSketcher, packSketch, planSketch, scoreBins } from '@murram/score'
import { expect, test } from 'vitest'
import { seededRandom } from '../retrain/seeded-random.ts'
import { planWatch } from '../retrain/plan-watch.ts'
import { measureDrift, type StoredSketch } from './measure-drift.ts'
import {
  hadByRun,
  measureCalibration,
  measurePerformance,
  USUAL_LIMITS,
  type VerifiedScore,
} from './measure-outcomes.ts'
import { summarise, weighFigures } from './weigh-figures.ts'
import type { WatchFigures } from '../http/watch-api-types.ts'

const random = seededRandom(7)
const draw = (share: number) => (random() < share ? 'thatch' : 'iron')
const roofs = (rows: number, share: number) => Array.from({ length: rows }, () => draw(share))
/** Two regions that differ, and are meant to. */
const trained = { north: roofs(500, 0.8), south: roofs(500, 0.2) }
const watched = planWatch(
  {
    rows: 1_000,
    columns: [
      { name: 'roof', kind: 'category', values: [...trained.north, ...trained.south] },
      {
        name: 'region',
        kind: 'category',
        values: [...trained.north.map(() => 'north'), ...trained.south.map(() => 'south')],
      },
    ],
  },
  [{ name: 'roof', kind: 'category' }],
  Array.from({ length: 500 }, () => random()),
  'region',
)
const plan = watched.drift!

function stored(region: string, answers: readonly string[], probabilities: readonly number[] = []): StoredSketch {
  const sketcher = createSketcher(plan)
  for (const roof of answers) sketcher.observe({ roof })
  const packed = packSketch(plan, sketcher.sketch())
  return {
    deviceId: `of ${region}`,
    region,
    week: '2026-W40',
    packed,
    scores: scoreBins(probabilities),
    abstained: {},
    unscored: 0,
  }
}

let seq = 0
const score = (said: number, positive: boolean, region: string): VerifiedScore => ({
  household: `h${(seq += 1)}`,
  seq,
  said,
  code: Number(positive),
  region,
  weight: 1,
  observedAtMs: Date.parse('2026-10-05'),
  isAudit: true,
  byChampion: true,
})
/** Of `rows` households the model says `said` of each; `was` of them are so. */
const scores = (rows: number, said: number, was: number, region: string) =>
  Array.from({ length: rows }, (_, i) => score(said, i < rows * was, region))

const quiet: WatchFigures = {
  championId: 'a',
  ...measureDrift(watched, [stored('north', roofs(300, 0.8)), stored('south', roofs(300, 0.2))], '2026-W35'),
  calibration: measureCalibration(scores(200, 0.4, 0.4, 'north'), USUAL_LIMITS),
  performance: measurePerformance(scores(200, 0.4, 0.4, 'north'), 0.7, USUAL_LIMITS),
  labels: { learntFrom: 800, medianAgeDays: 90, olderThanAYear: 0, twice: 0, changed: 0 },
  runs: [],
}
const weigh = (figures: Partial<WatchFigures>) => weighFigures({ figures: { ...quiet, ...figures }, positive: 'poor' })

test('MD1 regions that differ as they did in training are no drift', () => {
  expect(quiet.drift.regions.map(({ region, rows, against }) => [region, rows, against])).toEqual([
    [null, 600, 'training'],
    ['north', 300, 'training'],
    ['south', 300, 'training'],
  ])
  expect(weigh({})).toEqual([])
  expect(summarise(weigh({}))).toContain('Nothing has changed that matters')
})

test('WF2 what changed in one region is said of that region, with the question and what to do', () => {
  const found = weigh(
    measureDrift(watched, [stored('north', roofs(300, 0.3)), stored('south', roofs(300, 0.2))], '2026-W35'),
  )
  const north = found.find(({ key }) => key === 'drift north')
  expect(north).toMatchObject({ kind: 'drift', severity: 'warning', evidence: { question: 'roof', interviews: 300 } })
  expect(north?.what).toMatch(
    /In north \(300 interviews\) people answer otherwise.*roof.*was (79|8\d) % and is (2|3)\d %/,
  )
  expect(found.some(({ key }) => key === 'drift south')).toBe(false)
})

test('WF1 MD2 below 200 interviews nothing is concluded; a sketch of another plan is not added', () => {
  const other = planSketch([{ name: 'roof', kind: 'category' }], { rows: 1, columns: new Map([['roof', ['tent']]]) })
  const alien = { ...stored('north', []), packed: packSketch(other, { rows: 500, counts: [[500, 0, 0]] }) }
  const found = weigh({
    ...measureDrift(watched, [stored('north', roofs(150, 0)), alien], '2026-W35'),
    calibration: [],
  })
  expect(found.map(({ kind, severity }) => [kind, severity])).toEqual([
    ['too few', 'info'],
    ['too few', 'info'],
  ])
  expect(found[0]?.what).toContain('150 interviews of 1 devices')
  expect(measureDrift(null, [], '2026-W35').drift.hasPlan).toBe(false)
})

test('MO1 a region is off by more than a twentieth and beyond chance, from a hundred outcomes on', () => {
  const verdict = (rows: number, said: number, was: number) =>
    measureCalibration(scores(rows, said, was, 'north'), USUAL_LIMITS)[0]?.verdict
  expect(verdict(99, 0.2, 0.6)).toBe('too few')
  expect(verdict(100, 0.2, 0.6)).toBe('off')
  expect(verdict(100, 0.45, 0.52)).toBe('right') // chance does that
  expect(verdict(20_000, 0.5, 0.52)).toBe('right') // beyond chance, and it does not matter
  const calibration = measureCalibration(scores(300, 0.2, 0.6, 'north'), USUAL_LIMITS)
  expect(weigh({ calibration })[0]?.what).toContain(
    'In north the model says too little. On average 20 % poor, and 60 %',
  )
})

test('MO1 without a fault, five regions looked at together raise an alarm about once in twenty looks', () => {
  const dice = seededRandom(3)
  let alarms = 0
  for (let look = 0; look < 150; look += 1) {
    const rows = Array.from({ length: 5 * 120 }, (_, i) => {
      const p = 0.2 + 0.6 * dice()
      return score(p, dice() < p, `region ${i % 5}`)
    })
    if (measureCalibration(rows, USUAL_LIMITS).some(({ verdict }) => verdict === 'off')) alarms += 1
  }
  expect(alarms).toBeLessThan(150 * 0.1)
})

test('MO2 the audit share alone speaks of all, and that it is missing is said', () => {
  const chosen = scores(200, 0.9, 0.1, 'north').map(one => ({ ...one, isAudit: false }))
  const audited = scores(60, 0.4, 0.4, 'north')
  expect(measurePerformance([...chosen, ...audited], 0.7, USUAL_LIMITS)).toMatchObject({ from: 'audit', outcomes: 60 })
  const [found] = weigh({ performance: measurePerformance(chosen, 0.7, USUAL_LIMITS) })
  expect(found).toMatchObject({ kind: 'performance', severity: 'warning' })
  expect(found?.what).toContain('nobody was chosen by chance')
  expect(found?.todo).toContain('chance chooses')
})

test('WF3 degraded and refused again: it is said that training does not help, and why that may be', () => {
  const performance = measurePerformance(scores(200, 0.9, 0.3, 'north'), 0.5, USUAL_LIMITS)
  const run = {
    runId: 'r',
    finishedAtMs: 1,
    verdict: 'refused',
    summary: 'It lost.',
    gain: -0.01,
    handicap: false,
    judged: true,
    had: { performance: 100, regions: {} },
  } as const
  expect(weigh({ performance }).map(({ kind }) => kind)).toEqual(['performance'])
  const found = weigh({
    performance,
    runs: [run, { ...run, runId: 'q' }, { ...run, handicap: true }, { ...run, judged: false }],
    labels: { ...quiet.labels, twice: 100, changed: 45 },
  })
  const said = found.find(({ kind }) => kind === 'retraining does not help')
  expect(said?.what).toMatch(/training it again does not help. 2 runs that had these outcomes were refused/)
  expect(said?.what).toContain('45 % of the households that were verified twice have changed')
  expect(said?.what).toContain('no better than the one in force')
  expect(said?.todo).toContain('Do not wait for the next run')
  expect(found[0]).toBe(said)
  expect(summarise(found)).toBe(
    'The model has become worse, and training it again does not help. One more thing needs somebody.',
  )
  expect(found.some(({ todo }) => todo.includes('Start a run'))).toBe(false)
  // Refused before most of these outcomes had come: that says nothing of the next run.
  const before = weigh({ performance, runs: [{ ...run, had: { performance: 99, regions: {} } }] })
  expect(before.map(({ kind }) => kind)).toEqual(['performance'])
  expect(before[0]?.todo).toContain('A run is due')
  // Refused, and nothing is wrong with the champion: that is what a gate is for.
  expect(weigh({ runs: [run] })).toEqual([])
})

test('WF3 what the first outcomes of a new region show no earlier run has tried', () => {
  const old = scores(300, 0.4, 0.4, 'north')
  const uptoSeq = seq
  const lake = scores(109, 0.6, 0.2, 'lake')
  const all = [...old, ...lake]
  const refusedAt = (upto: number) =>
    ({
      runId: 'r',
      finishedAtMs: 1,
      verdict: 'refused',
      summary: 'It lost.',
      gain: 0.01,
      handicap: false,
      judged: true,
      had: hadByRun(all, upto),
    }) as const
  const calibration = measureCalibration(all, USUAL_LIMITS)
  const early = weigh({ calibration, runs: [refusedAt(uptoSeq)] })
  expect(early.map(({ kind }) => kind)).toEqual(['calibration'])
  expect(early[0]?.todo).toMatch(/A run is due .* few of the 109 outcomes .* the percentages in lake/)
  const late = weigh({ calibration, runs: [refusedAt(seq), refusedAt(uptoSeq)] })
  expect(late[0]).toMatchObject({ kind: 'retraining does not help', evidence: { runs: 1 } })
  expect(late[1]?.todo).toContain('Training was tried')
})

test('WF4 every finding says what to do, and scores that moved are told', () => {
  const low = Array.from({ length: 400 }, () => 0.1 * random())
  const found = weigh({
    ...measureDrift(watched, [stored('north', roofs(300, 0.3), low), stored('south', roofs(300, 0.2))], '2026-W35'),
    labels: { learntFrom: 800, medianAgeDays: 500, olderThanAYear: 0.7, twice: 100, changed: 30 },
  })
  expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['drift', 'scores', 'label age', 'churn']))
  expect(found.find(({ kind }) => kind === 'scores')?.what).toContain('less often than when it was promoted')
  for (const { todo } of found) expect(todo.length).toBeGreaterThan(20)
})
