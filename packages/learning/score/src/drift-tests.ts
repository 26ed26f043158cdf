/**
 * Are the answers of today those that the model was trained on? Two sketches of one plan, each
 * question by itself.
 *
 * An alarm needs both: a difference that matters (PSI above .2, and above what chance alone
 * exceeds once in a hundred at this many rows), and one that is no accident among so many
 * questions (p below .05 after Holm's correction). Drift raises a flag; it starts no training.
 *
 * DT1 below 200 rows on either side nothing is said but "too few": on 50 rows of the very same
 *     answers PSI exceeds .2 in nearly half of all runs
 * DT2 without drift an alarm is rare, however many questions there are
 */
import type { Sketch, SketchPlan, SketchQuestion } from './drift-sketch.ts'

export const DRIFT_ROWS = 200

export interface QuestionDrift {
  readonly input: string
  readonly verdict: 'too few' | 'same' | 'drifted'
  /** Population stability index; `null` where there are too few rows. */
  readonly psi: number | null
  /** Above it the index is more than chance. */
  readonly psiLimit: number | null
  /** `ks` on numbers (and their blanks), `chi2` on categories; corrected for all questions. */
  readonly test: 'ks' | 'chi2'
  readonly p: number | null
}

const MATTERS = 0.2
const BY_CHANCE = 0.05

/** @param before For example `referenceSketch(plan)`. */
export function compareSketches(plan: SketchPlan, before: Sketch, now: Sketch): readonly QuestionDrift[] {
  const testOf = ({ kind }: SketchQuestion): QuestionDrift['test'] => (kind === 'category' ? 'chi2' : 'ks')
  if (Math.min(before.rows, now.rows) < DRIFT_ROWS)
    return plan.map(question => ({
      input: question.input,
      verdict: 'too few',
      psi: null,
      psiLimit: null,
      test: testOf(question),
      p: null,
    }))
  const found = plan.map((question, i) => {
    const [a, b] = [before.counts[i]!, now.counts[i]!]
    const p = testOf(question) === 'chi2' ? chiSquareP(a, b) : numberP(a, b)
    return { question, psi: psiOf(a, b), psiLimit: psiLimitOf(a, b), p }
  })
  const corrected = holm(found.map(({ p }) => p))
  return found.map(({ question, psi, psiLimit }, i) => ({
    input: question.input,
    verdict: psi > psiLimit && corrected[i]! < BY_CHANCE ? 'drifted' : 'same',
    psi,
    psiLimit,
    test: testOf(question),
    p: corrected[i]!,
  }))
}

const sumOf = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

/** Each bin gets half a row, so that an empty one is no infinity. */
function psiOf(a: readonly number[], b: readonly number[]): number {
  const share = (counts: readonly number[], bin: number) => (counts[bin]! + 0.5) / (sumOf(counts) + 0.5 * counts.length)
  return a.reduce((sum, _, bin) => {
    const [p, q] = [share(a, bin), share(b, bin)]
    return sum + (q - p) * Math.log(q / p)
  }, 0)
}

/** Without drift, PSI over (1/n + 1/m) is chi-square with a degree of freedom less than bins. */
function psiLimitOf(a: readonly number[], b: readonly number[]): number {
  const used = a.filter((n, bin) => n + b[bin]! > 0).length
  if (used < 2) return MATTERS
  return Math.max(MATTERS, (1 / sumOf(a) + 1 / sumOf(b)) * chiSquareAt(0.99, used - 1))
}

const FEWEST_EXPECTED = 5

/** Two samples of one distribution? Bins that expect fewer than five rows are taken together. */
function chiSquareP(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [sumOf(a), sumOf(b)]
  if (n === 0 || m === 0) return 1
  const smallest = Math.min(n, m) / (n + m)
  const bins = a.map((count, bin) => [count, b[bin]!] as const)
  const isLarge = ([x, y]: readonly [number, number]) => (x + y) * smallest >= FEWEST_EXPECTED
  const rest = bins
    .filter(bin => !isLarge(bin))
    .reduce<readonly [number, number]>(([x, y], [dx, dy]) => [x + dx, y + dy], [0, 0])
  const all = [...bins.filter(isLarge), ...(rest[0] + rest[1] > 0 ? [rest] : [])]
  if (all.length < 2) return 1
  const statistic = all.reduce((sum, [x, y]) => {
    const expected = ((x + y) * n) / (n + m)
    const other = x + y - expected
    return sum + (x - expected) ** 2 / expected + (y - other) ** 2 / other
  }, 0)
  return gammaUpper((all.length - 1) / 2, statistic / 2)
}

/** Kolmogorov and Smirnov on what was answered, chi-square on whether; the stronger, doubled. */
function numberP(a: readonly number[], b: readonly number[]): number {
  const answered = (counts: readonly number[]) => counts.slice(0, -1)
  const blank = chiSquareP([sumOf(answered(a)), a.at(-1)!], [sumOf(answered(b)), b.at(-1)!])
  return Math.min(1, 2 * Math.min(blank, kolmogorovP(answered(a), answered(b))))
}

/** On bins the largest distance is at most that of the numbers themselves: p is never too small. */
function kolmogorovP(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [sumOf(a), sumOf(b)]
  if (n === 0 || m === 0) return 1
  let [below, beside, distance] = [0, 0, 0]
  for (let bin = 0; bin < a.length; bin++) {
    below += a[bin]! / n
    beside += b[bin]! / m
    distance = Math.max(distance, Math.abs(below - beside))
  }
  const size = Math.sqrt((n * m) / (n + m))
  const x = (size + 0.12 + 0.11 / size) * distance
  if (x < 0.3) return 1
  let p = 0
  for (let k = 1; k <= 100; k++) p += 2 * (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x)
  return Math.min(1, Math.max(0, p))
}

/** Holm's step-down: the smallest times all, the next times all but one … */
function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p)
  const corrected = ps.map(() => 1)
  let highest = 0
  for (const [rank, { p, i }] of order.entries()) {
    highest = Math.max(highest, Math.min(1, p * (ps.length - rank)))
    corrected[i] = highest
  }
  return corrected
}

/** Regularised upper incomplete gamma function: by series below a + 1, by continued fraction above. */
export function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1
  const front = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let [term, sum] = [1 / a, 1 / a]
    for (let k = 1; k < 1_000 && term > sum * 1e-16; k++) {
      term *= x / (a + k)
      sum += term
    }
    return 1 - front * sum
  }
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let value = d
  for (let k = 1; k < 1_000; k++) {
    const an = -k * (k - a)
    b += 2
    d = 1 / notZero(an * d + b, tiny)
    c = notZero(b + an / c, tiny)
    const step = d * c
    value *= step
    if (Math.abs(step - 1) < 1e-15) break
  }
  return front * value
}

const notZero = (x: number, tiny: number): number => (Math.abs(x) < tiny ? tiny : x)

/** Stirling's series, after moving a to where it is exact to 1e-14. */
function logGamma(a: number): number {
  let [shift, z] = [0, a]
  while (z < 12) {
    shift += Math.log(z)
    z += 1
  }
  const r = 1 / (z * z)
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / z
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift
}

/** Where the chi-square distribution reaches `share`. */
function chiSquareAt(share: number, freedom: number): number {
  let [low, high] = [0, freedom + 10]
  while (1 - gammaUpper(freedom / 2, high / 2) < share) high *= 2
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2
    if (1 - gammaUpper(freedom / 2, middle / 2) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}
