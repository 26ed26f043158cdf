/**
 * Columns as bin codes: one byte a row and feature, so that a histogram is one pass over
 * bytes. At most 255 bins of values; the code after the last bin is "missing".
 *
 * Thresholds are float32 and lie at or above the lower neighbour and below the upper one,
 * and values are compared as float32: the trainer and the graph see the same order.
 *
 * Categories stand in the order of their smoothed outcome, learned on the training rows alone
 * (inside each fold, or the held rows would leak into the order). With several outputs each
 * has its own order.
 *
 * Work that does not read the outcome (thresholds, numbering the categories) is done once for
 * all folds: `readColumns`; `orderCategories` is the part inside the fold.
 */
import { answered, plainColumns, type CategoryColumn, type NumberColumn, type Table } from './table.ts'

export const MOST_BINS = 255

interface NumberBins {
  readonly kind: 'number'
  readonly name: string
  readonly codes: Uint8Array
  readonly missing: number
  readonly thresholds: Float32Array
}
interface CategoryPlaces {
  readonly kind: 'category'
  readonly name: string
  /** By name. */
  readonly values: readonly string[]
  /** Index into `values` by row, -1 where nothing was answered. */
  readonly places: Int32Array
}
type ReadColumn = NumberBins | CategoryPlaces

export interface BinnedFeature {
  readonly name: string
  readonly kind: 'number' | 'category'
  /** Of every row of the table, training or not. */
  readonly codes: Uint8Array
  /** Code of a value that is missing, or of a category that was not seen: the number of bins. */
  readonly missing: number
  /** `thresholds[b]` parts bins 0 … b from those above; one less than there are bins. */
  readonly thresholds: Float32Array
  /** Of a category: its values as they stand in the bins. */
  readonly order: readonly string[]
}

/** Bytes for codes; threads ask for memory that they share. */
export type Allocate = (bytes: number) => ArrayBufferLike

export const ownMemory: Allocate = bytes => new ArrayBuffer(bytes)

export const readColumns = (table: Table, allocate: Allocate): ReadColumn[] =>
  plainColumns(table).map(column =>
    column.kind === 'category' ? readCategories(column) : readNumbers(column, allocate),
  )

// Plain loops here: `from` with a function takes five times as long, and a table has many cells.
function readCategories({ name, values: cells }: CategoryColumn): CategoryPlaces {
  const known = new Map<string, number>()
  const places = new Int32Array(cells.length)
  for (let row = 0; row < cells.length; row++) {
    const value = answered(cells[row])
    let place = value === null ? -1 : known.get(value)
    if (place === undefined) {
      place = known.size
      known.set(value!, place)
    }
    places[row] = place
  }
  // By name, so that the order of the rows leaves no trace.
  const values = [...known.keys()].sort()
  const moved = new Int32Array(values.length)
  for (const [place, value] of values.entries()) moved[known.get(value)!] = place
  for (let row = 0; row < places.length; row++) if (places[row]! >= 0) places[row] = moved[places[row]!]!
  return { kind: 'category', name, values, places }
}

function readNumbers({ name, values }: NumberColumn, allocate: Allocate): NumberBins {
  const finite = new Float32Array(values.length)
  let count = 0
  for (let row = 0; row < values.length; row++) if (Number.isFinite(values[row])) finite[count++] = values[row]!
  const thresholds = cutPoints(finite.subarray(0, count).sort())
  const missing = thresholds.length + 1
  const codes = new Uint8Array(allocate(values.length))
  for (let row = 0; row < values.length; row++)
    codes[row] = Number.isFinite(values[row]) ? binOf(thresholds, values[row]!) : missing
  return { kind: 'number', name, codes, missing, thresholds }
}

/** What the order of categories rests on. */
interface Outcome {
  /** By row: 1 for the class, 0 for others; or the amount. */
  readonly values: ArrayLike<number>
  readonly weights: Float64Array | null
  readonly rows: Int32Array
}

/** @param smoothing pull of a category's mean towards that of all, in rows */
export function orderCategories(
  columns: readonly ReadColumn[],
  outcome: Outcome,
  smoothing: number,
  allocate: Allocate,
): BinnedFeature[] {
  const mean = meanOf(outcome)
  return columns.map(column =>
    column.kind === 'category' ? binCategories(column, outcome, mean, smoothing, allocate) : { ...column, order: [] },
  )
}

function meanOf({ values, weights, rows }: Outcome): number {
  let [sum, weight] = [0, 0]
  for (const row of rows) {
    sum += (weights?.[row] ?? 1) * values[row]!
    weight += weights?.[row] ?? 1
  }
  return sum / weight
}

function binCategories(
  { name, values, places }: CategoryPlaces,
  { values: told, weights, rows }: Outcome,
  mean: number,
  smoothing: number,
  allocate: Allocate,
): BinnedFeature {
  const counts = new Float64Array(values.length)
  const weight = new Float64Array(values.length)
  const sums = new Float64Array(values.length)
  for (const row of rows) {
    const place = places[row]!
    if (place < 0) continue
    counts[place]! += 1
    weight[place]! += weights?.[row] ?? 1
    sums[place]! += (weights?.[row] ?? 1) * told[row]!
  }
  const smoothed = sums.map((sum, place) => (sum + smoothing * mean) / (weight[place]! + smoothing))
  const kept = [...counts.keys()]
    .filter(place => counts[place]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, MOST_BINS)
    .sort((a, b) => smoothed[a]! - smoothed[b]! || a - b)
  const missing = Math.max(1, kept.length)
  const bins = new Uint8Array(values.length).fill(missing)
  for (const [bin, place] of kept.entries()) bins[place] = bin
  const codes = new Uint8Array(allocate(places.length))
  for (let row = 0; row < places.length; row++) codes[row] = places[row]! < 0 ? missing : bins[places[row]!]!
  return {
    name,
    kind: 'category',
    codes,
    missing,
    thresholds: Float32Array.from({ length: Math.max(0, kept.length - 1) }, (_, bin) => bin + 0.5),
    order: kept.map(place => values[place]!),
  }
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
