import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createSketcher,
  emptySketch,
  mergeSketches,
  packSketch,
  planSketch,
  referenceSketch,
  SketchPlanSchema,
  unpackSketch,
  type Sketch,
} from './drift-sketch.ts'
import { compareSketches, gammaUpper } from './drift-tests.ts'
import type { FeatureRow } from './answers.ts'

const inputs = [
  { name: 'size', kind: 'number' as const },
  { name: 'roof', kind: 'category' as const },
  { name: 'note', kind: 'text' as const },
]

function createDice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

const rowOf = (dice: () => number, shift = 0): FeatureRow => ({
  size: dice() < 0.1 ? Number.NaN : Math.floor(dice() * 40 + shift) / 3,
  roof: dice() < 0.05 ? '' : (['iron', 'thatch', 'tile'][Math.floor(dice() * 3)] ?? ''),
  note: ' maji safi sana '.repeat(Math.floor(dice() * 4)),
})
const rowsOf = (seed: number, count: number, shift = 0): FeatureRow[] => {
  const dice = createDice(seed)
  return Array.from({ length: count }, () => rowOf(dice, shift))
}
const columnsOf = (rows: readonly FeatureRow[]) => ({
  rows: rows.length,
  columns: new Map<string, Float32Array | string[]>([
    ['size', Float32Array.from(rows, row => Number(row['size']))],
    ['roof', rows.map(row => String(row['roof']))],
    ['note', rows.map(row => String(row['note']))],
  ]),
})
const plan = planSketch(inputs, columnsOf(rowsOf(1, 2_000)))
const sketchOf = (rows: readonly FeatureRow[]): Sketch => {
  const sketcher = createSketcher(plan)
  for (const row of rows) sketcher.observe(row)
  return sketcher.sketch()
}
const someRows = fc
  .record({ seed: fc.nat(), count: fc.integer({ min: 0, max: 60 }) })
  .map(({ seed, count }) => rowsOf(seed, count))

test('D1 D2 sketches add up in any order and grouping, and are the sketch of all rows', () => {
  fc.assert(
    fc.property(someRows, someRows, someRows, (a, b, c) => {
      const [x, y, z] = [sketchOf(a), sketchOf(b), sketchOf(c)]
      const whole = sketchOf([...a, ...b, ...c])
      expect(mergeSketches(mergeSketches(x, y), z)).toEqual(whole)
      expect(mergeSketches(z, mergeSketches(y, x))).toEqual(whole)
      expect(mergeSketches(whole, emptySketch(plan))).toEqual(whole)
    }),
    { numRuns: 50, seed: 1 },
  )
})

test('D3 a sketch is packed into a few hundred bytes and unpacked as it was', () => {
  fc.assert(
    fc.property(someRows, rows => {
      const sketch = sketchOf(rows)
      expect(unpackSketch(plan, packSketch(plan, sketch))).toEqual({ ok: true, value: sketch })
    }),
    { numRuns: 50, seed: 2 },
  )
  expect(packSketch(plan, sketchOf(rowsOf(3, 5_000))).length).toBeLessThan(100)
})

test('D3 a sketch of another plan, cut short or of another format is refused', () => {
  const other = planSketch(inputs, columnsOf(rowsOf(9, 500, 20)))
  const bytes = packSketch(plan, sketchOf(rowsOf(3, 300)))
  for (const bad of [packSketch(other, emptySketch(other)), bytes.slice(0, -1), Uint8Array.of(7, ...bytes.slice(1))])
    expect(unpackSketch(plan, bad)).toMatchObject({ ok: false, error: { fault: 'bundle.malformed' } })
})

test('a plan survives JSON and knows how its training rows were spread', () => {
  expect(SketchPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  expect(referenceSketch(plan).rows).toBe(2_000)
  for (const counts of referenceSketch(plan).counts) expect(counts.reduce((a, b) => a + b, 0)).toBe(2_000)
})

test('DT1 below 200 rows nothing is said but "too few", however different they are', () => {
  const found = compareSketches(plan, referenceSketch(plan), sketchOf(rowsOf(4, 199, 30)))
  expect(found).toEqual(
    plan.map(({ input, kind }) => ({
      input,
      verdict: 'too few',
      psi: null,
      psiLimit: null,
      test: kind === 'category' ? 'chi2' : 'ks',
      p: null,
    })),
  )
})

test('a question whose answers moved is named, the others are not', () => {
  const found = compareSketches(plan, referenceSketch(plan), sketchOf(rowsOf(5, 400, 12)))
  expect(found.map(({ input, verdict }) => [input, verdict])).toEqual([
    ['size', 'drifted'],
    ['roof', 'same'],
    ['note', 'same'],
  ])
  expect(found[0]!.psi).toBeGreaterThan(0.2)
  expect(found[0]!.p).toBeLessThan(1e-6)
})

test('a question that is no longer answered has drifted', () => {
  const blanks = rowsOf(6, 400).map((row, i) => (i % 2 === 0 ? { ...row, size: Number.NaN, roof: '' } : row))
  const found = compareSketches(plan, referenceSketch(plan), sketchOf(blanks))
  expect(found.map(({ verdict }) => verdict)).toEqual(['drifted', 'drifted', 'same'])
})

test('DT2 without drift there is no alarm in 300 comparisons, at 200 rows and at 2,000', () => {
  for (const rows of [200, 2_000])
    for (let seed = 100; seed < 250; seed++) {
      const found = compareSketches(plan, referenceSketch(plan), sketchOf(rowsOf(seed, rows)))
      expect(found.filter(({ verdict }) => verdict !== 'same')).toEqual([])
    }
})

test('without drift p is spread as a p should be, and PSI stays below its limit in 98 of 100', () => {
  const runs = Array.from(
    { length: 400 },
    (_, seed) =>
      compareSketches(
        [plan[1]!],
        { ...referenceSketch(plan), counts: [plan[1]!.reference] },
        {
          rows: 250,
          counts: [sketchOf(rowsOf(seed + 1_000, 250)).counts[1]!],
        },
      )[0]!,
  )
  const below = (share: number) => runs.filter(({ p }) => p! < share).length / runs.length
  expect(below(0.05)).toBeLessThan(0.09)
  expect(below(0.5)).toBeGreaterThan(0.4)
  expect(below(0.5)).toBeLessThan(0.6)
})

test('the gamma function is that of the tables: chi-square 3.841 at one degree, 16.919 at nine', () => {
  expect(gammaUpper(0.5, 3.841458820694124 / 2)).toBeCloseTo(0.05, 12)
  expect(gammaUpper(4.5, 16.918977604620448 / 2)).toBeCloseTo(0.05, 12)
  expect(gammaUpper(0.5, 0.5)).toBeCloseTo(0.31731050786291415, 12)
  expect(gammaUpper(50, 30)).toBeCloseTo(0.9992, 3)
})
