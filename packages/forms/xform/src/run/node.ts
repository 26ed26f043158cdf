/**
 * Nodes in memory, of the instance and of lists alike: one shape, so that expressions run
 * over both, and plain data, so that a change is a record that can be taken back.
 *
 * A list from a table keeps its rows as text. Its nodes are made when somebody asks for them: a
 * filter over 50,000 rows makes those that it finds.
 */
import type { Tree } from '@murram/xpath'

export interface XNode {
  /** Index in `program.nodes`; -1 outside the instance. */
  readonly node: number
  readonly name: string
  parent: XNode | null
  /** Replaced, never changed in place: an older array is what a journal restores. */
  children: readonly XNode[]
  attributes: readonly XNode[]
  value: string
  /** Its own condition, and that with what it inherits. */
  wanted: boolean
  relevant: boolean
  required: boolean
  readOnly: boolean
  /** What its constraint says; only violated where there is an answer. */
  valid: boolean
  /** Items that its filter offers; `null` where nothing filters. */
  offered: readonly XNode[] | null
  /** Where it was last among its siblings of the same name; `placeOf` looks whether it still is. */
  place: number
  /** Of an instance's document: its nodes outside of repeats by number, where there is one of each. */
  fixed: readonly (XNode | undefined)[] | null
  /** Of a list from a table, and of its rows: what `children` are made of. */
  source: RowsSource | CellsSource | null
  /** Caches of `children`; whoever replaces them clears these. */
  byName: Map<string, readonly XNode[]> | null
  index: Map<string, Map<string, readonly XNode[]>> | null
}

/** Place of a column in `cells`. */
type Columns = ReadonlyMap<string, number>

interface RowsSource {
  readonly of: 'rows'
  readonly columns: Columns
  readonly rows: readonly (readonly string[])[]
  readonly made: (XNode | undefined)[]
  /** By column: places of the rows by what they hold there. */
  readonly found: Map<number, ReadonlyMap<string, number | readonly number[]>>
}

interface CellsSource {
  readonly of: 'cells'
  readonly columns: Columns
  readonly cells: readonly string[]
}

const NONE: readonly XNode[] = []

export const createNode = (node: number, name: string, parent: XNode | null, value = ''): XNode => ({
  node,
  name,
  parent,
  children: NONE,
  attributes: NONE,
  value,
  wanted: true,
  relevant: true,
  required: false,
  readOnly: false,
  valid: true,
  offered: null,
  place: 0,
  fixed: null,
  source: null,
  byName: null,
  index: null,
})

/** A list as expressions see a table: `root` with an `item` a row. A column without a name is left out. */
export function createTable(
  { columns, rows }: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] },
  parent: XNode,
): XNode {
  const root = createNode(-1, 'root', parent)
  const places = new Map([...columns.entries()].flatMap(([i, name]) => (name === '' ? [] : [[name, i] as const])))
  root.source = { of: 'rows', columns: places, rows, made: Array.from({ length: rows.length }), found: new Map() }
  return root
}

function rowAt(root: XNode, { columns, rows, made }: RowsSource, place: number): XNode {
  const known = made[place]
  if (known !== undefined) return known
  const row = createNode(-1, ROW, root)
  row.place = place
  row.source = { of: 'cells', columns, cells: rows[place]! }
  return (made[place] = row)
}

export function childrenOf(node: XNode): readonly XNode[] {
  const { source, children } = node
  if (source === null || children.length > 0) return children
  if (source.of === 'rows') return (node.children = source.rows.map((_, place) => rowAt(node, source, place)))
  const { columns, cells } = source
  return (node.children = Array.from(columns, ([name, i]) => createNode(-1, name, node, cells[i] ?? '')))
}

const ROW = 'item'
const FEW = 8

export function childrenNamed(node: XNode, name: string): readonly XNode[] {
  const children = childrenOf(node)
  if (node.source?.of === 'rows') return name === ROW ? children : NONE
  if (children.length <= FEW) {
    let first: XNode | undefined
    for (const child of children)
      if (child.name === name) {
        if (first !== undefined) return children.filter(one => one.name === name)
        first = child
      }
    return first === undefined ? NONE : [first]
  }
  node.byName ??= Map.groupBy(children, child => child.name)
  return node.byName.get(name) ?? NONE
}

/** Rows by the text of one of their children; made once, for lists do not change. */
function lookUp(node: XNode, name: string, key: string, value: string): readonly XNode[] | null {
  if (node.node >= 0) return null
  const { source } = node
  if (source?.of === 'rows') {
    const column = source.columns.get(key)
    if (name !== ROW || column === undefined) return NONE
    const places = placesBy(source, column).get(value)
    if (typeof places === 'number') return [rowAt(node, source, places)]
    return places === undefined ? NONE : places.map(place => rowAt(node, source, place))
  }
  node.index ??= new Map()
  const column = `${name}\n${key}`
  let rows = node.index.get(column)
  if (rows === undefined) {
    const made = new Map<string, XNode[]>()
    for (const row of childrenNamed(node, name))
      for (const text of new Set(childrenNamed(row, key).map(cell => cell.value))) {
        const same = made.get(text)
        if (same === undefined) made.set(text, [row])
        else same.push(row)
      }
    node.index.set(column, (rows = made))
  }
  return rows.get(value) ?? NONE
}

function placesBy({ found, rows }: RowsSource, column: number): ReadonlyMap<string, number | readonly number[]> {
  const known = found.get(column)
  if (known !== undefined) return known
  const made = new Map<string, number | number[]>()
  for (const [place, cells] of rows.entries()) {
    const text = cells[column] ?? ''
    const same = made.get(text)
    if (same === undefined) made.set(text, place)
    else if (typeof same === 'number') made.set(text, [same, place])
    else same.push(place)
  }
  found.set(column, made)
  return made
}

/** Place among the siblings of its name, from 0; -1: it was removed. */
export function placeOf(node: XNode): number {
  if (node.parent === null) return 0
  const same = childrenNamed(node.parent, node.name)
  if (same[node.place] === node) return node.place
  // Most often the one before it went.
  const near = node.place - 1
  const place = same[near] === node ? near : same.indexOf(node)
  if (place >= 0) node.place = place
  return place
}

export function documentOf(node: XNode): XNode {
  let at = node
  while (at.parent !== null) at = at.parent
  return at
}

export const nodeTreeAccess = (
  instance: (id: string) => XNode | null,
  rowOf: NonNullable<Tree<XNode>['rowOf']>,
): Tree<XNode> => ({
  parent: node => node.parent,
  children: childrenOf,
  childrenNamed,
  attributes: node => node.attributes,
  name: node => node.name,
  text: node => (node.relevant ? node.value : ''),
  held: node => node.value,
  documentOf,
  instance,
  lookUp,
  rowOf,
})

export const leavesOf = function* (node: XNode): Generator<XNode> {
  if (node.children.length === 0 && node.parent !== null) yield node
  yield* node.attributes
  for (const child of node.children) yield* leavesOf(child)
}
