/** The rows of a table as a model reads them: by row, in parts that fit a laptop, or by column. */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { readNumber, toFeatureRow, type FeatureColumns, type FeatureRow, type ModelInput } from '@murram/score'
import { cellsOf, type CsvTable } from '../table.ts'

/** A text of 20,000 grams is dense inside the graph: 64 rows of it are enough at a time. */
const ROWS_AT_ONCE = 64

type Rows = Result<readonly FeatureRow[], FaultOf<'score.input-missing'>>

export function* featureRows(table: CsvTable, inputs: readonly ModelInput[]): Generator<Rows> {
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

/** All rows at once, for probabilities alone. */
export function featureColumns(
  table: CsvTable,
  inputs: readonly ModelInput[],
): Result<FeatureColumns, FaultOf<'score.input-missing'>> {
  const absent = inputs.find(({ name, from = name }) => !table.columns.has(from))
  if (absent !== undefined) {
    const question = absent.from ?? absent.name
    return err(fault('score.input-missing', question, { input: absent.name, question }))
  }
  return ok({
    rows: table.rows,
    columns: new Map(
      inputs.map(input => {
        const cells = cellsOf(table, input.from ?? input.name)
        return [
          input.name,
          input.kind === 'number'
            ? Float32Array.from(cells, cell => readNumber(cell, input))
            : cells.map(cell => (cell === '' ? null : cell)),
        ]
      }),
    ),
  })
}
