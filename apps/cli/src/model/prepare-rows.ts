/**
 * From files and options to the rows that train and the rows that judge: the outcome, the
 * inputs, the households of both, and everything that a person should be told about them.
 *
 * Not here: the training (train-bundle.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Table, Target } from '@murram/learn'
import { readCsv, takeCells, type CsvTable } from '../table.ts'
import type { AskedKind } from './column-type.ts'
import { parseAsked, planFeatures, toTable, type Feature, type FeaturePlan } from './features.ts'
import { withExpressions, type OpenRecipe } from './open-recipe.ts'
import { planTarget, readTarget, type TargetPlan, type Task } from './read-target.ts'
import { splitByFile, splitByHash, splitByTime } from './split-rows.ts'
import { bothSides, leakingColumns, leakWarning, sharedRows } from './warn-leaks.ts'

/** What says which rows and columns a model is made of; kept beside a bundle to make it again. */
export interface RowsOrder {
  readonly csv: string
  readonly target: string
  readonly test?: string | undefined
  readonly split?: string | undefined
  readonly group?: string | undefined
  readonly time?: string | undefined
  readonly text: readonly string[]
  readonly drop: readonly string[]
  /** `COLUMN=kind`. */
  readonly type: readonly string[]
  readonly positive?: string | undefined
  readonly task?: Task | undefined
  /** A column of places; each has its level corrected where it has rows enough. */
  readonly region?: string | undefined
}

export interface Part {
  readonly cells: CsvTable
  readonly table: Table
  readonly target: Target
  /** The household of each row. */
  readonly groups: readonly string[]
}

export interface PreparedRows {
  readonly outcome: TargetPlan
  readonly features: readonly Feature[]
  readonly training: Part
  readonly test: Part
  readonly notes: readonly string[]
}

/** A graph asks one input a column. */
const MOST_INPUTS = 5_000
const LEAST_ROWS = 20

export function prepareRows(order: RowsOrder, recipe?: OpenRecipe): Result<PreparedRows, Fault> {
  const read = readSides(order)
  const sides = read.ok && recipe !== undefined ? ofRecipe(read.value, recipe) : read
  if (!sides.ok) return sides
  const notes = [...sides.value.notes]
  const outcome = recipe === undefined ? planTarget(sides.value.training, order) : ok(planOf(recipe))
  if (!outcome.ok) return outcome
  const [training, test] = [
    withOutcome(sides.value.training, order, outcome.value),
    withOutcome(sides.value.test, order, outcome.value),
  ]
  const [blank, unseen] = [training.blank + test.blank, training.unseen + test.unseen]
  if (blank > 0) notes.push(`${blank} rows without ${order.target} were left out`)
  if (unseen > 0) notes.push(`${unseen} rows whose ${order.target} is none of the classes were left out`)
  if (training.cells.rows < LEAST_ROWS) {
    return err(
      fault(
        'learn.too-few',
        `${training.cells.rows} rows with an outcome are left to train on; ${LEAST_ROWS} are the least, hundreds are better`,
      ),
    )
  }
  const parsed = parseAsked(order.type)
  const asked = parsed.ok ? withPlaces(parsed.value, order) : parsed
  if (!asked.ok) return asked
  const named = [...asked.value.keys(), ...order.text, ...order.drop]
  const unknown = absent(sides.value.training, named, order.csv)
  if (unknown !== null) return unknown

  const leave = new Set([order.target, ...[order.group, order.time].filter(name => name !== undefined), ...order.drop])
  const plan =
    recipe === undefined
      ? planFeatures(training.cells, training.target, { leave, asked: asked.value, text: order.text })
      : ok(featuresOf(recipe))
  if (!plan.ok) return plan
  const { features } = plan.value
  if (features.length > MOST_INPUTS)
    return err(
      fault('cli.usage', `${features.length} columns are more than a model may read (${MOST_INPUTS}); --drop some`),
    )
  notes.push(...plan.value.notes)
  const tables = [
    toTable(training.cells, features, order.csv),
    toTable(test.cells, features, order.test ?? order.csv),
  ] as const
  if (!tables[0].ok) return tables[0]
  if (!tables[1].ok) return tables[1]

  const inputs = features.map(({ column }) => column)
  for (const name of leakingColumns(tables[0].value, training.target)) notes.push(leakWarning(name, order.target))
  const twins = sharedRows(training.cells, test.cells, inputs)
  if (twins > 0 && twins * 100 >= test.cells.rows)
    notes.push(
      `warning: ${twins} of the ${test.cells.rows} rows that judge stand cell for cell among those that train; the figures are better than they will be`,
    )
  const shared = order.group === undefined ? 0 : bothSides(training.groups, test.groups)
  if (shared > 0)
    notes.push(
      `warning: ${shared} households (${order.group}) are on both sides of the split; the figures are better than they will be`,
    )
  return ok({
    outcome: outcome.value,
    features,
    training: { ...training, table: tables[0].value },
    test: { ...test, table: tables[1].value },
    notes,
  })
}

