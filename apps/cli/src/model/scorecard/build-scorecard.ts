/**
 * A paper scorecard: at most ten questions, whole points from 0 to 100 that anybody can add
 * up in the field, and what a total means.
 *
 *   bands → questions one by one, each the one that explains most of what is left
 *         → a logistic regression on these alone → weights become whole points → the totals
 *           are held against the outcomes
 *
 * Laws, in `scorecard.test.ts`:
 *   S1 at most ten questions, each answer a whole number, the lowest of each question 0
 *   S2 the highest total is 100, or less where rounding took it   S3 a higher total is never less probable
 *
 * @see Kshirsagar et al. 2017, "Household poverty classification in data-scarce environments"
 *   (ten questions, arithmetic that anyone can check).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import {
  auc,
  predict,
  takeLabels,
  takeRows,
  trainLogistic,
  type ClassTarget,
  type Labels,
  type LinearCategory,
  type LinearModel,
  type Table,
} from '@murram/learn'
import type { Part } from '../prepare-rows.ts'
import { bandQuestion, toBanded, type BandedQuestion } from './banded-answers.ts'

export interface CardAnswer {
  readonly answer: string
  readonly points: number
}
export interface CardQuestion {
  readonly column: string
  /** Its answers are bands of an amount, in their order. */
  readonly isAmount: boolean
  readonly answers: readonly CardAnswer[]
  /** Points of a question that was not answered; `null` where every row answered it. */
  readonly missing: number | null
}
export interface TotalBand {
  readonly from: number
  readonly to: number
  /** Probability of the positive class. */
  readonly probability: number
  /** Share of the rows that train. */
  readonly share: number
}
export interface Scorecard {
  readonly positive: string
  readonly questions: readonly CardQuestion[]
  readonly totals: readonly TotalBand[]
  /** On rows that were not used to make it; `null` where one class is missing there. */
  readonly auc: number | null
}

const FULL = 100
const SELECT_ROWS = 5_000
const L2 = 4
const BAND_POINTS = 10

export function buildScorecard(training: Part, test: Part, most: number, seed: number): Result<Scorecard, Fault> {
  const { target } = training
  if (target.task !== 'binary')
    return err(
      fault('learn.not-two-classes', 'a scorecard adds up points for one of two classes; this outcome is another'),
    )
  const all = training.table.columns.map(bandQuestion).filter(question => question !== null)
  if (all.length === 0)
    return err(fault('learn.too-few', 'no column that a card can ask: few named answers, or amounts'))
  const chosen = choose(training, target, all, most, seed)
  const fitted = fit(toBanded(training.table, chosen), target, training.groups, seed)
  if (!fitted.ok) return fitted
  const banded = toBanded(training.table, chosen)
  const questions = toPoints(fitted.value, chosen, banded)
  const totals = totalsOf(questions, banded)
  const other = test.target.task === 'binary' ? test.target.codes : new Uint8Array()
  const order = auc(totalsOf(questions, toBanded(test.table, chosen)), other)
  return ok({
    positive: target.classes[1]!,
    questions,
    totals: bandTotals(totals, target.codes),
    auc: Number.isFinite(order) ? order : null,
  })
}

const fit = (table: Table, labels: Labels, groups: readonly string[], seed: number): Result<LinearModel, Fault> =>
  trainLogistic(table, labels, { seed, groups, l2: L2, folds: 2 })

/** Each time the question that explains most of what the chosen ones leave over. */
function choose(
  { table, groups }: Part,
  target: ClassTarget,
  all: readonly BandedQuestion[],
  most: number,
  seed: number,
): readonly BandedQuestion[] {
  const step = Math.max(1, Math.ceil(table.rows / SELECT_ROWS))
  const rows = Array.from({ length: Math.ceil(table.rows / step) }, (_, at) => at * step)
  const part = takeRows(toBanded(table, all), rows)
  const labels = takeLabels(target, rows)
  const own = rows.map(row => groups[row]!)
  const base = labels.codes.reduce((sum, code) => sum + code, 0) / rows.length
  let said = new Float64Array(rows.length).fill(base)
  const chosen: BandedQuestion[] = []
  while (chosen.length < Math.min(most, all.length)) {
    let best: { readonly question: BandedQuestion; readonly gain: number } | null = null
    for (const [at, question] of all.entries()) {
      if (chosen.includes(question)) continue
      const gain = explained(part, at, said, labels.codes)
      if (best === null || gain > best.gain) best = { question, gain }
    }
    if (best === null || best.gain <= 0) break
    chosen.push(best.question)
    const names = new Set(chosen.map(({ column }) => column))
    const fitted = fit({ ...part, columns: part.columns.filter(({ name }) => names.has(name)) }, labels, own, seed)
    if (!fitted.ok) break
    said = Float64Array.from(predict(fitted.value, part))
  }
  return chosen
}

