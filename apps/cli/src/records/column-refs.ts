/**
 * Which question a column of an export is.
 *
 *     group/name        Kobo, ours        group-name      ODK Central
 *     group:name        ODK Aggregate     name            exports without group names, where only one is so called
 *     roster[2]/age     a row in full     place-Latitude  … -Longitude, -Altitude, -Accuracy: one geopoint
 *
 * What the server adds (SubmissionDate, KEY, _id …) and what it splits (`work/farm` beside
 * `work`) is left out in silence; anything else that is no question is told once.
 */
import type { Form } from '@murram/xform'

/** Gives the answers of one line; refs are below `base`. */
export interface ColumnRefs {
  readonly answersOf: (cells: readonly string[]) => readonly (readonly [ref: string, value: string])[]
  /** Headers that are no question of the form. */
  readonly unknown: readonly string[]
  /** How many columns are questions. */
  readonly known: number
}

const POINT_PARTS = ['Latitude', 'Longitude', 'Altitude', 'Accuracy']
const ADDED =
  /^(?:_.*|.*@odata\..*|SubmissionDate|SubmitterID|SubmitterName|AttachmentsPresent|AttachmentsExpected|Status|ReviewState|DeviceID|Edits|FormVersion|KEY|PARENT_KEY|SET-OF-.*|formdef_version|formhub[/-].*|meta[-/:].*|instanceID|deprecatedID|instanceName)$/

interface Node {
  readonly path: string
  readonly name: string
  readonly type: string
  readonly isMultiple: boolean
}

/** @param base Path of the repeat that the table is about; `''` for the records themselves. */
export function columnRefs({ program: { nodes } }: Form, header: readonly string[], base: string): ColumnRefs {
  const found = new Map<string, Node>()
  const sameName = new Map<string, number>()
  const prefix = base === '' ? '' : `${base}/`
  for (const [i, { path, name, type, kind, children, attribute }] of nodes.entries()) {
    if (children.length > 0 || attribute || i === 0 || !path.startsWith(prefix)) continue
    const below = path.slice(prefix.length)
    const node = { path: below, name, type, isMultiple: kind === 'select-multiple' }
    for (const separator of ['/', '-', ':', '.']) {
      found.set(below.replaceAll('/', separator), node)
      if (base !== '') found.set(path.replaceAll('/', separator), node)
    }
    sameName.set(name, (sameName.get(name) ?? 0) + 1)
  }
  const leaves = new Set(found.values())
  for (const node of leaves) if (sameName.get(node.name) === 1 && !found.has(node.name)) found.set(node.name, node)

  const paths = new Set(nodes.map(({ path }) => path))
  const plain: { readonly column: number; readonly ref: string }[] = []
  const points = new Map<string, number[]>()
  const unknown: string[] = []
  for (const [column, title] of header.entries()) {
    const node = found.get(title)
    if (node !== undefined) {
      plain.push({ column, ref: node.path })
      continue
    }
    if (title.includes('[') && paths.has(title.replace(/\[\d+\]/g, ''))) {
      plain.push({ column, ref: title })
      continue
    }
    const cut = Math.max(title.lastIndexOf('-'), title.lastIndexOf('/'))
    const whole = cut < 0 ? undefined : found.get(title.slice(0, cut))
    const part = POINT_PARTS.indexOf(title.slice(cut + 1))
    if (whole?.type === 'geopoint' && part >= 0) {
      const columns = points.get(whole.path) ?? []
      columns[part] = column
      points.set(whole.path, columns)
    } else if (whole?.isMultiple !== true && !ADDED.test(title) && title.trim() !== '') unknown.push(title)
  }
  return {
    answersOf: cells => [
      ...plain.map(({ column, ref }) => [ref, cells[column] ?? ''] as const),
      ...[...points].map(([ref, columns]) => [ref, pointOf(columns, cells)] as const),
    ],
    unknown,
    known: plain.length + points.size,
  }
}

const pointOf = (columns: readonly number[], cells: readonly string[]): string =>
  columns
    .map(column => (column === undefined ? '' : (cells[column] ?? '')))
    .join(' ')
    .trim()
