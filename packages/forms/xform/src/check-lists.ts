/**
 * Lists beside a form, looked at where they are published: whether each can be read, whether the
 * form names it, and whether what is chosen from it has a value to be stored.
 *
 *   LC1 a list that a device could not read is refused with the row at fault
 *   LC2 a list that is not there is `needed` where no interview could be finished without it: a
 *       question that is always asked and required chooses from it
 *   LC3 a choice without a value, or with one that another choice has, is told with its row
 *
 * Not here: how a file is read (`read/attached-list.ts`), and who may fill a list that nobody
 * attached (a collector that knows entities of this name).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Form } from './form.ts'
import { loadProgram, runtimeOf } from './open-form.ts'
import type { ExternalList, ListContent, Program } from './program.ts'
import { readAttachedList } from './read/attached-list.ts'
import type { Runtime } from './run/runtime.ts'

export interface CheckedLists {
  /** Rows of each list that was given. */
  readonly rows: Readonly<Record<string, number>>
  /** Files that the form looks things up in and that were not given. */
  readonly missing: readonly string[]
  /** LC2. Of the missing ones. */
  readonly needed: readonly string[]
  /** LC3. In words, each with its file and row. */
  readonly warnings: readonly string[]
}

export type ListFault = FaultOf<'form.list-damaged'> | FaultOf<'form.list-unexpected'> | FaultOf<'form.invalid'>

const externals = ({ instances }: Program): readonly (readonly [id: string, external: ExternalList])[] =>
  Object.entries(instances).flatMap(([id, source]) => ('external' in source ? [[id, source.external] as const] : []))

/** Names of the files that the form looks things up in, each once; files of its texts are not among them. */
export const listFiles = ({ program }: Pick<Form, 'program'>): readonly string[] => [
  ...new Set(externals(program).map(([, { fileName }]) => fileName)),
]

/** @param texts By file name. */
export function checkLists(program: unknown, texts: Readonly<Record<string, string>>): Result<CheckedLists, ListFault> {
  const form = loadProgram(program)
  if (!form.ok) return form
  const names = listFiles(form.value)
  for (const name of Object.keys(texts))
    if (!names.includes(name))
      return err(fault('form.list-unexpected', `${name}; it reads ${names.length === 0 ? 'none' : names.join(', ')}`))
  const rows: Record<string, number> = {}
  const warnings: string[] = []
  const uses = usesOf(form.value)
  for (const [id, external] of externals(form.value.program)) {
    const text = texts[external.fileName]
    if (text === undefined) continue
    const read = readAttachedList(text, external)
    if (!read.ok) return err(fault('form.list-damaged', read.error.detail)) // LC1
    const count = countOf(read.value)
    rows[external.fileName] = (rows[external.fileName] ?? 0) + count
    if (count === 0) warnings.push(`${external.fileName} has no rows${ofList(external)}`)
    // Whole, for its rows are counted as the file has them.
    const { fileName, kind } = external
    const whole = readAttachedList(text, { fileName, kind })
    const wrong = valuesWrong(whole.ok ? whole.value : read.value, uses.get(id) ?? [], external, warnings)
    if (wrong !== null) return err(wrong)
  }
  const missing = names.filter(name => texts[name] === undefined)
  return ok({ rows, missing, needed: missing.filter(name => isNeeded(form.value, uses, name)), warnings })
}

const ofList = ({ listName }: ExternalList): string => (listName === undefined ? '' : ` of the list ${listName}`)

const countOf = (content: ListContent): number =>
  'table' in content ? content.table.rows.length : (content.children?.length ?? 0)

/** A question that chooses from a list: what its choices are stored as. */
interface Use {
  readonly node: number
  /** Column of the value; `null` where it is calculated. */
  readonly value: string | null
}

/** By id of the instance. */
function usesOf(form: Form): ReadonlyMap<string, readonly Use[]> {
  const { nodes, expressions } = form.program
  const uses = new Map<string, Use[]>()
  for (const [node, { control }] of nodes.entries()) {
    const source = control?.choices
    if (source?.from !== 'nodes') continue
    const id = instanceIn(expressions[source.expression]?.tree)
    const value = /^[\w.-]+$/.exec(expressions[source.value]?.source.trim() ?? '')?.[0] ?? null
    if (id !== undefined) uses.set(id, [...(uses.get(id) ?? []), { node, value }])
  }
  return uses
}

/** The first that is named: filters may name others behind it. */
function instanceIn(part: unknown): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined
  const { at, id } = part as { readonly at?: unknown; readonly id?: unknown }
  if (at === 'instance' && typeof id === 'string') return id
  for (const inner of Object.values(part)) {
    const found = instanceIn(inner)
    if (found !== undefined) return found
  }
  return undefined
}

/** LC3. A column that is not there leaves nothing to choose: that is a fault of the list. */
function valuesWrong(
  content: ListContent,
  uses: readonly Use[],
  { fileName, kind, listName }: ExternalList,
  warnings: string[],
): FaultOf<'form.list-damaged'> | null {
  if (!('table' in content) || kind !== 'csv') return null
  const { columns, rows } = content.table
  for (const column of new Set(uses.flatMap(({ value }) => value ?? []))) {
    const at = columns.indexOf(column)
    if (at < 0)
      return fault('form.list-damaged', `${fileName}, row 1: there is no column ${column}, from which the form chooses`)
    const places = new Map<string, number>()
    const listColumn = listName === undefined ? -1 : columns.indexOf('list_name')
    for (const [i, row] of rows.entries()) {
      if (listColumn >= 0 && row[listColumn] !== listName) continue
      const value = row[at] ?? ''
      if (value === '' && row.some(cell => cell !== ''))
        return fault('form.list-damaged', `${fileName}, ${rowOf(row, i)}: ${column} is blank`)
      const before = places.get(value)
      if (before === undefined) places.set(value, i)
      const said = value === '' ? 'is blank' : before === undefined ? null : `has the ${column} of row ${before + 2}`
      if (said !== null && warnings.length < MOST_WARNINGS) warnings.push(`${fileName}, ${rowOf(row, i)} ${said}`)
    }
  }
  return null
}

const MOST_WARNINGS = 20
/** Counted without blank lines; the cells say which row is meant. */
const rowOf = (cells: readonly string[], i: number): string => `row ${i + 2} (${cells.join(', ').slice(0, 60)})`

/** LC2 */
function isNeeded(form: Form, uses: ReadonlyMap<string, readonly Use[]>, fileName: string): boolean {
  const runtime = runtimeOf(form)
  const ids = externals(form.program).filter(([, external]) => external.fileName === fileName)
  return ids.some(([id]) => (uses.get(id) ?? []).some(({ node }) => isAlwaysRequired(runtime, node)))
}

const isAlwaysRequired = ({ nodes, chainOf, repeatOf, stepsOn, steps }: Runtime, node: number): boolean =>
  nodes[node]!.required &&
  repeatOf(node) < 0 &&
  chainOf(node).every(one => stepsOn(one).every(step => steps[step]!.kind !== 'relevant'))
