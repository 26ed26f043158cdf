/**
 * Which fields of a document get a column of their own beside its JSON, and how a value
 * gets into it.
 *
 * A column is bound from the JavaScript value, not read back out of the JSON by SQLite:
 * `json_extract` shows `[1]` and `"[1]"`, `true` and `1` alike, and parses decimals its own
 * way. A column therefore holds exactly what the document holds, or NULL with the row
 * marked odd.
 *
 * K1  a regular row's column is the field's value; NULL means that the field is absent
 * K2  text with surrogates (an emoji) makes its row odd for ordering: SQLite orders UTF-8
 *     bytes, JavaScript UTF-16 units
 * K3  whatever a column cannot hold makes its row wholly odd: a value of another type, an
 *     explicit null, an array on the way, text with NUL or half a surrogate pair
 *
 * Not here: what a query does about odd rows (run-query.ts).
 */
import type { RxDocumentData, RxJsonSchema } from 'rxdb'

export type ColumnKind = 'text' | 'number' | 'boolean'

export interface Column {
  /** Path in the document, dotted: `household.size`. */
  readonly path: string
  readonly kind: ColumnKind
  /** Name in the table. Never taken from the document: `f0`, `f1`. */
  readonly name: string
}

/** How rows lie in the table: 2 since an update stays where it is (collection-table.ts). */
const LAYOUT = 2

/** What the table of one collection looks like; stored, to notice when a schema moved on. */
export interface TableShape {
  /** Absent in stores of an earlier build. */
  readonly layout?: number
  readonly primaryPath: string
  /** Columns bound from documents. */
  readonly columns: readonly Column[]
  /** Table column names of each index. */
  readonly indexes: readonly (readonly string[])[]
  /** Where the member stands that is kept in a table of its own (apart.ts). */
  readonly apart?: readonly string[]
}

export type ColumnValue = string | number | null

/** How a row may compare otherwise in SQL: not at all, in order (K2), in every way (K3). */
export const oddness = { none: 0, ordering: 1, whole: 2 } as const
export type Oddness = (typeof oddness)[keyof typeof oddness]

/** Text that SQLite keeps and compares for equality as JavaScript does (order aside). */
export const isPlainText = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Text that SQLite also orders as JavaScript does. */
export const isOrderlyText = (text: string): boolean => !/[\0\ud800-\udfff]/.test(text)

/** @param apart Dotted path of a member to keep apart. */
export function shapeOf<T>(
  schema: Readonly<RxJsonSchema<RxDocumentData<T>>>,
  primaryPath: string,
  apart?: string,
): TableShape {
  const columns: Column[] = []
  const nameOf = (path: string): string | undefined => {
    const fixed = fixedColumn(path, primaryPath)
    if (fixed !== undefined) return fixed.name
    const known = columns.find(column => column.path === path)
    if (known !== undefined) return known.name
    const kind = kindOf(schema, path)
    if (kind === undefined) return undefined
    const name = `f${columns.length}`
    columns.push({ path, kind, name })
    return name
  }

  const indexes: string[][] = []
  for (const index of schema.indexes ?? []) {
    const paths: readonly string[] = typeof index === 'string' ? [index] : index
    // RxDB adds these two for its own bookkeeping; `seq` and a partial index do that work here.
    if (paths.includes('_meta.lwt')) continue
    const names = paths.map(nameOf)
    if (names.every(name => name !== undefined)) indexes.push(names)
  }
  return { layout: LAYOUT, primaryPath, columns, indexes, ...(apart === undefined ? {} : { apart: apart.split('.') }) }
}

/** The columns every table has, whatever its schema. */
function fixedColumn(path: string, primaryPath: string): Column | undefined {
  if (path === primaryPath) return { path, kind: 'text', name: 'id' }
  if (path === '_deleted') return { path, kind: 'boolean', name: 'deleted' }
  if (path === '_meta.lwt') return { path, kind: 'number', name: 'lwt' }
  return undefined
}

export const columnAt = (shape: TableShape, path: string): Column | undefined =>
  fixedColumn(path, shape.primaryPath) ?? shape.columns.find(column => column.path === path)

interface SchemaNode {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

function kindOf(schema: unknown, path: string): ColumnKind | undefined {
  let node = schema as SchemaNode | undefined
  for (const key of path.split('.')) node = node?.properties?.[key]
  if (node?.type === 'string') return 'text'
  if (node?.type === 'number' || node?.type === 'integer') return 'number'
  if (node?.type === 'boolean') return 'boolean'
  return undefined
}

/** @returns One value a column in the shape's order, and how odd they make the row. */
export function columnValues(
  document: unknown,
  shape: TableShape,
  id: string,
): { values: ColumnValue[]; odd: Oddness } {
  let odd: Oddness = isOrderlyText(id) ? oddness.none : oddness.ordering
  const values = shape.columns.map(({ path, kind }) => {
    const value = valueAt(document, path)
    if (value === undefined) return null
    if (kind === 'number' && typeof value === 'number' && Number.isFinite(value)) return value
    if (kind === 'boolean' && typeof value === 'boolean') return value ? 1 : 0
    if (kind === 'text' && typeof value === 'string') {
      if (isOrderlyText(value)) return value
      if (isPlainText(value)) {
        if (odd === oddness.none) odd = oddness.ordering
        return value
      }
    }
    odd = oddness.whole
    return null
  })
  return { values, odd }
}

/** `null`, which makes the row odd, also where the way to the field is not all plain objects. */
function valueAt(document: unknown, path: string): unknown {
  let value = document
  for (const key of path.split('.')) {
    if (value === undefined) return undefined
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}
