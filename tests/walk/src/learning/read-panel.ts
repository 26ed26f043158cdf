/**
 * A real panel: one row a household and wave, and every column that has no role is a question.
 *
 * P1 what does not fit is refused, with the column and the row
 * P2 what a column is, is guessed by its cells alone: numbers, or a few words
 * P3 what cannot be asked is left out and named: a value of its own in nearly every row, or none
 */
import { err, fault, ok, unwrap, type FaultOf, type Result } from '@murram/ground'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { diceFor } from '../population/dice.ts'
import { readTable, type ReadTable, type TableRow } from '../replay/read-table.ts'
import { KNOWN, NUMBER } from './panel-form.ts'
import type { LearningOptions, PanelChoice } from './learning-options.ts'
import type { Panel, PanelQuestion, PanelVisit } from './panel.ts'

type Unreadable = FaultOf<'table.unreadable'>

/** A question with more answers than these is none that an officer ticks. */
const MOST_CHOICES = 40
/** Of a column: so few that are no numbers are mistakes, and more of them are words. */
const MOST_SLIPS = 0.02
const BLANKS: ReadonlySet<string> = new Set(['', 'NA', 'N/A', 'NaN', 'null', '?', '.'])

/** @throws With the catalogue's words where the file is not there or is no panel. */
export async function readPanel(
  choice: PanelChoice,
  options: Pick<LearningOptions, 'waves' | 'households'>,
): Promise<Panel> {
  const bytes = await readFile(choice.file).catch(() => null)
  if (bytes === null) return unwrap(err(fault('table.unreadable', `${choice.file} is not there`)))
  return unwrap(panelOf(unwrap(readTable(bytes)), choice, options))
}

export function panelOf(
  table: ReadTable,
  choice: PanelChoice,
  { waves: mostWaves, households: mostHouseholds }: Pick<LearningOptions, 'waves' | 'households'>,
): Result<Panel, Unreadable> {
  const { id, wave, outcome, region } = choice
  for (const column of [id, wave, outcome, ...(region === undefined ? [] : [region])])
    if (!table.header.includes(column))
      return refuse(`header: no column ${column}; the table has ${table.header.join(', ')}`, { column })
  const at = (column: string) => table.header.indexOf(column)
  const [idAt, waveAt, outcomeAt] = [at(id), at(wave), at(outcome)]
  for (const { number, cells } of table.rows)
    for (const [column, place] of [
      [id, idAt],
      [wave, waveAt],
    ] as const)
      if (isBlank(cells[place])) return refuse(`row ${number}, column ${column}: it is empty`, { row: number, column })
  const twice = firstTwice(table.rows, row => `${row.cells[idAt]} ${row.cells[waveAt]}`)
  if (twice !== null)
    return refuse(
      `row ${twice.number}, column ${id}: ${twice.cells[idAt]} stands in wave ${twice.cells[waveAt]} already`,
      { row: twice.number, column: id },
    )

  const classes = classesOf(table, outcomeAt, choice)
  if (!classes.ok) return classes
  const names = inTime([...new Set(table.rows.map(({ cells }) => cells[waveAt]!.trim()))]).slice(0, mostWaves)
  if (names.length < 3)
    return refuse(
      `column ${wave}: it names ${names.length} waves; three are the least (visits, outcomes a wave later, and the next ones)`,
      { column: wave },
    )

  const roles = new Set([id, wave, outcome])
  const questions = new Map<number, PanelQuestion>()
  const used = new Set([KNOWN, NUMBER])
  const leftOut: string[] = []
  for (const [column, label] of table.header.entries()) {
    if (roles.has(label)) continue
    const cells = table.rows.map(row => row.cells[column]!.trim())
    const slip = label === region ? -1 : slipAmongNumbers(cells)
    if (slip >= 0) {
      const row = table.rows[slip]!.number
      return refuse(`row ${row}, column ${label}: ${cells[slip]} is no number, and nearly all others are`, {
        row,
        column: label,
      })
    }
    const question = questionOf(label, cells, used, label === region)
    if (question === null) leftOut.push(label)
    else questions.set(column, question)
  }
  if (questions.size === 0) return refuse('no column is left that could be asked')
  const regionQuestion = region === undefined ? null : (questions.get(at(region))?.name ?? null)
  if (region !== undefined && regionQuestion === null)
    return refuse(`column ${region}: it is no region: it has one value, or one of its own in nearly every row`, {
      column: region,
    })

  const visitOf = ({ cells }: TableRow): PanelVisit => ({
    household: cells[idAt]!.trim(),
    outcome: isBlank(cells[outcomeAt]) ? null : cells[outcomeAt]!.trim(),
    answers: Object.fromEntries(
      [...questions].map(([column, { name, choices }]) => [name, answerOf(cells[column]!.trim(), choices)]),
    ),
  })
  // By lot, and the same in each wave: who is asked once is asked again.
  const lotOf = ({ cells }: TableRow) => diceFor(1, 'panel', cells[idAt]!.trim()).unit()
  const waves = names.map(name => ({
    name,
    visits: table.rows
      .filter(({ cells }) => cells[waveAt]!.trim() === name)
      .map(row => ({ row, lot: lotOf(row) }))
      .toSorted((a, b) => a.lot - b.lot)
      .slice(0, mostHouseholds)
      .map(({ row }) => visitOf(row)),
  }))
  const [negative, positive] = classes.value
  return ok({
    title: `${basename(choice.file)}: ${waves.reduce((sum, { visits }) => sum + visits.length, 0)} rows in ${waves.length} waves, ${questions.size} columns are asked${leftOut.length === 0 ? '' : `, left out: ${leftOut.join(', ')}`}`,
    questions: [...questions.values()],
    outcome: { name: outcome, classes: [negative, positive], positive },
    region: regionQuestion,
    waves,
    // Nothing was known when the replay began.
    prior: { baseRate: 0.5, points: {} },
    newcomer: null,
  })
}

