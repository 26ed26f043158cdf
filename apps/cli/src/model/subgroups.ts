/**
 * How a model does for parts of the people: by each answer of a column with few answers. A
 * part of fewer than fifty rows is listed and not judged: its figures would be accidents.
 */
import { measureSubgroups, type Figures, type Table, type Target } from '@murram/learn'

export interface Subgroup {
  readonly column: string
  readonly answer: string
  readonly rows: number
  /** What was, and what was said on average: the share of the positive class, or the amount. */
  readonly was: number | null
  readonly said: number | null
  /** `null` where there are too few rows. */
  readonly metrics: Figures | null
}

const MOST_ANSWERS = 12
/** Amounts are no groups of people; yes and no written as 1 and 0 are. */
const MOST_NUMBERS = 3
const MOST_COLUMNS = 6

/** @param named Columns to look at; if none, those with few answers. */
export function subgroupsOf(table: Table, target: Target, said: Float64Array, named: readonly string[]): Subgroup[] {
  const asked = table.columns.filter(({ name }) => named.includes(name))
  const few = table.columns.filter(({ kind, values }) => {
    const size = kind === 'text' ? 0 : new Set<unknown>(values).size
    return size >= 2 && size <= (kind === 'number' ? MOST_NUMBERS : MOST_ANSWERS)
  })
  const was = target.task === 'regression' ? target.values : target.codes
  return (named.length > 0 ? asked : few.slice(0, MOST_COLUMNS)).flatMap(({ name, values }) => {
    const answers = Array.from<string | number | null, string | null>(values, value =>
      value === null || Number.isNaN(value) ? null : String(value),
    )
    return measureSubgroups(target, said, answers)
      .slice(0, MOST_ANSWERS)
      .map(({ value, rows, figures }) => {
        const isTold = figures !== null && target.task !== 'multiclass'
        const own = isTold ? answers.flatMap((answer, row) => ((answer ?? '') === value ? [row] : [])) : []
        return {
          column: name,
          answer: value,
          rows,
          was: isTold ? meanOf(own, was) : null,
          said: isTold ? meanOf(own, said) : null,
          metrics: figures,
        }
      })
  })
}

const meanOf = (rows: readonly number[], values: ArrayLike<number>): number =>
  rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length
