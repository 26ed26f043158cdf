/**
 * Columns as bin codes: one byte a row and feature, so that a histogram is one pass over
 * bytes. At most 255 bins of values; code 255 is "missing".
 *
 * Thresholds are float32 and lie at or above the lower neighbour and below the upper one,
 * and values are compared as float32: the trainer and the graph see the same order.
 * Categories stand in the order of their smoothed outcome rate, learned on the training
 * rows alone (inside each fold, or the held rows would leak into the order).
 */
import { countAnswers, mostFrequent } from './linear-design.ts'
import type { TreeInput } from './models.ts'
import { answered, plainColumns, type CategoryColumn, type Labels, type NumberColumn, type Table } from './table.ts'

/** Code of a value that is missing, or of a category that was not seen. */
export const MISSING = 255
export const MOST_BINS = 255

export interface BinnedFeature {
  readonly input: TreeInput
  /** Of every row of the table, training or not. */
  readonly codes: Uint8Array
  /** `thresholds[b]` parts bins 0 … b from those above; one less than there are bins. */
  readonly thresholds: Float32Array
}

/** Pull of a category's rate towards the overall rate, in rows. */
const SMOOTHING = 10

export function binTable(table: Table, labels: Labels, rows: Int32Array): BinnedFeature[] {
  let positives = 0
  for (const row of rows) positives += labels.codes[row]!
  const rate = positives / rows.length
  return plainColumns(table).map(column =>
    column.kind === 'category' ? binCategories(column, labels, rows, rate) : binNumbers(column, rows),
  )
}

function binCategories(column: CategoryColumn, labels: Labels, rows: Int32Array, rate: number): BinnedFeature {
  const kept = mostFrequent(countAnswers(column, rows), MOST_BINS)
  const positives = new Map(kept.map(value => [value, 0]))
  const counts = new Map(kept.map(value => [value, 0]))
  for (const row of rows) {
    const value = answered(column.values[row])
    if (value === null || !counts.has(value)) continue
    counts.set(value, counts.get(value)! + 1)
    positives.set(value, positives.get(value)! + labels.codes[row]!)
  }
  const smoothed = new Map(
    kept.map(value => [value, (positives.get(value)! + SMOOTHING * rate) / (counts.get(value)! + SMOOTHING)]),
  )
  const order = kept.sort((a, b) => smoothed.get(a)! - smoothed.get(b)! || (a < b ? -1 : 1))
  const places = new Map(order.map((value, place) => [value, place]))
  return {
    input: { name: column.name, kind: 'category', order },
    codes: Uint8Array.from(column.values, cell => places.get(answered(cell) ?? '') ?? MISSING),
    thresholds: Float32Array.from({ length: Math.max(0, order.length - 1) }, (_, place) => place + 0.5),
  }
}

function binNumbers({ name, values }: NumberColumn, rows: Int32Array): BinnedFeature {
  const sorted = Float32Array.from(rows, row => values[row]!)
    .filter(value => Number.isFinite(value))
    .sort()
  const thresholds = cutPoints(sorted)
  const codes = Uint8Array.from(values, value => (Number.isFinite(value) ? binOf(thresholds, value) : MISSING))
  return { input: { name, kind: 'number' }, codes, thresholds }
}

/** Between all neighbours where few values differ, else at about equal counts. */
function cutPoints(sorted: Float32Array): Float32Array {
  const distinct: number[] = []
  const upTo: number[] = []
  for (let i = 0; i < sorted.length; i++) {
    if (i + 1 < sorted.length && sorted[i + 1] === sorted[i]) continue
    distinct.push(sorted[i]!)
    upTo.push(i + 1)
  }
  const cuts: number[] = []
  if (distinct.length <= MOST_BINS) {
    for (let i = 0; i + 1 < distinct.length; i++) cuts.push(between(distinct[i]!, distinct[i + 1]!))
  } else {
    for (let i = 0; i + 1 < distinct.length && cuts.length < MOST_BINS - 1; i++)
      if (upTo[i]! >= ((cuts.length + 1) * sorted.length) / MOST_BINS)
        cuts.push(between(distinct[i]!, distinct[i + 1]!))
  }
  return Float32Array.from(cuts)
}

/** A float32 t with a <= t < b. */
function between(a: number, b: number): number {
  const middle = Math.fround((a + b) / 2)
  return middle >= a && middle < b ? middle : a
}

/** The number of thresholds below `value`: it goes left of every threshold from there on. */
function binOf(thresholds: Float32Array, value: number): number {
  let low = 0
  let high = thresholds.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= thresholds[middle]!) high = middle
    else low = middle + 1
  }
  return low
}