/** The score statistic of a question, less one for each answer: what chance would explain. */
function explained({ columns }: Table, at: number, said: Float64Array, codes: Uint8Array): number {
  const sums = new Map<unknown, { residual: number; variance: number }>()
  for (let row = 0; row < codes.length; row++) {
    const key = columns[at]!.values[row]!
    const sum = sums.get(key) ?? { residual: 0, variance: 0 }
    sum.residual += codes[row]! - said[row]!
    sum.variance += said[row]! * (1 - said[row]!)
    sums.set(key, sum)
  }
  let found = 0
  for (const { residual, variance } of sums.values()) found += variance > 0 ? residual ** 2 / variance - 1 : 0
  return found
}

/** Weights above the lowest of their question, stretched so that the card counts to 100. */
function toPoints(model: LinearModel, chosen: readonly BandedQuestion[], banded: Table): CardQuestion[] {
  const parts = chosen.map(question => {
    const input = model.inputs.find(({ name }) => name === question.column) as LinearCategory
    const weightOf = (answer: string): number => input.weights[input.values.indexOf(answer)] ?? 0
    const column = banded.columns.find(({ name }) => name === question.column)
    const hasBlank = column?.kind === 'category' && column.values.includes(null)
    const weights = question.answers.map(weightOf)
    const every = hasBlank ? [...weights, input.missing] : weights
    return {
      question,
      weights,
      missing: hasBlank ? input.missing : null,
      lowest: Math.min(...every),
      highest: Math.max(...every),
    }
  })
  const span = parts.reduce((sum, { lowest, highest }) => sum + highest - lowest, 0)
  const points = (weight: number, lowest: number): number =>
    Math.round(((weight - lowest) / Math.max(span, 1e-9)) * FULL)
  return parts
    .map(({ question, weights, missing, lowest }) => ({
      column: question.column,
      isAmount: question.edges !== null,
      answers: question.answers.map((answer, at) => ({ answer, points: points(weights[at]!, lowest) })),
      missing: missing === null ? null : points(missing, lowest),
    }))
    .filter(({ answers, missing }) => Math.max(...answers.map(one => one.points), missing ?? 0) > 0)
}

export function totalsOf(questions: readonly CardQuestion[], banded: Table): Float64Array {
  const totals = new Float64Array(banded.rows)
  for (const { column, answers, missing } of questions) {
    const points = new Map(answers.map(one => [one.answer, one.points]))
    const { values } = banded.columns.find(({ name }) => name === column)!
    for (let row = 0; row < banded.rows; row++) {
      const value = values[row]
      totals[row]! += typeof value === 'string' ? (points.get(value) ?? 0) : (missing ?? 0)
    }
  }
  return totals
}

/** What a total means, in tens; neighbours that contradict each other are joined (S3). */
function bandTotals(totals: Float64Array, codes: Uint8Array): TotalBand[] {
  const bands: { from: number; to: number; rows: number; positives: number }[] = []
  for (let from = 0; from <= FULL; from += BAND_POINTS) {
    const to = from + BAND_POINTS >= FULL ? FULL : from + BAND_POINTS - 1
    const band = { from, to, rows: 0, positives: 0 }
    for (const [row, total] of totals.entries()) {
      if (total < from || total > to) continue
      band.rows += 1
      band.positives += codes[row]!
    }
    bands.push(band)
    while (bands.length > 1 && mustJoin(bands.at(-2)!, bands.at(-1)!)) {
      const last = bands.pop()!
      const before = bands.at(-1)!
      before.to = last.to
      before.rows += last.rows
      before.positives += last.positives
    }
    if (to === FULL) break
  }
  return bands.map(({ from, to, rows, positives }) => ({
    from,
    to,
    probability: rows === 0 ? 0 : positives / rows,
    share: rows / Math.max(1, totals.length),
  }))
}

const LEAST_ROWS = 20
type Counted = { readonly rows: number; readonly positives: number }
const mustJoin = (before: Counted, last: Counted): boolean =>
  before.rows < LEAST_ROWS || last.rows < LEAST_ROWS || last.positives / last.rows < before.positives / before.rows
