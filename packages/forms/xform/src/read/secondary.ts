/**
 * Secondary instances: inside the form, or attached as CSV, XML or GeoJSON. What is attached
 * but not given is an empty list: a form must open on a device that has not yet fetched it.
 */
import type { StaticElement } from '../program.ts'
import { readCsv } from './csv.ts'
import { attribute, childrenNamed, elementsOf, invalid, parseXml, textOf, type XmlElement } from './xml.ts'

const EMPTY: StaticElement = { name: 'root' }

export function readSecondary(
  model: XmlElement,
  attachments: ReadonlyMap<string, string>,
): Readonly<Record<string, StaticElement>> {
  const found: Record<string, StaticElement> = {}
  for (const instance of childrenNamed(model, 'instance').slice(1)) {
    const id = attribute(instance, 'id')
    if (id === undefined) throw invalid(`line ${instance.line}: a secondary instance has no id`)
    const source = attribute(instance, 'src')
    const [inner] = elementsOf(instance)
    found[id] = source === undefined ? (inner === undefined ? EMPTY : toStatic(inner)) : attached(source, attachments)
  }
  return found
}

function attached(source: string, attachments: ReadonlyMap<string, string>): StaticElement {
  const name = source.slice(source.lastIndexOf('/') + 1)
  const text = attachments.get(name) ?? attachments.get(source)
  if (text === undefined) return EMPTY
  if (name.endsWith('.geojson')) return fromGeoJson(text, name)
  if (!name.endsWith('.xml')) return fromCsv(text)
  const parsed = parseXml(text)
  if (!parsed.ok) throw invalid(`${name}: ${parsed.error.detail}`)
  return toStatic(parsed.value)
}

function toStatic(element: XmlElement): StaticElement {
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

function fromCsv(text: string): StaticElement {
  const [header = [], ...rows] = readCsv(text)
  const names = header.map(name => name.trim())
  const children = rows.map(row => ({
    name: 'item',
    children: names.flatMap((name, i) => (name === '' ? [] : [{ name, text: row[i] ?? '' }])),
  }))
  return { name: 'root', children }
}

interface Feature {
  readonly id?: unknown
  readonly properties?: Readonly<Record<string, unknown>> | null
  readonly geometry?: { readonly type?: string; readonly coordinates?: unknown } | null
}

/** ODK's reading: properties are columns, the geometry is `lat lon 0 0` pairs. */
function fromGeoJson(text: string, name: string): StaticElement {
  let features: readonly Feature[]
  try {
    features = (JSON.parse(text) as { features?: readonly Feature[] }).features ?? []
  } catch {
    throw invalid(`${name} is not JSON`)
  }
  const children = features.map(({ id, properties, geometry }) => {
    const cells = Object.entries({ ...(id === undefined ? {} : { id }), ...properties })
    const points = geometry === null || geometry === undefined ? [] : pointsOf(geometry.coordinates)
    return {
      name: 'item',
      children: [
        ...cells.map(([key, value]) => ({
          name: key,
          text: typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
        })),
        { name: 'geometry', text: points.join('; ') },
      ],
    }
  })
  return { name: 'root', children }
}

function pointsOf(coordinates: unknown): readonly string[] {
  if (!Array.isArray(coordinates)) return []
  const [first, second] = coordinates as readonly unknown[]
  if (typeof first === 'number' && typeof second === 'number') return [`${second} ${first} 0 0`]
  return coordinates.flatMap(pointsOf)
}
