/**
 * Finds households by words and by answers, however many there are: an index beside the rows of
 * the feed, in the same encrypted file and written in the same transaction.
 *
 *   words   of the label and of the answers that are text: found by how they begin
 *   facts   each short answer by its property: found as it is
 *
 * HI1 what the mirror holds is found, and nothing else, after whatever kill
 * HI2 an entity that was declared another one is not found; that one is
 * HI3 a search reads what it shows, not what there is
 *
 * Not here: the rows themselves, and what this device said that the feed does not carry yet
 * (`households.ts`).
 */
import { hash } from 'node:crypto'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import type { EntityBody } from '@murram/wire'

export interface HouseholdQuery {
  /** Words; each must begin a word of the label or of an answer. */
  readonly text?: string
  /** Property → answer. */
  readonly filters?: Readonly<Record<string, string>>
  readonly dataset?: string
}

export interface HouseholdIndex {
  /** In the transaction that writes the row; `null`: it is gone. */
  readonly put: (entityId: string, body: EntityBody | null) => void
  /** Newest change first. */
  readonly find: (query: HouseholdQuery, limit: number) => readonly string[]
  readonly count: (query: HouseholdQuery) => number
  /** Of these ids those that the query finds. */
  readonly among: (query: HouseholdQuery, entityIds: readonly string[]) => readonly string[]
  /** Whom an id stands for; `null` where the feed does not know it. */
  readonly canonicalOf: (entityId: string) => string | null
}

const LONGEST_FACT = 80
const FACT_DIGITS = 16
const FACT_SIGN = 'ƒ'

export function openHouseholdIndex({ connection: db }: Pick<SqliteHandle, 'connection'>): HouseholdIndex {
  db.exec(`
    CREATE TABLE IF NOT EXISTS household_places (
      place INTEGER PRIMARY KEY AUTOINCREMENT, entity_id TEXT NOT NULL UNIQUE,
      canonical_id TEXT NOT NULL, dataset TEXT NOT NULL) STRICT;
    CREATE VIRTUAL TABLE IF NOT EXISTS household_words USING fts5(
      words, content='', contentless_delete=1, detail=none, tokenize='ascii')`)
  const placeOf = db.prepare<[string], { place: number; canonical_id: string }>(
    'SELECT place, canonical_id FROM household_places WHERE entity_id = ?',
  )
  const addPlace = db.prepare<[string, string, string]>(
    'INSERT INTO household_places (entity_id, canonical_id, dataset) VALUES (?, ?, ?)',
  )
  const addWords = db.prepare<[number | bigint, string]>('INSERT INTO household_words (rowid, words) VALUES (?, ?)')
  const dropPlace = db.prepare<[number]>('DELETE FROM household_places WHERE place = ?')
  const dropWords = db.prepare<[number]>('DELETE FROM household_words WHERE rowid = ?')

  const put: HouseholdIndex['put'] = (entityId, body) => {
    const before = placeOf.get(entityId)
    if (before !== undefined) {
      dropPlace.run(before.place)
      if (before.canonical_id === entityId) dropWords.run(before.place)
    }
    if (body === null) return
    const { lastInsertRowid: place } = addPlace.run(entityId, body.canonicalId, body.dataset)
    if (body.canonicalId === entityId) addWords.run(place, [...wordsOf(body), ...factsOf(body)].join(' ')) // HI2
  }

  /** The rows that a query finds, and what it binds. */
  const found = ({ text = '', filters = {}, dataset }: HouseholdQuery): { from: string; binds: string[] } => {
    const words = toWords(text).map(word => `"${word}" *`)
    const facts = Object.entries(filters).map(([property, answer]) => `"${factOf(property, answer)}"`)
    const match = [...words, ...facts].join(' AND ')
    const places =
      'household_places p WHERE p.canonical_id = p.entity_id' + (dataset === undefined ? '' : ' AND p.dataset = ?')
    const binds = dataset === undefined ? [] : [dataset]
    if (match === '') return { from: places, binds }
    const joined = places.replace(' WHERE', ' ON p.place = w.rowid WHERE')
    return { from: `household_words w CROSS JOIN ${joined} AND household_words MATCH ?`, binds: [...binds, match] }
  }
  const orderOf = (from: string): string => (from.startsWith('household_words') ? 'w.rowid' : 'p.place')

  return {
    put,
    find: (query, limit) => {
      const { from, binds } = found(query)
      return db
        .prepare<(string | number)[], { entity_id: string }>(
          `SELECT p.entity_id FROM ${from} ORDER BY ${orderOf(from)} DESC LIMIT ?`,
        )
        .all(...binds, limit)
        .map(row => row.entity_id)
    },
    count: query => {
      const { from, binds } = found(query)
      return db.prepare<string[], { count: number }>(`SELECT count(*) AS count FROM ${from}`).get(...binds)?.count ?? 0
    },
    among: (query, entityIds) => {
      const { from, binds } = found(query)
      return db
        .prepare<string[], { entity_id: string }>(
          `SELECT p.entity_id FROM ${from} AND p.entity_id IN (SELECT value FROM json_each(?))`,
        )
        .all(...binds, JSON.stringify(entityIds))
        .map(row => row.entity_id)
    },
    canonicalOf: entityId => placeOf.get(entityId)?.canonical_id ?? null,
  }
}

type Searchable = Pick<EntityBody, 'label' | 'properties' | 'dataset'>

/** As the index has them: letters and digits, without case and accents. (Its tokeniser divides at spaces only.) */
const toWords = (text: string): readonly string[] =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(FACT_SIGN, ' ')
    .match(/[\p{L}\p{N}]+/gu) ?? []

/** Numbers and places are searched as facts; as words they would be most of the index. */
const isSearchable = (answer: string): boolean => /\p{L}|^\+?\d{6,}$/u.test(answer) && answer.length <= 200

const wordsOf = ({ label, properties }: Searchable): readonly string[] => [
  ...new Set([label ?? '', ...Object.values(properties).filter(isSearchable)].flatMap(toWords)),
]

/** A word of one piece, whatever stands in the answer, and none that anybody types. */
const factOf = (property: string, answer: string): string =>
  FACT_SIGN + hash('sha1', `${property}\0${answer}`).slice(0, FACT_DIGITS)

const factsOf = ({ properties }: Searchable): readonly string[] =>
  Object.entries(properties)
    .filter(([, answer]) => answer.length <= LONGEST_FACT)
    .map(([property, answer]) => factOf(property, answer))

/** The same question of one household, for what lies over the feed. */
export function isFound({ text = '', filters = {}, dataset }: HouseholdQuery, household: Searchable): boolean {
  if (dataset !== undefined && household.dataset !== dataset) return false
  if (Object.entries(filters).some(([property, answer]) => household.properties[property] !== answer)) return false
  const words = wordsOf(household)
  return toWords(text).every(wanted => words.some(word => word.startsWith(wanted)))
}