const isBlank = (cell: string | undefined): boolean => cell === undefined || BLANKS.has(cell.trim())

function firstTwice(rows: readonly TableRow[], keyOf: (row: TableRow) => string): TableRow | null {
  const seen = new Set<string>()
  for (const row of rows) {
    const key = keyOf(row)
    if (seen.has(key)) return row
    seen.add(key)
  }
  return null
}

/** Two values; the one that is told: as asked, else yes, true or 1, else the rarer one. */
function classesOf(
  table: ReadTable,
  place: number,
  { outcome, positive }: PanelChoice,
): Result<readonly [string, string], Unreadable> {
  const counts = new Map<string, number>()
  for (const { number, cells } of table.rows) {
    const value = cells[place]!.trim()
    if (isBlank(value)) continue
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (counts.size > 2)
      return refuse(
        `row ${number}, column ${outcome}: ${value} is a third value beside ${[...counts.keys()].slice(0, 2).join(' and ')}; an outcome has two`,
        { row: number, column: outcome },
      )
  }
  const values = [...counts].sort(([, a], [, b]) => a - b).map(([value]) => value)
  const [rarer, other] = values
  if (rarer === undefined || other === undefined)
    return refuse(`column ${outcome}: it has ${counts.size === 0 ? 'no value' : 'one value'}; an outcome has two`, {
      column: outcome,
    })
  if (positive !== undefined && !counts.has(positive))
    return refuse(`column ${outcome}: --positive ${positive} is not among its values ${values.join(' and ')}`, {
      column: outcome,
    })
  const told = positive ?? values.find(value => /^(?:yes|true|1)$/i.test(value)) ?? rarer
  return ok([told === rarer ? other : rarer, told])
}

/** By number where all are numbers, else by name. */
function inTime(names: readonly string[]): readonly string[] {
  return names.every(isNumber)
    ? names.toSorted((a, b) => Number(a) - Number(b))
    : names.toSorted((a, b) => (a < b ? -1 : 1))
}

const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Number(cell))

/** P2, P3. A region is a place, also where it is told by numbers. */
function questionOf(
  label: string,
  cells: readonly string[],
  used: Set<string>,
  isPlace: boolean,
): PanelQuestion | null {
  const answers = cells.filter(cell => !isBlank(cell))
  const different = new Set(answers)
  if (different.size < 2) return null
  const name = nameOf(label, used)
  if (!isPlace && answers.every(isNumber)) return { name, label, kind: 'number', choices: [] }
  if (different.size > MOST_CHOICES) return null
  const choices = [...new Set([...different].map(choiceOf))].toSorted((a, b) => (a < b ? -1 : 1))
  return { name, label, kind: 'category', choices }
}

/** The place of what is no number in a column of numbers; -1 where there is none, or where it is a column of words. */
function slipAmongNumbers(cells: readonly string[]): number {
  const said = cells.filter(cell => !isBlank(cell))
  const slips = said.filter(cell => !isNumber(cell)).length
  return slips > 0 && slips <= MOST_SLIPS * said.length
    ? cells.findIndex(cell => !isBlank(cell) && !isNumber(cell))
    : -1
}

/** What a form takes as a name: letters, digits and `_`, and none twice. */
function nameOf(label: string, used: Set<string>): string {
  const plain =
    label
      .normalize('NFKD')
      .replace(/[^\w]+/g, '_')
      .replace(/^[^A-Za-z]+/, '') || 'question'
  let name = plain
  for (let n = 2; used.has(name.toLowerCase()); n += 1) name = `${plain}_${n}`
  used.add(name.toLowerCase())
  return name
}

/** A choice has no blanks. */
const choiceOf = (cell: string): string => cell.replace(/\s+/g, '_')

const answerOf = (cell: string, choices: readonly string[]): string =>
  isBlank(cell) ? '' : choices.length > 0 ? choiceOf(cell) : String(Number(cell))

const refuse = (
  detail: string,
  data?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly error: Unreadable } => err(fault('table.unreadable', detail, data))
