/**
 * Which rows train and which judge. In this order, the first that is given:
 *
 *   --test FILE     all of the table trains, the other file judges
 *   --split FILE    a table `row,fold`: rows count from 0, folds are train and test
 *   --time COLUMN   the latest fifth judges; no household is on both sides
 *   nothing         a quarter of the households judges, drawn by a hash of their name
 *
 * Laws, in `split-rows.test.ts`:
 *   P1 no row is on both sides       P2 without a file, no household is on both sides
 *   P3 a file that does not fit the table is refused, never half used
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { isHoldout, splitByTime as splitRowsByTime } from '@murram/learn'
import { toDays } from '@murram/score'
import { cellsOf, type CsvTable } from '../table.ts'

export interface RowSplit {
  readonly train: readonly number[]
  readonly test: readonly number[]
  /** How it came about, and what is odd about it. */
  readonly notes: readonly string[]
}

const HOLDOUT_RATIO = 0.25
const LATEST_RATIO = 0.2

/** A quarter of the groups; in a table of ten rows chance may leave one side empty: the trainer says so. */
export function splitByHash(groups: readonly string[]): RowSplit {
  const held = groups.map(group => isHoldout(group, 'murram model train', HOLDOUT_RATIO))
  const rows = (wanted: boolean): number[] => held.flatMap((isHeld, row) => (isHeld === wanted ? [row] : []))
  return { train: rows(false), test: rows(true), notes: [] }
}

export function splitByTime(table: CsvTable, column: string, groups: readonly string[]): Result<RowSplit, Fault> {
  const cells = cellsOf(table, column)
  const orders = ['date', 'date-dmy', 'date-mdy'] as const
  const readings = [Number, ...orders.map(order => (cell: string) => toDays(cell, order))].map(read =>
    cells.map(cell => (cell === '' ? Number.NaN : read(cell))),
  )
  const known = (times: readonly number[]): number => times.filter(time => !Number.isNaN(time)).length
  const times = readings.reduce((best, next) => (known(next) > known(best) ? next : best))
  const bad = times.findIndex(time => Number.isNaN(time))
  if (bad >= 0)
    return err(fault('cli.usage', `--time ${column}: row ${bad + 1} holds “${cells[bad]}”, which is no date or number`))
  // Rows of one moment stay together: what was known that day was known of all of them.
  const { earlier: train, latest: test, between } = splitRowsByTime(times, groups, LATEST_RATIO)
  return ok({
    train,
    test,
    notes: [
      `the latest ${test.length} rows by ${column} judge, the ${train.length} before them train`,
      ...(between.length > 0
        ? [`${between.length} earlier rows of households that come again later were left out`]
        : []),
    ],
  })
}

export function splitByFile(rows: number, split: CsvTable, file: string): Result<RowSplit, Fault> {
  const refuse = (why: string) => err(fault('cli.usage', `${file}: ${why}`))
  for (const column of ['row', 'fold'])
    if (!split.header.includes(column))
      return refuse(`a split file has the columns row and fold; this one has ${split.header.join(', ')}`)
  const folds = cellsOf(split, 'fold')
  const sides = { train: [] as number[], test: [] as number[] }
  const seen = new Set<number>()
  const others = new Map<string, number>()
  for (const [at, cell] of cellsOf(split, 'row').entries()) {
    const row = Number(cell)
    if (cell === '' || !Number.isInteger(row) || row < 0 || row >= rows)
      return refuse(`row ${cell} is not in the table, whose rows are 0 to ${rows - 1}`)
    if (seen.has(row)) return refuse(`row ${row} stands there twice`)
    seen.add(row)
    const fold = folds[at]!.toLowerCase()
    if (fold === 'train' || fold === 'test') sides[fold].push(row)
    else others.set(folds[at]!, (others.get(folds[at]!) ?? 0) + 1)
  }
  if (sides.train.length === 0 || sides.test.length === 0)
    return refuse(`it names ${sides.train.length} rows to train and ${sides.test.length} to test; both are needed`)
  const notes = [...others].map(
    ([fold, count]) => `${count} rows of the fold ${fold === '' ? '“”' : fold} were left out`,
  )
  const unnamed = rows - seen.size
  if (unnamed > 0) notes.push(`${unnamed} rows that the split file does not name were left out`)
  return ok({ train: sides.train.sort((a, b) => a - b), test: sides.test.sort((a, b) => a - b), notes })
}
