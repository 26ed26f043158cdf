/**
 * A list in a file beside the form: CSV, XML or GeoJSON, as text → the rows that expressions
 * see as `root/item`. Read once, where the form is compiled or where a device first looks
 * something up in it.
 *
 * Every fault names the file, and the row where there is one.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { CsvError, parse } from 'csv-parse/sync'
import type { ExternalList, ListContent, ListKind, StaticElement } from '../program.ts'
import { elementsOf, parseXml, textOf, type XmlElement } from './xml.ts'

export type ListRead = Result<ListContent, FaultOf<'form.invalid'>>

export const EMPTY_LIST: ListContent = { name: 'root' }

export const listKindOf = (fileName: string): ListKind =>
  /\.geojson$/i.test(fileName) ? 'geojson' : /\.xml$/i.test(fileName) ? 'xml' : 'csv'

export function readAttachedList(text: string, { fileName, kind, listName }: ExternalList): ListRead {
  if (kind === 'geojson') return readGeoJson(text, fileName)
  if (kind === 'xml') return readXmlList(text, fileName)
  return readCsvList(text, fileName, listName)
}

export function toStatic(element: XmlElement): StaticElement {
  const children = elementsOf(element)
  const attributes = Object.fromEntries(
    element.attributes.filter(one => !one.tag.startsWith('xmlns')).map(one => [one.local, one.value]),
  )
  return {
    name: element.local,
    ...(children.length === 0 ? { text: textOf(element).trim() } : { children: children.map(toStatic) }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  }
}

function readXmlList(text: string, fileName: string): ListRead {
  const parsed = parseXml(text)
  return parsed.ok ? ok(toStatic(parsed.value)) : bad(`${fileName}: ${parsed.error.detail}`)
}

const bad = (detail: string): ListRead => err(fault('form.invalid', detail))

/** Of a file that went through several hands, all in one. */
const LINE_ENDS = ['\r\n', '\n', '\r']

/** Short rows end in blank cells, as spreadsheets write them; a row that is too long is damage. */
function readCsvList(text: string, fileName: string, listName: string | undefined): ListRead {
  let records: string[][]
  try {
    records = parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: delimiterOf(text),
      record_delimiter: LINE_ENDS,
    })
  } catch (problem) {
    if (!(problem instanceof CsvError)) throw problem
    return bad(`${fileName}, ${problem.message}`)
  }
  const [header, ...rows] = records
  if (header === undefined) return ok({ table: { columns: [], rows: [] } })
  const columns = header.map(name => name.trim())
  const twice = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i)
  if (twice !== undefined) return bad(`${fileName}, row 1: the column ${twice} stands there twice`)
  const tooLong = rows.findIndex(
    row => row.length > columns.length && row.slice(columns.length).some(cell => cell !== ''),
  )
  if (tooLong >= 0)
    return bad(`${fileName}, row ${tooLong + 2}: it has ${rows[tooLong]!.length} cells, the header ${columns.length}`)
  const listColumn = columns.indexOf('list_name')
  const own = listName === undefined || listColumn < 0 ? rows : rows.filter(row => row[listColumn] === listName)
  return ok({ table: { columns, rows: own } })
}

/** Spreadsheets of some countries part cells by semicolons; the header shows which. */
function delimiterOf(text: string): string {
  const header = text.slice(0, text.search(/[\r\n]|$/))
  return !header.includes(',') && header.includes(';') ? ';' : ','
}

interface Feature {
  readonly id?: unknown
  readonly properties?: Readonly<Record<string, unknown>> | null
  readonly geometry?: { readonly type?: string; readonly coordinates?: unknown } | null
}

/** ODK's reading: properties are columns, the geometry is `lat lon 0 0` pairs. */
function readGeoJson(text: string, fileName: string): ListRead {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return bad(`${fileName} is not JSON`)
  }
  const features = (parsed as { readonly features?: unknown } | null)?.features
  if (!Array.isArray(features)) return bad(`${fileName} is no GeoJSON collection of features`)
  const children: StaticElement[] = []
  for (const [i, feature] of (features as readonly (Feature | null)[]).entries()) {
    if (typeof feature !== 'object' || feature === null) return bad(`${fileName}, feature ${i + 1}: it is no feature`)
    const { id, properties, geometry } = feature
    const cells = Object.entries({ ...(id === undefined ? {} : { id }), ...properties })
    const points = pointsOf(geometry?.coordinates, 0)
    children.push({
      name: 'item',
      children: [
        ...cells.map(([name, value]) => ({
          name,
          text: typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
        })),
        { name: 'geometry', text: points.join('; ') },
      ],
    })
  }
  return ok({ name: 'root', children })
}

/** A point, a line or a ring of a polygon; nobody nests them deeper. */
function pointsOf(coordinates: unknown, depth: number): readonly string[] {
  if (!Array.isArray(coordinates) || depth > 4) return []
  const [first, second] = coordinates as readonly unknown[]
  if (typeof first === 'number' && typeof second === 'number') return [`${second} ${first} 0 0`]
  return (coordinates as readonly unknown[]).flatMap(inner => pointsOf(inner, depth + 1))
}
