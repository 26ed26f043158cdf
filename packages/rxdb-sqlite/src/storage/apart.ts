/**
 * A member of a collection's documents that is large and does not change, kept in a table of its
 * own: a document whose state changes ten times is then written ten times without it.
 *
 * A1  what was written comes back as it was, whether or not a document has the member
 * A2  an update that carries the member over (the very object that was read) does not write it
 * A3  a document and its member are one transaction, and go together
 * A4  the member of a document that was read is parsed when somebody first looks at it: who marks a
 *     thousand documents looks at none. What is seen of it is what stood there when it was read
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

/** A4 */
export function putTogether({ body, apart }: Stored, path: readonly string[] | undefined): unknown {
  const document: unknown = JSON.parse(body)
  if (path !== undefined && apart !== undefined && apart !== null)
    leaveUnread(memberAt(document, path.slice(0, -1)) as Members, path.at(-1) ?? '', apart)
  return document
}

/** A member that was read with its document: the same object in all copies of it. */
class Unread {
  readonly #json: string
  #value: unknown
  constructor(json: string) {
    this.#json = json
  }
  read(): unknown {
    this.#value ??= JSON.parse(this.#json)
    return this.#value
  }
  /** Never `null`, which is kept as no member. */
  is(other: unknown): boolean {
    return this === other || (other !== undefined && this.#value === other)
  }
  text(): string {
    return this.#value === undefined ? this.#json : JSON.stringify(this.#value)
  }
}

const unreadBehind = new WeakMap<() => unknown, Unread>()

/** Declared as methods, which getters of ours are not. */
type Described = Readonly<Record<'get', ((this: void) => unknown) | undefined>> | undefined

const getterOf = (parent: object, key: string): ((this: void) => unknown) | undefined =>
  (Object.getOwnPropertyDescriptor(parent, key) as Described)?.get

function leaveUnread(parent: Members, key: string, json: string): void {
  const unread = new Unread(json)
  const get = (): unknown => unread.read()
  unreadBehind.set(get, unread)
  Object.defineProperty(parent, key, { get, enumerable: true, configurable: true })
}

/**
 * A copy with other members. What is unread in `from` stays so in the copy, where a spread would
 * read it, and is known for what it was when the copy is written (A2).
 */
export function copyWith<T extends object>(from: T, changes: Partial<T>): T {
  const copy: Record<string, unknown> = {}
  const put = (key: string, value: unknown): void => {
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true })
    else copy[key] = value
  }
  for (const key of Object.keys(from)) {
    const get = getterOf(from, key)
    if (Object.hasOwn(changes, key)) put(key, (changes as Members)[key])
    else if (get !== undefined && unreadBehind.has(get))
      Object.defineProperty(copy, key, { get, enumerable: true, configurable: true })
    else put(key, (from as Members)[key])
  }
  for (const key of Object.keys(changes)) if (!Object.hasOwn(from, key)) put(key, (changes as Members)[key])
  return copy as T
}

/** An `Unread` as it is: whoever only carries it over need not look at it. */
function memberAt(document: unknown, path: readonly string[]): unknown {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const get = getterOf(value, key)
    const unread = get === undefined ? undefined : unreadBehind.get(get)
    value = unread ?? (Object.hasOwn(value, key) ? (value as Members)[key] : undefined)
  }
  return value
}

/** A2 */
export function carriesOver(previous: unknown, member: unknown, path: readonly string[]): boolean {
  const before = memberAt(previous, path)
  return before instanceof Unread ? before.is(member) : before === member
}

function withMember(document: Members, [key = '', ...rest]: readonly string[], member: unknown): Members {
  return rest.length === 0
    ? copyWith(document, { [key]: member })
    : { ...document, [key]: withMember(document[key] as Members, rest, member) }
}

/** Inside the transaction that writes the document; a document that lost its member loses it here too. */
export function createApartWriter(db: Database.Database, table: string): (id: string, member: unknown) => void {
  const put = db.prepare<[string, string]>(
    `INSERT INTO ${table} (id, content) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET content = excluded.content`,
  )
  const drop = db.prepare<[string]>(`DELETE FROM ${table} WHERE id = ?`)
  return (id, member) => {
    if (member === undefined) drop.run(id)
    else put.run(id, member instanceof Unread ? member.text() : JSON.stringify(member))
  }
}
