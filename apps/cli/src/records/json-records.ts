/**
 * Records as JSON: one object, a list, OData's `{ value: […] }`, or one object a line. Answers
 * stand by ref (`roster[2]/age`), by path (`group/name`) or nested, rows as a list:
 *
 *     { "size": 2, "roster": [{ "age": 40 }, { "age": 7 }], "place": { "type": "Point", … } }
 */
import type { NamedRecord } from '@murram/xform/workers'
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathOf } from '../print.ts'
import { unreadable, type RecordSource } from './record-source.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a server adds. */
const ADDED = /^_|@odata|^formhub(?:\/|$)/

export function jsonRecords(file: string): RecordSource {
  async function* records(): AsyncGenerator<NamedRecord> {
    let given: unknown
    try {
      given = JSON.parse(readFileSync(pathOf(file), 'utf8').replace(/^\uFEFF/, ''))
    } catch (cause) {
      throw unreadable(file, cause)
    }
    const inside = isObject(given) ? (given['value'] ?? given['results'] ?? given['records']) : given
    const list: readonly unknown[] = Array.isArray(inside) ? inside : [given]
    for (const [i, one] of list.entries()) yield named(file, `record ${i + 1}`, one)
  }
  return { records: records(), notes: [] }
}

export function jsonLines(file: string): RecordSource {
  async function* records(): AsyncGenerator<NamedRecord> {
    let line = 0
    for await (const text of createInterface({ input: createReadStream(pathOf(file)), crlfDelay: Infinity })) {
      line++
      if (text.trim() === '') continue
      let one: unknown
      try {
        one = JSON.parse(text)
      } catch (cause) {
        throw unreadable(`${file}, line ${line}`, cause)
      }
      yield named(file, `line ${line}`, one)
    }
  }
  return { records: records(), notes: [] }
}

function named(file: string, place: string, one: unknown): NamedRecord {
  if (!isObject(one)) throw unreadable(`${file}, ${place}`, 'a record is an object')
  // An envelope with its answers inside.
  const given = isObject(one['answers']) ? one['answers'] : one
  const record: Record<string, string> = Object.create(null) as Record<string, string>
  put(given, '', '', record)
  const id = [one['instanceId'], one['__id'], one['_uuid'], one['_id'], record['meta/instanceID']].find(
    value => typeof value === 'string' || typeof value === 'number',
  )
  return { name: id === undefined ? place : `${place} (${id})`, record }
}

/** @param path The ref without row numbers: some exports repeat it in the keys of a row. */
function put(from: Json, ref: string, path: string, record: Record<string, string>): void {
  for (const [key, value] of Object.entries(from)) {
    if (ADDED.test(key)) continue
    const own = path !== '' && key.startsWith(`${path}/`) ? key.slice(path.length + 1) : key
    const [at, below] = [ref === '' ? own : `${ref}/${own}`, path === '' ? own : `${path}/${own}`]
    if (Array.isArray(value) && value.some(isObject)) {
      for (const [i, row] of value.entries()) if (isObject(row)) put(row, `${at}[${i + 1}]`, below, record)
    } else if (Array.isArray(value)) record[at] = value.map(textOf).join(' ')
    else if (!isObject(value)) record[at] = textOf(value)
    else if (value['type'] === 'Point' && Array.isArray(value['coordinates'])) record[at] = pointOf(value)
    else put(value, at, below, record)
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)

/** GeoJSON says longitude first. */
function pointOf({ coordinates, properties }: Json): string {
  const [longitude, latitude, altitude = 0] = coordinates as readonly unknown[]
  const accuracy = isObject(properties) ? (properties['accuracy'] ?? 0) : 0
  return [latitude, longitude, altitude ?? 0, accuracy ?? 0].map(textOf).join(' ')
}
