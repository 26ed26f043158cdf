/**
 * The table of one collection, and the catalogue of all of them in the file.
 *
 *     rx_collections ── id, name, generation, shape, last_seq, present
 *     rx_<id>_<generation> ── place, seq, id, rev, deleted, lwt, odd, f0 …, body
 *     rx_<id>_attachments ── id, name, digest, type, data
 *     rx_<id>_apart ── id, content          where a member is kept apart (apart.ts)
 *
 * T1  `seq` rises with every write of a document, also over restarts, clock changes, and
 *     after the collection was removed and made again: a checkpoint never skips a document
 * T2  a schema whose indexes moved on gets its columns filled from the documents; `seq` stays
 *
 * An update stays in its row and touches the indexes of what it changes, no other: documents whose
 * state changes are written with half the pages that moving them to the end would take. What
 * changed since a checkpoint is a range of an index on `seq`.
 */
import type Database from 'better-sqlite3'

import { createApartWriter, putTogether, type Stored, takeApart } from './apart.ts'
import { type ColumnValue, columnValues, type TableShape } from './columns.ts'

/** Documents copied at a time when a shape changes; bounds memory. */
const REBUILD_PAGE_ROWS = 500

export interface CollectionTable {
  readonly name: string
  readonly attachments: string
  readonly apart: string
  readonly shape: TableShape
}

/** What a statement selects of a row for `putTogether`. */
export const storedColumns = ({ name, apart, shape }: CollectionTable): string =>
  shape.apart === undefined ? 'body' : `body, (SELECT content FROM ${apart} WHERE ${apart}.id = ${name}.id) AS apart`

interface CatalogueRow {
  readonly id: number
  readonly generation: number
  readonly shape: string
  readonly last_seq: number
  readonly present: number
}

const tableName = (id: number, generation: number): string => `rx_${id}_${generation}`

/** Finds the table of `name`, or makes it. One transaction: a kill leaves the former state. */
export function openCollectionTable(db: Database.Database, name: string, shape: TableShape): CollectionTable {
  return db
    .transaction((): CollectionTable => {
      db.exec(`CREATE TABLE IF NOT EXISTS rx_collections (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL,
        shape TEXT NOT NULL, last_seq INTEGER NOT NULL, present INTEGER NOT NULL)`)
      db.prepare(
        `INSERT OR IGNORE INTO rx_collections (name, generation, shape, last_seq, present) VALUES (?, 0, '', 0, 0)`,
      ).run(name)
      const row = db.prepare<[string], CatalogueRow>('SELECT * FROM rx_collections WHERE name = ?').get(name)!
      const wanted = JSON.stringify(shape)
      const beside = { attachments: `rx_${row.id}_attachments`, apart: `rx_${row.id}_apart` }
      if (row.present === 1 && row.shape === wanted)
        return { name: tableName(row.id, row.generation), ...beside, shape }

      const generation = row.generation + 1
      const table: CollectionTable = { name: tableName(row.id, generation), ...beside, shape }
      const former = row.present === 1 ? tableName(row.id, row.generation) : null
      createTable(db, table, former === null ? row.last_seq : lastSeq(db, former))
      if (former !== null) moveRows(db, { ...table, name: former, shape: JSON.parse(row.shape) as TableShape }, table)
      db.prepare('UPDATE rx_collections SET generation = ?, shape = ?, present = 1 WHERE id = ?').run(
        generation,
        wanted,
        row.id,
      )
      return table
    })
    .immediate()
}

/** Drops the documents and remembers how far `seq` had come (T1). */
export function removeCollectionTable(db: Database.Database, name: string, table: CollectionTable): void {
  db.transaction(() => {
    db.prepare('UPDATE rx_collections SET present = 0, last_seq = ? WHERE name = ?').run(lastSeq(db, table.name), name)
    db.exec(`DROP TABLE ${table.name}; DROP TABLE IF EXISTS ${table.attachments}; DROP TABLE IF EXISTS ${table.apart}`)
  }).immediate()
}

