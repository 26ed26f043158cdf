/**
 * How much worse a model gets where the answers of one column are dealt out anew among the
 * rows: what the column is worth to it. The same for every kind of model, and honest about
 * columns that say the same twice (each alone is worth little).
 *
 * @see Breiman 2001, "Random Forests", section 10; Fisher, Rudin and Dominici 2019.
 */
import {
  measureAnswers,
  predictModel,
  takeRows,
  takeTarget,
  type AnyModel,
  type Column,
  type Table,
  type Target,
} from '@murram/learn'

export interface Importance {
  readonly input: string
  /** How much the log-loss (or the root mean squared error) grows. */
  readonly worse: number
}

const MOST_ROWS = 2_000

/** The heaviest first. */
export function importances(model: AnyModel, table: Table, target: Target): Importance[] {
  const step = Math.max(1, Math.ceil(table.rows / MOST_ROWS))
  const rows = Array.from({ length: Math.floor(table.rows / step) }, (_, at) => at * step)
  if (rows.length < 2) return []
  const [part, outcome] = [takeRows(table, rows), takeTarget(target, rows)]
  const before = lossOf(outcome, predictModel(model, part))
  const dealt = dealOut(rows.length)
  return model.inputs
    .map(({ name }) => {
      const columns = part.columns.map(column => (column.name === name ? shuffled(column, dealt) : column))
      return { input: name, worse: lossOf(outcome, predictModel(model, { ...part, columns })) - before }
    })
    .filter(({ worse }) => Number.isFinite(worse))
    .sort((a, b) => b.worse - a.worse)
}

function lossOf(target: Target, said: Float64Array): number {
  const { logLoss, rmse } = measureAnswers(target, said)
  return logLoss ?? rmse ?? Number.NaN
}

/** Row i takes the answer of row dealt[i]: a fixed shuffle, so that a report has the same bytes again. */
function dealOut(count: number): number[] {
  const dealt = Array.from({ length: count }, (_, at) => at)
  let state = 0x2545f491
  for (let at = count - 1; at > 0; at--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const other = Math.floor((state / 4_294_967_296) * (at + 1))
    ;[dealt[at], dealt[other]] = [dealt[other]!, dealt[at]!]
  }
  return dealt
}

const shuffled = (column: Column, dealt: readonly number[]): Column =>
  column.kind === 'number'
    ? { ...column, values: Float32Array.from(dealt, row => column.values[row]!) }
    : { ...column, values: dealt.map(row => column.values[row] ?? null) }
