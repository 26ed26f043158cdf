/**
 * A member of a collection's documents that is large and does not change, kept in a table of its
 * own: a document whose state changes ten times is then written ten times without it.
 *
 * A1  what was written comes back as it was, whether or not a document has the member
 * A2  an update that carries the member over (the very object that was read) does not write it
 * A3  a document and its member are one transaction, and go together
 *
 * Named by the collection's `instanceCreationOptions: { apart: 'body.submission' }`. An existing
 * collection is parted when it is opened, in the transaction that notices its new shape.
 */
import type Database from 'better-sqlite3'

type Members = Readonly<Record<string, unknown>>

/** Of a row: the document, with `null` where the member stood, and the member. */
export interface Stored {
  readonly body: string
  readonly apart?: string | null
}

/** The document without its member; `member` is `undefined` where it has none. */
export function takeApart(document: unknown, path: readonly string[] | undefined): { rest: unknown; member: unknown } {
  const member = path === undefined ? undefined : memberAt(document, path)
  return member === undefined || member === null
    ? { rest: document, member: undefined }
    : { rest: withMember(document as Members, path ?? [], null), member }
}

export function putTogether({ body, apart }: Stored, path: readonly string[] | undefined): unknown {
  const document: unknown = JSON.parse(body)
  return path === undefined || apart === undefined || apart === null
    ? document
    : withMember(document as Members, path, JSON.parse(apart))
}

export function memberAt(document: unknown, path: readonly string[]): unknown {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = Object.hasOwn(value, key) ? (value as Members)[key] : undefined
  }
  return value
}

function withMember(document: Members, [key = '', ...rest]: readonly string[], member: unknown): Members {
  return { ...document, [key]: rest.length === 0 ? member : withMember(document[key] as Members, rest, member) }
}

/** Inside the transaction that writes the document; a document that lost its member loses it here too. */
export function createApartWriter(db: Database.Database, table: string): (id: string, member: unknown) => void {
  const put = db.prepare<[string, string]>(
    `INSERT INTO ${table} (id, content) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET content = excluded.content`,
  )
  const drop = db.prepare<[string]>(`DELETE FROM ${table} WHERE id = ?`)
  return (id, member) => {
    if (member === undefined) drop.run(id)
    else put.run(id, JSON.stringify(member))
  }
}
