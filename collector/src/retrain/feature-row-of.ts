/** One row of a table as a device would hand it to the model. */
import type { Table } from '@murram/learn'
import type { FeatureRow, ModelInput } from '@murram/score'

export function createFeatureRows({ columns }: Table, inputs: readonly ModelInput[]): (row: number) => FeatureRow {
  const read = inputs.map(({ name }) => columns.find(column => column.name === name)!)
  return row =>
    Object.fromEntries(
      read.map(column => [column.name, column.kind === 'number' ? column.values[row]! : (column.values[row] ?? '')]),
    )
}
