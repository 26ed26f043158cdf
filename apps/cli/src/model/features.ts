/**
 * From the columns of a table to the inputs of a model: what each one is (guessed, or said by
 * a person), what is left out and why.
 *
 * The plan is made from the training rows alone and read by every other table (test rows,
 * rows to score) in the same way: F1 a column is read alike on both sides.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Column, Table, Target } from '@murram/learn'
import type { ModelInput } from '@murram/score'
import { cellsOf, type CsvTable } from '../table.ts'
import { areCodes, classOutcomes, type Outcomes } from './code-columns.ts'
import { askedColumn, inferColumn, KINDS, numbersOf, type AskedKind, type ColumnType } from './column-type.ts'

export interface Feature {
  /** The column; the model's input may need another name. */
  readonly column: string
  readonly input: ModelInput
  readonly isCode?: true
}

/** Codes as the numbers they are written as; `null` where there are none. */
export function codesAsNumbers(features: readonly Feature[]): readonly Feature[] | null {
  if (features.every(({ isCode }) => isCode !== true)) return null
  return features.map(feature =>
    feature.isCode === true ? { column: feature.column, input: { ...feature.input, kind: 'number' } } : feature,
  )
}

export interface FeaturePlan {
  readonly features: readonly Feature[]
  readonly leftOut: readonly string[]
  readonly notes: readonly string[]
}

export interface FeatureOptions {
  /** Columns that are no features: the target, the household, the time, what a person dropped. */
  readonly leave: ReadonlySet<string>
  readonly asked: ReadonlyMap<string, AskedKind>
  readonly text: readonly string[]
}

/** `COLUMN=kind,COLUMN=kind`, as given to `--type`. */
export function parseAsked(given: readonly string[]): Result<ReadonlyMap<string, AskedKind>, Fault> {
  const asked = new Map<string, AskedKind>()
  for (const pair of given) {
    const at = pair.lastIndexOf('=')
    const kind = KINDS.find(name => name === pair.slice(at + 1))
    if (at < 1 || kind === undefined)
      return err(fault('cli.usage', `--type ${pair}: write COLUMN=kind, with the kind ${KINDS.join(', ')}`))
    asked.set(pair.slice(0, at), kind)
  }
  return ok(asked)
}

export function planFeatures(
  training: CsvTable,
  target: Target,
  { leave, asked, text }: FeatureOptions,
): Result<FeaturePlan, Fault> {
  const outcomes: Outcomes = target.task === 'regression' ? [target.values] : classOutcomes(target)
  const features: Feature[] = []
  const leftOut: string[] = []
  const notes: string[] = []
  for (const column of training.header) {
    if (leave.has(column)) continue
    const cells = cellsOf(training, column)
    const wish = text.includes(column) ? 'text' : asked.get(column)
    const type = wish === undefined ? guess(column, cells, outcomes) : askedColumn(column, cells, wish)
    if (typeof type === 'string') return err(fault('cli.usage', type))
    if (type.note !== undefined) notes.push(type.note)
    if (type.kind === 'drop') leftOut.push(column)
    else features.push({ column, input: toInput(column, type), ...(type.isCode === true ? { isCode: true } : {}) })
  }
  return features.length === 0
    ? err(fault('learn.too-few', `no column is left to learn from. ${notes.join('; ')}`))
    : ok({ features, leftOut, notes })
}

function guess(column: string, cells: readonly string[], outcomes: Outcomes): ColumnType {
  const type = inferColumn(column, cells)
  if (type.kind !== 'number' || type.read !== undefined || type.words !== undefined) return type
  return areCodes(numbersOf(cells, type), outcomes)
    ? {
        kind: 'category',
        isCode: true,
        note: `${column} is read as codes: along its numbers the outcome jumps (--type ${column}=number if they are amounts)`,
      }
    : type
}

/** Names that the graph uses itself, or that it cannot bear. */
const TAKEN = new Set(['label', 'probabilities', 'value'])

function toInput(column: string, { kind, read, words }: ColumnType): ModelInput {
  const name = TAKEN.has(column) || column.startsWith('#') ? `answer_${column}` : column
  return {
    name,
    kind: kind === 'drop' ? 'category' : kind,
    ...(name === column ? {} : { from: column }),
    ...(read === undefined ? {} : { read }),
    ...(words === undefined ? {} : { words }),
  }
}

/** The table as a trainer reads it; fails where a column of the plan is not there. */
export function toTable(csv: CsvTable, features: readonly Feature[], file: string): Result<Table, Fault> {
  const absent = features.filter(({ column }) => !csv.columns.has(column)).map(({ column }) => column)
  if (absent.length > 0) return err(fault('cli.usage', `${file} has no column ${absent.join(', ')}`))
  return ok({ rows: csv.rows, columns: features.map(({ column, input }) => toColumn(input, cellsOf(csv, column))) })
}

function toColumn(input: ModelInput, cells: readonly string[]): Column {
  const { name, kind } = input
  if (kind === 'number') return { name, kind, values: numbersOf(cells, input) }
  return { name, kind, values: cells.map(cell => (cell === '' ? null : cell)) }
}
