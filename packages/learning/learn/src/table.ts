/**
 * What a trainer reads: columns, not rows, so that a histogram walks one array.
 *
 * A category is a string; `null` and `''` are both "not answered". A number is a float32,
 * because the graph on the device compares float32; `NaN` is "not answered", and so is
 * an infinite value while training.
 *
 * Not here: which question becomes which column (the recipe says, the collector builds it).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

export interface CategoryColumn {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly (string | null)[]
}
export interface NumberColumn {
  readonly name: string
  readonly kind: 'number'
  readonly values: Float32Array
}
/** Free text; what it becomes is decided by whoever fits it (text/). */
export interface TextColumn {
  readonly name: string
  readonly kind: 'text'
  readonly values: readonly (string | null)[]
}
export type Column = CategoryColumn | NumberColumn | TextColumn

export interface Table {
  readonly rows: number
  readonly columns: readonly Column[]
}

/** `classes` is `[negative, positive]`; `codes[row]` is the index of the row's class. */
export interface Labels {
  readonly classes: readonly string[]
  readonly codes: Uint8Array
}

/** The text of a category cell, or `null` where nothing was answered. */
export const answered = (value: string | null | undefined): string | null =>
  value === undefined || value === '' ? null : value

/** All row numbers of a table, in order. */
export function allRows(count: number): Int32Array {
  const rows = new Int32Array(count)
  for (let i = 0; i < count; i++) rows[i] = i
  return rows
}

/** The rows of `table` that are named, in that order. */
export function takeRows(table: Table, rows: ArrayLike<number>): Table {
  const picked = Array.from(rows)
  return {
    rows: picked.length,
    columns: table.columns.map(column =>
      column.kind === 'number'
        ? { ...column, values: Float32Array.from(picked, row => column.values[row]!) }
        : { ...column, values: picked.map(row => column.values[row] ?? null) },
    ),
  }
}

/** The columns that hold no free text. */
export const plainColumns = ({ columns }: Table): readonly (CategoryColumn | NumberColumn)[] =>
  columns.filter(column => column.kind !== 'text')

export const takeLabels = (labels: Labels, rows: ArrayLike<number>): Labels => ({
  classes: labels.classes,
  codes: Uint8Array.from(Array.from(rows), row => labels.codes[row]!),
})

/**
 * A trainer needs at least two households, both classes, and two rows of each. Lengths that do
 * not fit each other are a broken invariant of the caller and throw.
 */
export function checkTrainable(
  table: Table,
  labels: Labels,
  groups: readonly string[],
): Result<void, FaultOf<'learn.too-few'>> {
  const { classes, codes } = labels
  if (classes.length !== 2) throw new Error(`binary models only: ${classes.length} classes were given`)
  if (codes.length !== table.rows || groups.length !== table.rows)
    throw new Error(`${table.rows} rows, ${codes.length} labels and ${groups.length} groups`)
  for (const column of table.columns)
    if (column.values.length !== table.rows) throw new Error(`column ${column.name} has ${column.values.length} rows`)
  if (new Set(table.columns.map(({ name }) => name)).size < table.columns.length)
    throw new Error('two columns have the same name')
  if (codes.some(code => code > 1)) throw new Error('a label of a class that is not there')
  if (table.columns.length === 0) return err(fault('learn.too-few', 'no column to learn from'))

  const counts = [0, 0]
  for (const code of codes) counts[code]! += 1
  for (const [index, name] of classes.entries())
    if (counts[index]! < 2) return err(fault('learn.too-few', `${counts[index]} rows of class ${name}`))
  if (new Set(groups).size < 2) return err(fault('learn.too-few', 'all rows are of one household'))
  return ok(undefined)
}