function createTable(db: Database.Database, table: CollectionTable, floorSeq: number): void {
  const { name, attachments, apart, shape } = table
  const types = { text: 'TEXT', number: 'REAL', boolean: 'INTEGER' } as const
  const own = shape.columns.map(column => `${column.name} ${types[column.kind]},`).join(' ')
  db.exec(`
    CREATE TABLE ${name} (
      place INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, rev TEXT NOT NULL,
      deleted INTEGER NOT NULL, lwt REAL NOT NULL, odd INTEGER NOT NULL, ${own} body TEXT NOT NULL);
    CREATE UNIQUE INDEX ${name}_seq ON ${name} (seq);
    CREATE INDEX ${name}_odd ON ${name} (odd) WHERE odd <> 0;
    CREATE INDEX ${name}_gone ON ${name} (lwt) WHERE deleted = 1;
    CREATE TABLE IF NOT EXISTS ${attachments} (
      id TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL,
      PRIMARY KEY (id, name));`)
  if (shape.apart !== undefined)
    db.exec(`CREATE TABLE IF NOT EXISTS ${apart} (id TEXT PRIMARY KEY, content TEXT NOT NULL)`)
  shape.indexes.forEach((columns, i) => db.exec(`CREATE INDEX ${name}_i${i} ON ${name} (${columns.join(', ')})`))
  db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, floorSeq)
}

const lastSeq = (db: Database.Database, table: string): number =>
  db.prepare<[string], { seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?').get(table)?.seq ?? 0

interface StoredRow extends Stored {
  readonly seq: number
  readonly id: string
  readonly rev: string
  readonly deleted: number
  readonly lwt: number
}

function moveRows(db: Database.Database, former: CollectionTable, table: CollectionTable): void {
  const page = db.prepare<[number, number], StoredRow>(
    `SELECT seq, id, rev, deleted, lwt, ${storedColumns(former)} FROM ${former.name} WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const insert = db.prepare<ColumnValue[]>(insertSql(table))
  const putApart = table.shape.apart === undefined ? undefined : createApartWriter(db, table.apart)
  for (let after = 0; ;) {
    const rows = page.all(after, REBUILD_PAGE_ROWS)
    for (const { seq, id, rev, deleted, lwt, ...stored } of rows) {
      const document = putTogether(stored, former.shape.apart)
      const { values, odd } = columnValues(document, table.shape, id)
      const { rest, member } = takeApart(document, table.shape.apart)
      putApart?.(id, member)
      insert.run(seq, seq, id, rev, deleted, lwt, odd, ...values, JSON.stringify(rest))
    }
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.seq
  }
  db.exec(`DROP TABLE ${former.name}`)
  if (table.shape.apart === undefined) db.exec(`DROP TABLE IF EXISTS ${table.apart}`)
}

/** Parameters: place, seq, id, rev, deleted, lwt, odd, the shape's columns, body. */
export function insertSql({ name, shape }: CollectionTable): string {
  const columns = ['place', 'seq', 'id', 'rev', 'deleted', 'lwt', 'odd', ...namesOf(shape), 'body']
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
}

/** Parameters: seq, rev, lwt, body, those of `changed`, place. */
export const updateSql = ({ name }: CollectionTable, changed: readonly string[]): string =>
  `UPDATE ${name} SET ${['seq', 'rev', 'lwt', 'body', ...changed].map(column => `${column} = ?`).join(', ')} WHERE place = ?`

/** Of a row, for who writes over it: place, rev, and what an index may be over. */
export const headSql = ({ name, shape }: CollectionTable): string =>
  `SELECT ${['place', 'rev', ...indexedColumns(shape)].join(', ')} FROM ${name} WHERE id = ?`

/** An update that names an index's column writes that index, whether or not the value is another. */
export const indexedColumns = (shape: TableShape): readonly string[] => ['deleted', 'odd', ...namesOf(shape)]

const namesOf = (shape: TableShape): readonly string[] => shape.columns.map(column => column.name)

export interface SeqCounter {
  readonly last: () => number
  /** Inside the transaction whose documents go up to it. */
  readonly keep: (seq: number) => void
}

/** T1. Kept where SQLite keeps the highest place, so that neither is ever given twice. */
export function createSeqCounter(db: Database.Database, { name }: CollectionTable): SeqCounter {
  const read = db.prepare<[string], number>('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck()
  const write = db.prepare<[number, string]>('UPDATE sqlite_sequence SET seq = ? WHERE name = ?')
  return { last: () => read.get(name) ?? 0, keep: seq => void write.run(seq, name) }
}
