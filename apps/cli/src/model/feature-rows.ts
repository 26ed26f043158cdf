/** The rows of a table as a model reads them, in parts that fit the memory of a laptop. */
import { ok, type FaultOf, type Result } from '@murram/ground'
import { toFeatureRow, type FeatureRow, type ModelInput } from '@murram/score'
import { cellsOf, type CsvTable } from '../table.ts'

/** A text of 20,000 grams is dense inside the graph: 64 rows of it are enough at a time. */
const ROWS_AT_ONCE = 64

export function* featureRows(
  table: CsvTable,
  inputs: readonly ModelInput[],
): Generator<Result<readonly FeatureRow[], FaultOf<'score.input-missing'>>> {
  const asked = new Set(table.header)
  const questions = inputs.map(({ name, from }) => from ?? name).filter(name => asked.has(name))
  const columns = questions.map(name => [name, cellsOf(table, name)] as const)
  for (let from = 0; from < table.rows; from += ROWS_AT_ONCE) {
    const rows: FeatureRow[] = []
    for (let row = from; row < Math.min(table.rows, from + ROWS_AT_ONCE); row++) {
      const features = toFeatureRow(new Map(columns.map(([name, cells]) => [name, cells[row] ?? ''])), inputs, asked)
      if (!features.ok) return void (yield features)
      rows.push(features.value)
    }
    yield ok(rows)
  }
}
