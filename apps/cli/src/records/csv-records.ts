/**
 * Records of a CSV export, line by line. ODK Central and Briefcase write the rows of repeats
 * into tables of their own (`household-roster.csv`), joined by PARENT_KEY and KEY: those are
 * read first and held, the records themselves are not.
 */
import type { Form } from '@murram/xform'
import type { NamedRecord } from '@murram/xform/workers'
import { basename } from 'node:path'
import { columnRefs, type ColumnRefs } from './column-refs.ts'
import { headerOf, openCsv } from './csv-table.ts'
import type { RecordSource } from './record-source.ts'

interface ChildRow {
  readonly key: string
  readonly answers: readonly (readonly [ref: string, value: string])[]
}

interface ChildTable {
  /** Path of its repeat. */
  readonly path: string
  readonly byParent: ReadonlyMap<string, readonly ChildRow[]>
}

/** @param beside Other tables of the same export. */
export async function csvRecords(form: Form, file: string, beside: readonly string[]): Promise<RecordSource> {
  const notes: string[] = []
  const table = await openCsv(file)
  const columns = columnRefs(form, table.header, '')
  tellUnknown(file, columns, notes)
  const children: ChildTable[] = []
  for (const other of beside) {
    const child = await readChild(form, other, notes)
    if (child !== null) children.push(child)
  }
  const nameAt = nameColumn(table.header)
  const keyAt = table.header.indexOf('KEY')

  async function* records(): AsyncGenerator<NamedRecord> {
    for await (const { cells, line } of table.lines) {
      const record: Record<string, string> = Object.create(null) as Record<string, string>
      for (const [ref, value] of columns.answersOf(cells)) record[ref] = value
      if (keyAt >= 0) addRows(record, '', '', cells[keyAt] ?? '', children)
      const id = nameAt < 0 ? '' : (cells[nameAt] ?? '')
      yield { name: `line ${line}${id === '' ? '' : ` (${id})`}`, record }
    }
  }
  return { records: records(), notes }
}

const nameColumn = (header: readonly string[]): number =>
  ['KEY', 'meta-instanceID', 'meta/instanceID', 'instanceID', '_uuid', '_id']
    .map(name => header.indexOf(name))
    .find(at => at >= 0) ?? -1

function tellUnknown(file: string, { unknown, known }: ColumnRefs, notes: string[]): void {
  if (known === 0) notes.push(`${basename(file)}: none of its columns is a question of the form`)
  else if (unknown.length > 0)
    notes.push(
      `${basename(file)}: no question of the form, left out: ${unknown.slice(0, 20).join(', ')}${unknown.length > 20 ? ' …' : ''}`,
    )
}

/** Rows below `path` that belong to the key, and theirs. */
function addRows(
  record: Record<string, string>,
  path: string,
  above: string,
  key: string,
  children: readonly ChildTable[],
): void {
  for (const child of children) {
    if (parentOf(child.path, children) !== path) continue
    for (const [i, row] of (child.byParent.get(key) ?? []).entries()) {
      const below = path === '' ? child.path : child.path.slice(path.length + 1)
      const ref = `${above === '' ? '' : `${above}/`}${below}[${i + 1}]`
      for (const [name, value] of row.answers) record[`${ref}/${name}`] = value
      addRows(record, child.path, ref, row.key, children)
    }
  }
}

/** The repeat around it that has a table too. */
const parentOf = (path: string, children: readonly ChildTable[]): string =>
  children
    .map(child => child.path)
    .filter(other => path.startsWith(`${other}/`))
    .toSorted((a, b) => b.length - a.length)[0] ?? ''

async function readChild(form: Form, file: string, notes: string[]): Promise<ChildTable | null> {
  const header = await headerOf(file)
  const path = header.includes('PARENT_KEY') ? repeatOf(form, file) : undefined
  if (path === undefined) return null
  const table = await openCsv(file)
  const columns = columnRefs(form, header, path)
  tellUnknown(file, columns, notes)
  const [parentAt, keyAt] = [header.indexOf('PARENT_KEY'), header.indexOf('KEY')]
  const byParent = new Map<string, ChildRow[]>()
  for await (const { cells } of table.lines) {
    const parent = cells[parentAt] ?? ''
    const row = { key: cells[keyAt] ?? '', answers: columns.answersOf(cells) }
    const known = byParent.get(parent)
    if (known === undefined) byParent.set(parent, [row])
    else known.push(row)
  }
  return { path, byParent }
}

/** `household-roster.csv` is about the repeat `roster`, or `members/roster`. */
function repeatOf({ program: { nodes } }: Form, file: string): string | undefined {
  const stem = basename(file).replace(/\.csv$/i, '')
  const repeats = nodes.flatMap(node => (node.repeat ? [node] : []))
  const named = (write: (node: (typeof repeats)[number]) => string) =>
    repeats.filter(node => stem.endsWith(`-${write(node)}`)).toSorted((a, b) => b.path.length - a.path.length)[0]?.path
  return (
    named(({ path }) => path.replaceAll('/', '-')) ??
    named(({ path }) => path.replaceAll('/', '.')) ??
    named(({ name }) => name)
  )
}