/** A district that is called 12 is a place and no amount, whatever its column looks like. */
function withPlaces(asked: ReadonlyMap<string, AskedKind>, { region, drop, text }: RowsOrder) {
  if (region === undefined) return ok(asked)
  const kind = drop.includes(region) ? 'drop' : text.includes(region) ? 'text' : (asked.get(region) ?? 'category')
  return kind === 'category'
    ? ok(new Map([...asked, [region, kind]]))
    : err(fault('cli.usage', `--region ${region}: the model reads it as a category, and ${kind} was asked for it`))
}

/** A recipe's questions alone are read, and its classes alone are told. */
function ofRecipe(sides: Sides, recipe: OpenRecipe): Result<Sides, Fault> {
  const training = withExpressions(sides.training, recipe)
  if (!training.ok) return training
  const test = withExpressions(sides.test, recipe)
  return test.ok ? ok({ ...sides, training: training.value, test: test.value }) : test
}

const planOf = ({ classes }: OpenRecipe): TargetPlan => ({
  task: classes.length === 2 ? 'binary' : 'multiclass',
  classes,
})

const featuresOf = ({ inputs }: OpenRecipe): FeaturePlan => ({
  features: inputs.map(input => ({ column: input.from ?? input.name, input })),
  leftOut: [],
  notes: [],
})

interface Sides {
  readonly training: CsvTable
  readonly test: CsvTable
  readonly notes: readonly string[]
}

function readSides(order: RowsOrder): Result<Sides, Fault> {
  const { csv, target, test, split, group, time } = order
  if (test !== undefined && split !== undefined)
    return err(fault('cli.usage', '--test and --split both say which rows judge: give one'))
  const table = readCsv(csv)
  if (!table.ok) return table
  const needed = [target, ...[group, time].filter(name => name !== undefined)]
  const unknown = absent(table.value, needed, csv)
  if (unknown !== null) return unknown
  if (test !== undefined) {
    const other = readCsv(test)
    if (!other.ok) return other
    const missing = absent(other.value, [target], test)
    return missing ?? ok({ training: table.value, test: other.value, notes: [] })
  }
  // Rows without an outcome count for nothing; the split is of those that have one.
  const groups = groupsOf(table.value, group)
  const found = splitOf(table.value, order, groups)
  if (!found.ok) return found
  const { train, test: judged, notes } = found.value
  return ok({ training: takeCells(table.value, train), test: takeCells(table.value, judged), notes })
}

function splitOf(table: CsvTable, { split, time }: RowsOrder, groups: readonly string[]) {
  if (split !== undefined) {
    const file = readCsv(split)
    return file.ok ? splitByFile(table.rows, file.value, split) : file
  }
  return time === undefined ? ok(splitByHash(groups)) : splitByTime(table, time, groups)
}

function withOutcome(
  table: CsvTable,
  { target, group }: RowsOrder,
  plan: TargetPlan,
): Omit<Part, 'table'> & { readonly blank: number; readonly unseen: number } {
  const read = readTarget(table, target, plan)
  const blank = table.rows - read.rows.length - read.unseen
  const cells = blank + read.unseen === 0 ? table : takeCells(table, read.rows)
  return { cells, target: read.target, groups: groupsOf(cells, group), blank, unseen: read.unseen }
}

/** A row without a household is a household of its own. */
const groupsOf = (table: CsvTable, group: string | undefined): readonly string[] => {
  const cells = group === undefined ? undefined : table.columns.get(group)
  return Array.from({ length: table.rows }, (_, row) => {
    const cell = cells?.[row] ?? ''
    return cell === '' ? `#${row}` : cell
  })
}

function absent(table: CsvTable, names: readonly string[], file: string) {
  const missing = names.find(name => !table.columns.has(name))
  return missing === undefined
    ? null
    : err(fault('cli.usage', `${file} has no column ${missing}; it has ${table.header.join(', ')}`))
}
