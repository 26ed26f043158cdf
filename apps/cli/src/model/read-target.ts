/**
 * The outcome of a table: classes, or an amount. Rows without one are left out and counted.
 *
 *   two values            binary; the positive class is yes, true or 1, else the rarer one
 *   up to fifty values    that many classes, in their own order
 *   many numbers          an amount (regression)
 *
 * Not here: whether there are enough rows of each class (the trainer refuses).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Target } from '@murram/learn'
import { cellsOf, type CsvTable } from '../table.ts'

export type Task = 'binary' | 'multiclass' | 'regression'

export interface TargetOptions {
  readonly target: string
  readonly positive?: string | undefined
  readonly task?: Task | undefined
}

const MOST_CLASSES = 50
const POSITIVE = new Set(['yes', 'y', 'true', 't', '1', 'oui', 'si', 'sí', 'sim', 'ndiyo', 'positive', 'pos'])
const NOT_KNOWN = new Set(['', 'na', 'n/a', 'nan', 'null'])

/** Whether a cell of the target column holds an outcome. */
export const hasOutcome = (cell: string): boolean => !NOT_KNOWN.has(cell.toLowerCase())

/** What the outcome is, from the rows that train. */
export interface TargetPlan {
  readonly task: Task
  /** Negative before positive where there are two. */
  readonly classes: readonly string[]
}

export function planTarget(table: CsvTable, { target, positive, task }: TargetOptions): Result<TargetPlan, Fault> {
  const cells = cellsOf(table, target).filter(hasOutcome)
  if (cells.length === 0) return err(fault('learn.too-few', `the column ${target} is empty: there is nothing to learn`))
  const counts = new Map<string, number>()
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1)
  if (task === 'regression' || (task === undefined && isAmount(cells, counts.size))) {
    const word = cells.find(cell => !Number.isFinite(Number(cell)))
    if (word !== undefined)
      return err(fault('cli.usage', `--task regression: the column ${target} holds “${word}”, which is no number`))
    if (counts.size === 1) return err(onlyOne(target, cells[0]!))
    return ok({ task: 'regression', classes: [] })
  }
  if (counts.size === 1) return err(onlyOne(target, cells[0]!))
  if (counts.size > MOST_CLASSES) {
    const some = [...counts.keys()].slice(0, 3).join(', ')
    return err(
      fault(
        'learn.not-two-classes',
        `the column ${target} holds ${counts.size} different values (${some}, …): at most ${MOST_CLASSES} classes can be told apart`,
      ),
    )
  }
  if (task === 'binary' && counts.size > 2)
    return err(fault('learn.not-two-classes', `the column ${target} holds ${counts.size} classes, not two`))
  if (positive !== undefined && !counts.has(positive)) {
    return err(
      fault(
        'cli.usage',
        `--positive ${positive} is not in the column ${target}; it holds ${[...counts.keys()].join(', ')}`,
      ),
    )
  }
  const classes = [...counts.keys()].sort(byValue)
  if (classes.length > 2) return ok({ task: 'multiclass', classes })
  const chosen =
    positive ??
    classes.find(name => POSITIVE.has(name.toLowerCase())) ??
    classes.toSorted((a, b) => counts.get(a)! - counts.get(b)!)[0]!
  return ok({ task: 'binary', classes: [classes.find(name => name !== chosen)!, chosen] })
}

const onlyOne = (target: string, value: string): Fault =>
  fault('learn.too-few', `the column ${target} holds one value alone, “${value}”: there is nothing to tell apart`)

/** Numbers that hardly repeat, or that are not whole, are amounts. */
function isAmount(cells: readonly string[], distinct: number): boolean {
  if (!cells.every(cell => Number.isFinite(Number(cell)))) return false
  if (distinct > MOST_CLASSES) return true
  return distinct > 12 && (distinct > cells.length / 20 || cells.some(cell => !Number.isInteger(Number(cell))))
}

const byValue = (a: string, b: string): number => {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isFinite(x) && Number.isFinite(y) && x !== y) return x - y
  return a < b ? -1 : a > b ? 1 : 0
}

/** Rows of `table` whose outcome is known to the plan, and how many hold one that it never saw. */
export function readTarget(
  table: CsvTable,
  target: string,
  { task, classes }: TargetPlan,
): { readonly rows: readonly number[]; readonly target: Target; readonly unseen: number } {
  const cells = cellsOf(table, target)
  const rows: number[] = []
  let unseen = 0
  for (const [row, cell] of cells.entries()) {
    if (!hasOutcome(cell)) continue
    if (task === 'regression' ? Number.isFinite(Number(cell)) : classes.includes(cell)) rows.push(row)
    else unseen += 1
  }
  const picked = rows.map(row => cells[row]!)
  if (task === 'regression') return { rows, unseen, target: { task, values: Float64Array.from(picked, Number) } }
  const places = new Map(classes.map((name, at) => [name, at]))
  return {
    rows,
    unseen,
    target: { task, classes: [...classes], codes: Uint8Array.from(picked, cell => places.get(cell)!) },
  }
}
