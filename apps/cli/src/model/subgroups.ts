/**
 * How a model does for parts of the people: by each answer of a column with few answers. A
 * part of fewer than fifty rows is listed and not judged: its figures would be accidents.
 */
import { takeTarget, type Table, type Target } from '@murram/learn'
import { judge, type Metrics } from './judge.ts'

export interface Subgroup {
  readonly column: string
  readonly answer: string
  readonly rows: number
  /** What was, and what was said on average: the share of the positive class, or the amount. */
  readonly was: number | null
  readonly said: number | null
  /** `null` where there are too few rows. */
  readonly metrics: Metrics | null
}

const LEAST_ROWS = 50
const MOST_ANSWERS = 12
const MOST_COLUMNS = 6

/** @param named Columns to look at; if none, those with few answers. */
export function subgroupsOf(table: Table, target: Target, said: Float64Array, named: readonly string[]): Subgroup[] {
  const asked = table.columns.filter(({ name }) => named.includes(name))
  const few = table.columns.flatMap(column => {
    const size = column.kind === 'text' ? 0 : new Set<unknown>(column.values).size
    return size >= 2 && size <= MOST_ANSWERS ? [column] : []
  })
  return (named.length > 0 ? asked : few.slice(0, MOST_COLUMNS)).flatMap(({ name, values }) => {
    const rowsOf = new Map<string, number[]>()
    for (const [row, value] of values.entries()) {
      const answer = value === null || Number.isNaN(value) ? '' : String(value)
      const rows = rowsOf.get(answer)
      if (rows === undefined) rowsOf.set(answer, [row])
      else rows.push(row)
    }
    return [...rowsOf]
      .sort(([, a], [, b]) => b.length - a.length)
      .slice(0, MOST_ANSWERS)
      .map(([answer, rows]) => part(name, answer, rows, target, said))
  })
}

function part(column: string, answer: string, rows: readonly number[], target: Target, said: Float64Array): Subgroup {
  if (rows.length < LEAST_ROWS) return { column, answer, rows: rows.length, was: null, said: null, metrics: null }
  const own = takeTarget(target, rows)
  const width = target.task === 'multiclass' ? target.classes.length : 1
  const ownSaid = Float64Array.from(
    { length: rows.length * width },
    (_, at) => said[rows[Math.floor(at / width)]! * width + (at % width)]!,
  )
  const was = own.task === 'regression' ? mean(own.values) : own.task === 'binary' ? mean(own.codes) : null
  return {
    column,
    answer,
    rows: rows.length,
    was,
    said: was === null ? null : mean(ownSaid),
    metrics: judge(own, ownSaid),
  }
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]!
  return sum / values.length
}
