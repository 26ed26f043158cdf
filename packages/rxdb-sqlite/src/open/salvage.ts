/**
 * What can still be read of a damaged store.
 *
 * Every page is sealed on its own, so a damaged page costs the rows on it and, where it is a
 * branch of a tree, those below it; the rest reads as before. This walks each table by row
 * number and steps over what does not read:
 *
 *     1 2 3 4 ✗ ✗ ✗ ✗ 9 10 11      steps 5, 6, 8, 12 … until one reads, then back to the first
 *
 * V1  what is handed out is what was written: a page that does not verify is no page
 * V2  the store is not touched: the work is done on a copy beside it, encrypted like it
 * V3  without its first page a store names no tables, and nothing can be read
 * V4  a member that is kept apart comes with its document where both read, else each by itself
 * V6  where the catalogue of collections does not read, it is a gap, and its index and the names of the tables
 *     stand in for it
 * V5  a table without row numbers is passed over: what a host keeps so, it can make again
 */
import { copyFileSync, existsSync, rmSync } from 'node:fs'

import type Database from 'better-sqlite3'

import { putTogether } from '../storage/apart.ts'
import type { TableShape } from '../storage/columns.ts'
import { connectEncrypted } from './encrypted-connection.ts'
import { readKeyCheck, verifiesKey } from './key-check.ts'
import { isUnreadable, opened, refused, storeFaultOf, type StoreResult } from './store-fault.ts'
import { underStoreLock } from './store-lock.ts'

/** A document of a collection, or a row of a table that the host keeps. */
export type SalvagedRow =
  | { readonly kind: 'document'; readonly collection: string; readonly document: Readonly<Record<string, unknown>> }
  | { readonly kind: 'row'; readonly table: string; readonly row: Readonly<Record<string, unknown>> }

export interface Salvaged {
  readonly rows: number
  /** Stretches of row numbers that did not read; how many rows they held nobody knows. */
  readonly gaps: number
}

export interface SalvageOptions {
  readonly path: string
  readonly key: Uint8Array
  readonly take: (row: SalvagedRow) => void
  /** V6: by collection the dotted path of the member that is kept apart, which only the catalogue says else. */
  readonly apart?: Readonly<Record<string, string>>
}

/** Needs the room of the store once more. The copy is gone when it returns. */
export function salvage({ path, key, take, apart = {} }: SalvageOptions): StoreResult<Salvaged> {
  return underStoreLock(path, lock => {
    const check = readKeyCheck(path)
    if (typeof check === 'object' && !verifiesKey(check, key))
      return refused('store.wrong-key', 'the key check does not verify')
    const copy = `${path}.salvage`
    try {
      for (const end of ['', '-wal']) if (existsSync(`${path}${end}`)) copyFileSync(`${path}${end}`, `${copy}${end}`)
      const db = connectEncrypted(copy, key, { mustExist: true, evenCutOff: true })
      try {
        const salvaged = takeAll(db, take, apart)
        lock.release()
        return opened(salvaged)
      } finally {
        closeQuietly(db)
      }
    } finally {
      for (const end of ['', '-wal', '-journal']) rmSync(`${copy}${end}`, { force: true })
    }
  })
}

/** Closing moves the log into the copy, which may meet the damage; the copy is not kept. */
function closeQuietly(db: Database.Database): void {
  try {
    db.close()
  } catch (error) {
    if (storeFaultOf(error) === null) throw error
  }
}

