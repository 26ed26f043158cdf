/**
 * What is to be told: a class of two or more, or an amount.
 *
 * Not here: which cell of a table is the outcome (whoever reads the table says).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Labels, Table } from './table.ts'

/** `codes[row]` is the index of the row's class; of two classes the second is the positive one. */
export type ClassTarget = Labels & { readonly task: 'binary' | 'multiclass' }
export interface AmountTarget {
  readonly task: 'regression'
  readonly values: Float64Array
}
export type Target = ClassTarget | AmountTarget

/** What a model of this target says of one row: P(second class), a probability a class, or an amount. */
export const outputsOf = (target: Target): number => (target.task === 'multiclass' ? target.classes.length : 1)

export function takeTarget(target: Target, rows: ArrayLike<number>): Target {
  const picked = Array.from(rows)
  return target.task === 'regression'
    ? { task: 'regression', values: Float64Array.from(picked, row => target.values[row]!) }
    : { ...target, codes: Uint8Array.from(picked, row => target.codes[row]!) }
}

/**
 * A trainer needs two households, two rows of every class, or amounts that are finite and
 * differ. Lengths that do not fit each other are a broken invariant of the caller and throw.
 */
export function checkTarget(
  table: Table,
  target: Target,
  groups: readonly string[],
): Result<void, FaultOf<'learn.too-few'>> {
  const told = target.task === 'regression' ? target.values.length : target.codes.length
  if (told !== table.rows || groups.length !== table.rows)
    throw new Error(`${table.rows} rows, ${told} outcomes and ${groups.length} groups`)
  for (const column of table.columns)
    if (column.values.length !== table.rows) throw new Error(`column ${column.name} has ${column.values.length} rows`)
  if (new Set(table.columns.map(({ name }) => name)).size < table.columns.length)
    throw new Error('two columns have the same name')
  if (table.columns.length === 0) return tooFew('no column to learn from')
  if (new Set(groups).size < 2) return tooFew(`${table.rows} rows of ${new Set(groups).size} households`)
  return target.task === 'regression' ? checkAmounts(target.values) : checkClasses(target)
}

function checkClasses({ task, classes, codes }: ClassTarget): Result<void, FaultOf<'learn.too-few'>> {
  if (classes.length < 2) return tooFew(`the outcome is the same in every row: ${classes[0] ?? 'nothing'}`)
  if ((task === 'binary') !== (classes.length === 2)) throw new Error(`${task} with ${classes.length} classes`)
  const counts = classes.map(() => 0)
  for (const code of codes) {
    if (code >= classes.length) throw new Error('a label of a class that is not there')
    counts[code]! += 1
  }
  const rare = counts.findIndex(count => count < 2)
  return rare < 0 ? ok(undefined) : tooFew(`${counts[rare]} rows of class ${classes[rare]}`)
}

function checkAmounts(values: Float64Array): Result<void, FaultOf<'learn.too-few'>> {
  // The graph says amounts as float32: what is beyond them cannot be told.
  const bad = values.findIndex(value => !Number.isFinite(Math.fround(value)))
  if (bad >= 0) return tooFew(`the outcome of row ${bad} is no finite number: ${values[bad]}`)
  return values.every(value => value === values[0])
    ? tooFew(`the outcome is the same in every row: ${values[0] ?? 'nothing'}`)
    : ok(undefined)
}

const tooFew = (detail: string) => err(fault('learn.too-few', detail))
