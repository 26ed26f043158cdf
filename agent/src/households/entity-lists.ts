/**
 * A form's own lists of entities (`instance('households')`, attached to it by nobody): the rows are what
 * this device knows, its own unsent work among them, so that a follow-up can choose whom it visits.
 *
 *   EL1 a list that is attached is read from its file, also where entities have its name
 *   EL2 who was registered here is in the list of the next interview, sent or not
 *   EL4 whom an interview chose earlier stays in its list: also who left this laptop, or was declared another
 *   EL3 while nothing changes, all interviews look at one list: it is put together once
 *
 * Columns are those of an entity list at ODK: `name` is the entity's id, `label`, its properties.
 * `__version` is 1 throughout: what an author saw is told by answers, not by a number.
 *
 * Not here: what the author of an update has seen (`capture/row-base.ts`).
 */
import { EntityIdSchema } from '@murram/ground'
import { listFiles, type Form, type ListTable } from '@murram/xform'
import { merge, type Observable } from 'rxjs'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { Household, Households } from './households.ts'

/** @param chosen Answers of before: who is meant by one of them is in the list, whatever became of them. */
export type FindEntityLists = (form: Form, chosen?: readonly string[]) => Promise<ReadonlyMap<string, ListTable>>

export interface EntityLists {
  /** By file name, those that nobody attached. */
  readonly find: FindEntityLists
  readonly close: () => void
}

export interface EntityListsDeps {
  readonly households: Pick<Households, 'all' | 'find'>
  readonly forms: Pick<FormShelf, 'listsOf'>
  /** Whatever may change what is known of an entity. */
  readonly changes: readonly Observable<unknown>[]
}

const NO_LISTS: ReadonlyMap<string, ListTable> = new Map()

export function createEntityLists({ households, forms, changes }: EntityListsDeps): EntityLists {
  let change = 0
  const tables = new Map<string, { readonly change: number; readonly table: Promise<ListTable> }>()
  const maps = new WeakMap<Form, { readonly change: number; readonly lists: ReadonlyMap<string, ListTable> }>()
  const watching = merge(...changes).subscribe(() => (change += 1))

  /** EL3 */
  const tableOf = (dataset: string): Promise<ListTable> => {
    const known = tables.get(dataset)
    if (known?.change === change) return known.table
    const table = households.all(dataset).then(toTable)
    tables.set(dataset, { change, table })
    return table
  }

  /** EL4 */
  const withChosen = async (names: readonly string[], chosen: readonly string[]) => {
    const ids = chosen.flatMap(id => (EntityIdSchema.safeParse(id).success ? [id] : []))
    const filled = new Map<string, ListTable>()
    for (const name of names) {
      const dataset = name.replace(CSV, '')
      const { columns, rows } = await tableOf(dataset)
      const here = new Set(rows.map(([id]) => id))
      const kept: (readonly string[])[] = []
      for (const id of ids.filter(one => !here.has(one))) {
        const household = await households.find(id)
        const cells = { ...household?.properties, name: id, label: household?.label ?? id, __version: '1' }
        if (household === null || household.dataset === dataset)
          kept.push(columns.map(column => (cells as Readonly<Record<string, string>>)[column] ?? ''))
      }
      filled.set(name, { columns, rows: [...rows, ...kept] })
    }
    return filled
  }

  return {
    find: async (form, chosen = []) => {
      const fileBacked = forms.listsOf(form)
      const names = listFiles(form).filter(name => CSV.test(name) && !fileBacked.has(name)) // EL1
      if (names.length === 0) return NO_LISTS
      if (chosen.length > 0) return withChosen(names, chosen)
      const known = maps.get(form)
      if (known?.change === change) return known.lists
      const now = change
      const filled = new Map<string, ListTable>()
      for (const name of names) {
        const table = await tableOf(name.replace(CSV, ''))
        if (table.rows.length > 0) filled.set(name, table)
      }
      maps.set(form, { change: now, lists: filled })
      return filled
    },
    close: () => watching.unsubscribe(),
  }
}

const CSV = /\.csv$/i
const OWN_COLUMNS = ['name', 'label', '__version', '__trunkVersion', '__branchId'] as const

function toTable(households: readonly Household[]): ListTable {
  const properties = [...new Set(households.flatMap(({ properties: own }) => Object.keys(own)))].filter(
    name => !(OWN_COLUMNS as readonly string[]).includes(name),
  )
  const byLabel = new Intl.Collator(undefined, { numeric: true })
  const rows = households
    .toSorted((a, b) => byLabel.compare(a.label, b.label))
    .map(({ entityId, label, properties: own }) => [
      entityId,
      label,
      '1',
      '',
      '',
      ...properties.map(name => own[name] ?? ''),
    ])
  return { columns: [...OWN_COLUMNS, ...properties], rows }
}