function takeAll(
  db: Database.Database,
  take: (row: SalvagedRow) => void,
  apartPaths: Readonly<Record<string, string>>,
): Salvaged {
  const tables = db
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'rx_collections'
         AND sql NOT LIKE '%WITHOUT ROWID%'`,
    )
    .all()
  const catalogue = collectionsOf(db)
  const names = tables.map(({ name }) => name)
  const collections = catalogue ?? collectionsByIndex(db, names, apartPaths)
  const handedOut = new Map<string, Set<unknown>>()
  let rows = 0
  let gaps = catalogue === null ? 1 : 0
  // Last, for what their documents have taken with them is not handed out again.
  const isApart = ({ name }: { readonly name: string }): boolean => /^rx_\d+_apart$/.test(name)
  for (const { name } of [...tables.filter(one => !isApart(one)), ...tables.filter(isApart)]) {
    const found = collections.get(name)
    gaps += walk(db, name, row => {
      if (handedOut.get(name)?.has(row['id']) === true) return
      rows += 1
      if (found === undefined) return take({ kind: 'row', table: name, row })
      const apart = found.path === undefined ? null : memberOf(db, found.apart, row['id'])
      if (apart !== null) handedOut.set(found.apart, (handedOut.get(found.apart) ?? new Set()).add(row['id']))
      const document = putTogether({ body: String(row['body']), apart }, found.path)
      take({ kind: 'document', collection: found.collection, document: document as Record<string, unknown> })
    })
  }
  return { rows, gaps }
}

/** `null` where it does not read: the document is handed out without it. */
function memberOf(db: Database.Database, table: string, id: unknown): string | null {
  try {
    return db.prepare<[unknown], string>(`SELECT content FROM ${table} WHERE id = ?`).pluck().get(id) ?? null
  } catch (error) {
    if (!isUnreadable(error) && !isNoSuchTable(error)) throw error
    return null
  }
}

interface Found {
  readonly collection: string
  /** The table of members kept apart, and where they stand in a document. */
  readonly apart: string
  readonly path: readonly string[] | undefined
}

/** By table; `null` where the catalogue does not read. */
function collectionsOf(db: Database.Database): Map<string, Found> | null {
  const found = new Map<string, Found>()
  try {
    const rows = db
      .prepare<[], { id: number; generation: number; name: string; shape: string }>('SELECT * FROM rx_collections')
      .all()
    for (const { id, generation, name, shape } of rows) {
      const [, collection] = JSON.parse(name) as [string, string, number]
      const { apart: path } = (shape === '' ? {} : JSON.parse(shape)) as Partial<TableShape>
      found.set(`rx_${id}_${generation}`, { collection, apart: `rx_${id}_apart`, path })
    }
  } catch (error) {
    if (isUnreadable(error)) return null
    if (!isNoSuchTable(error)) throw error
  }
  return found
}

/** V6. Where the index does not read either, the rows still come, under the names of their tables. */
function collectionsByIndex(
  db: Database.Database,
  tables: readonly string[],
  apartPaths: Readonly<Record<string, string>>,
): Map<string, Found> {
  const found = new Map<string, Found>()
  try {
    const rows = db
      .prepare<[], { id: number; name: string }>(
        'SELECT id, name FROM rx_collections INDEXED BY sqlite_autoindex_rx_collections_1',
      )
      .all()
    for (const { id, name } of rows) {
      const [, collection] = JSON.parse(name) as [string, string, number]
      const path = Object.hasOwn(apartPaths, collection) ? apartPaths[collection]?.split('.') : undefined
      for (const table of tables)
        if (new RegExp(`^rx_${id}_\\d+$`).test(table)) found.set(table, { collection, apart: `rx_${id}_apart`, path })
    }
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
  return found
}

const isNoSuchTable = (error: unknown): boolean => error instanceof Error && error.message.startsWith('no such table')

type Row = Record<string, unknown>

/** @returns How many gaps it stepped over. */
function walk(db: Database.Database, table: string, take: (row: Row) => void): number {
  const from = db.prepare<[number], Row>(
    `SELECT rowid AS "(row)", * FROM "${table}" NOT INDEXED WHERE rowid >= ? ORDER BY rowid`,
  )
  const end = endOf(db, table)
  let gaps = 0
  for (let at = 0; ;) {
    try {
      for (const { '(row)': number, ...row } of from.iterate(at)) {
        take(row)
        at = Number(number) + 1
      }
      return gaps
    } catch (error) {
      if (!isUnreadable(error)) throw error
    }
    gaps += 1
    const next = nextReadable(from, at, end)
    if (next === null) return gaps
    at = next
  }
}

/** The first row number behind a gap that reads; `null` where nothing behind it does. */
function nextReadable(from: Database.Statement<[number], Row>, failed: number, end: number): number | null {
  const reads = (at: number): boolean => {
    try {
      from.get(at)
      return true
    } catch (error) {
      if (!isUnreadable(error)) throw error
      return false
    }
  }
  let low = failed
  let step = 1
  while (!reads(low + step)) {
    low += step
    step *= 2
    if (low > end) return null
  }
  let high = low + step
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (reads(middle)) high = middle
    else low = middle
  }
  return high
}

/** The last row number that reads from behind, or the last that was ever given. */
function endOf(db: Database.Database, table: string): number {
  const ask = (sql: string): number => {
    try {
      return db.prepare<[], number>(sql).pluck().get() ?? 0
    } catch (error) {
      if (!isUnreadable(error) && !isNoSuchTable(error)) throw error
      return 0
    }
  }
  return Math.max(
    ask(`SELECT MAX(rowid) FROM "${table}"`),
    ask(`SELECT seq FROM sqlite_sequence WHERE name = '${table.replaceAll("'", "''")}'`),
  )
}
