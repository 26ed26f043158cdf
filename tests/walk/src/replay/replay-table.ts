/**
 * A real table as interviews: its columns are matched to the questions of a form by name, and
 * each row becomes a respondent who answers what the row holds.
 *
 * R1 the outcome is never said in an interview: it arrives later, as outcomes do
 * R2 a column that no question asks is named, not guessed at
 *
 * Not here: the interview itself (`conduct-interview.ts`), which records what the form refuses
 * and sets aside a row that cannot be finalised.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Form, QuestionKind } from '@murram/xform'
import type { Respondent } from '../population/conduct-interview.ts'
import type { ReadTable, TableRow } from './read-table.ts'

export interface ReplayOptions {
  /** The column that holds the verified outcome. */
  readonly outcome: string
  /** The column that names the household (or person) of a row; the row's number if absent. */
  readonly id?: string
  readonly limit?: number
}

export interface ReplayRow {
  readonly row: number
  readonly householdId: string
  /** `null` where the table has none for this row. */
  readonly outcome: string | null
  readonly respondent: Respondent
}

export interface Replay {
  /** Columns that a question asks for. */
  readonly asked: readonly string[]
  /** Columns that no question asks for, outcome and id left out. */
  readonly ignored: readonly string[]
  /** Questions outside repeats that no column answers: they stay blank. */
  readonly unanswered: readonly string[]
  /** The outcome's values, the rarer last. */
  readonly classes: readonly string[]
  readonly rows: readonly ReplayRow[]
}

/** Notes are read out; `other` is what the device fills in by itself. */
const UNASKED: ReadonlySet<QuestionKind> = new Set(['note', 'calculate', 'other'])

export function replayTable(
  form: Form,
  table: ReadTable,
  options: ReplayOptions,
): Result<Replay, FaultOf<'table.unreadable'>> {
  for (const column of [options.outcome, ...(options.id === undefined ? [] : [options.id])]) {
    if (!table.header.includes(column)) {
      return err(fault('table.unreadable', `no column ${column}; the table has ${table.header.join(', ')}`, { column }))
    }
  }
  const special = new Set([options.outcome, options.id])
  const questions = form.questions.filter(
    ({ kind, outcome, repeat, readOnly }) => !outcome && !readOnly && repeat === null && !UNASKED.has(kind),
  )
  const columnByPath = new Map<string, number>()
  for (const { path, name } of questions) {
    const column = table.header.findIndex(header => header === path || header === name)
    if (column >= 0 && table.header[column] !== options.outcome) columnByPath.set(path, column)
  }
  if (columnByPath.size === 0) {
    return err(fault('table.unreadable', `no column has the name of a question of the form ${form.formId}`))
  }

  const outcomeAt = table.header.indexOf(options.outcome)
  const idAt = options.id === undefined ? -1 : table.header.indexOf(options.id)
  const rows = table.rows.slice(0, options.limit).map(row => ({
    row: row.number,
    householdId: row.cells[idAt]?.trim() || String(row.number),
    outcome: row.cells[outcomeAt]?.trim() || null,
    respondent: respondentOfRow(row, columnByPath),
  }))
  const used = new Set(columnByPath.values())
  return ok({
    asked: table.header.filter((_, i) => used.has(i)),
    ignored: table.header.filter((name, i) => !used.has(i) && !special.has(name)),
    unanswered: questions.filter(({ path }) => !columnByPath.has(path)).map(({ path }) => path),
    classes: countClasses(rows),
    rows,
  })
}

/** A table is flat, so a repeat gets no row. */
const respondentOfRow = ({ cells }: TableRow, columnByPath: ReadonlyMap<string, number>): Respondent => ({
  language: null,
  rowsOf: () => 0,
  reply: ({ ref }) => ({ slips: [], answer: cells[columnByPath.get(ref) ?? -1]?.trim() ?? '' }),
})

function countClasses(rows: readonly ReplayRow[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { outcome } of rows) if (outcome !== null) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name)
}
