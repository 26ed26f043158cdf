/**
 * What makes figures look better than they are: a column that tells the outcome by itself,
 * rows that stand on both sides of the split, households on both sides. Warnings, not
 * refusals: a person knows whether it is so.
 */
import { auc, type ClassTarget, type Table, type Target } from '@murram/learn'
import { cellsOf, type CsvTable } from '../table.ts'

/** A single column that gets so much of the outcome right has probably seen it. */
const TELLS_ALL = 0.995
/** Where one class is nearly everybody, being right says nothing. */
const NOTHING_TO_TELL = 0.97
const ROWS_A_VALUE = 3
const MOST_BINS = 256
const ROWS_A_BIN = 20

/** Columns that tell the outcome almost alone. */
export function leakingColumns(table: Table, target: Target): string[] {
  if (target.task === 'regression') return []
  const { codes, classes } = target
  const counts = classes.map(() => 0)
  for (const code of codes) counts[code]! += 1
  if (Math.max(...counts) > NOTHING_TO_TELL * codes.length) return []
  return table.columns
    .filter(column => column.kind !== 'text')
    .filter(column => {
      if (column.kind === 'number' && ordersAll(column.values, target)) return true
      const keys = column.kind === 'number' ? binned(column.values) : column.values
      const byKey = new Map<unknown, number[]>()
      for (let row = 0; row < codes.length; row++) {
        const key = keys[row]!
        const known = byKey.get(key)
        if (known === undefined)
          byKey.set(
            key,
            classes.map((_, code) => (code === codes[row] ? 1 : 0)),
          )
        else known[codes[row]!]! += 1
      }
      let right = 0
      for (const value of byKey.values()) {
        const size = value.reduce((sum, count) => sum + count, 0)
        // What stands there once or twice is told apart by anything.
        right += size < ROWS_A_VALUE ? 0 : Math.max(...value)
      }
      return right >= TELLS_ALL * codes.length
    })
    .map(({ name }) => name)
}

/** Of two classes nearly every row of one lies beyond every row of the other along the numbers. */
function ordersAll(values: Float32Array, { classes, codes }: ClassTarget): boolean {
  const rows = Array.from(codes, (_, row) => row).filter(row => !Number.isNaN(values[row]))
  if (rows.length < TELLS_ALL * codes.length) return false
  const known = Float64Array.from(rows, row => values[row]!)
  const order = (code: number): number =>
    auc(
      known,
      Uint8Array.from(rows, row => (codes[row] === code ? 1 : 0)),
    )
  return classes.length === 2 && Math.abs(order(1) - 0.5) >= TELLS_ALL - 0.5
}

/** The place of a number among bins of like size. */
function binned(values: Float32Array): readonly (number | null)[] {
  const sorted = Float32Array.from(values.filter(value => !Number.isNaN(value))).sort()
  const bins = Math.max(4, Math.min(MOST_BINS, Math.floor(sorted.length / ROWS_A_BIN)))
  const edges = [...new Set(Array.from({ length: bins }, (_, at) => sorted[Math.floor((at * sorted.length) / bins)]!))]
  return Array.from(values, value => {
    if (Number.isNaN(value)) return null
    let [low, high] = [0, edges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= value) low = middle + 1
      else high = middle
    }
    return low
  })
}

export const leakWarning = (column: string, target: string): string =>
  `warning: ${column} tells ${target} almost alone. Is it known before the outcome is? If not, --drop ${column}`

/** Rows of the test part that stand, cell for cell, in the training part. */
export function sharedRows(training: CsvTable, test: CsvTable, columns: readonly string[]): number {
  const keysOf = (table: CsvTable): string[] => {
    const cells = columns.map(name => cellsOf(table, name))
    return Array.from({ length: table.rows }, (_, row) => cells.map(column => column[row] ?? '').join('\u001f'))
  }
  const known = new Set(keysOf(training))
  return keysOf(test).filter(key => known.has(key)).length
}

/** Households on both sides; `#12` is a row that belongs to none. */
export function bothSides(training: readonly string[], test: readonly string[]): number {
  const known = new Set(training)
  return new Set(test.filter(group => !group.startsWith('#') && known.has(group))).size
}
