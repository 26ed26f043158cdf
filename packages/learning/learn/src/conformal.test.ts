import { expect, test } from 'vitest'
import { binomialInterval } from './binomial.ts'
import { conformalCutoffs, coverageOf } from './conformal.ts'
import { plantHouseholds } from './planted-households.ts'
import { createRandom } from './random.ts'

const classes = ['no', 'yes']

test('of fresh households of each class, about the promised share keeps its true class', () => {
  const known = plantHouseholds(4_000, 1)
  const fresh = plantHouseholds(4_000, 2)
  for (const coverage of [0.8, 0.9, 0.95]) {
    const cutoffs = conformalCutoffs(known.truth, known.labels, coverage)
    for (const [code, name] of known.labels.classes.entries()) {
      const own = [...fresh.truth].filter((_, row) => fresh.labels.codes[row] === code)
      const kept = own.filter(p => (code === 1 ? p : 1 - p) >= cutoffs[name]!)
      expect(Math.abs(kept.length / own.length - coverage)).toBeLessThan(0.025)
    }
  }
})

test('too few rows to promise anything: every class stays possible', () => {
  expect(conformalCutoffs([0.1, 0.9], { classes, codes: Uint8Array.of(0, 1) }, 0.9)).toEqual({ no: 0, yes: 0 })
})

/** Rows of three classes whose probabilities are true. */
function plantClasses(rows: number, seed: number) {
  const random = createRandom(seed)
  const probabilities = new Float64Array(3 * rows)
  const codes = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    const raw = [random() ** 3, random() ** 3, 0.3 * random() ** 3]
    const sum = raw.reduce((a, b) => a + b)
    const draw = random() * sum
    codes[row] = draw < raw[0]! ? 0 : draw < raw[0]! + raw[1]! ? 1 : 2
    for (let k = 0; k < 3; k++) probabilities[3 * row + k] = raw[k]! / sum
  }
  return { probabilities, labels: { classes: ['low', 'middle', 'high'], codes } }
}

test('several classes: each is covered as promised, the rare one too, in every region inside its interval', () => {
  const known = plantClasses(6_000, 1)
  const fresh = plantClasses(6_000, 2)
  const cutoffs = conformalCutoffs(known.probabilities, known.labels, 0.9)
  for (const [code, name] of known.labels.classes.entries()) {
    const own = [...fresh.labels.codes.keys()].filter(row => fresh.labels.codes[row] === code)
    const kept = own.filter(row => fresh.probabilities[3 * row + code]! >= cutoffs[name]!)
    expect(Math.abs(kept.length / own.length - 0.9)).toBeLessThan(0.035)
  }
  const regions = Array.from(fresh.labels.codes, (_, row) => `region ${row % 5}`)
  const told = coverageOf(fresh.probabilities, fresh.labels, { cutoffs, coverage: 0.9 }, regions)
  expect(told.map(({ region }) => region)).toEqual(['', 'region 0', 'region 1', 'region 2', 'region 3', 'region 4'])
  expect(told.filter(({ isKept }) => isKept).length).toBeGreaterThanOrEqual(5)
  expect(told[0]).toMatchObject({ rows: 6_000, covered: expect.closeTo(0.9, 1) })
  expect(told[1]!.interval.upper - told[1]!.interval.lower).toBeGreaterThan(
    told[0]!.interval.upper - told[0]!.interval.lower,
  )
})

test('a region where the model is wrong breaks the promise, and is named', () => {
  const known = plantClasses(4_000, 3)
  const fresh = plantClasses(4_000, 4)
  const cutoffs = conformalCutoffs(known.probabilities, known.labels, 0.9)
  const regions = Array.from(fresh.labels.codes, (_, row) => (row < 300 ? 'other' : 'usual'))
  const turned = Uint8Array.from(fresh.labels.codes, (code, row) => (row < 300 ? (code + 1) % 3 : code))
  const told = coverageOf(fresh.probabilities, { ...fresh.labels, codes: turned }, { cutoffs, coverage: 0.9 }, regions)
  expect(told.find(({ region }) => region === 'other')).toMatchObject({ isKept: false })
  expect(told.find(({ region }) => region === 'usual')).toMatchObject({ isKept: true })
})

test('the binomial interval: known values, and the ends', () => {
  // Of 20 at one half, 6 to 14 are the central 95 %.
  expect(binomialInterval(20, 0.5, 0.95)).toEqual({ lower: 6 / 20, upper: 14 / 20 })
  expect(binomialInterval(1, 0.9, 0.95)).toEqual({ lower: 0, upper: 1 })
  expect(binomialInterval(5_000, 0.9, 0.95).lower).toBeCloseTo(0.9 - 1.96 * Math.sqrt(0.09 / 5_000), 2)
})
