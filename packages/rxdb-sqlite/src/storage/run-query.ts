/**
 * Queries and counts over the table of one collection.
 *
 * Q1  what comes back, and in which order, is what RxDB's own matcher and comparator say
 * Q2  where SQL says the same (selector-to-sql.ts S1) SQLite does the work; else it narrows
 *     the search and the matcher decides
 * Q3  while there are rows that SQL would compare otherwise (columns.ts K2, K3), SQL only
 *     narrows and each of them is looked at: strange values make a query slower, never wrong
 */
import type Database from 'better-sqlite3'
import {
  type FilledMangoQuery,
  getQueryMatcher,
  getSortComparator,
  type PreparedQuery,
  type RxDocumentData,
  type RxJsonSchema,
} from 'rxdb'

import { putTogether, type Stored } from './apart.ts'
import { type CollectionTable, storedColumns } from './collection-table.ts'
import { type Oddness, oddness } from './columns.ts'
import { type Condition, selectorToSql, sortToSql } from './selector-to-sql.ts'

export interface QueryRunner<T> {
  readonly find: (prepared: PreparedQuery<T>) => RxDocumentData<T>[]
  readonly count: (prepared: PreparedQuery<T>) => { count: number; mode: 'fast' | 'slow' }
}

type Parameter = string | number

/** Statements kept prepared; beyond that the oldest goes. */
const MAX_STATEMENTS = 100

export function createQueryRunner<T>(
  db: Database.Database,
  table: CollectionTable,
  schema: Readonly<RxJsonSchema<RxDocumentData<T>>>,
): QueryRunner<T> {
  const { name, shape } = table
  const prepare = statementCache(db)
  const stored = storedColumns(table)
  const read = (row: Stored): RxDocumentData<T> => putTogether(row, shape.apart) as RxDocumentData<T>
  const worst = db.prepare<[], Oddness>(`SELECT COALESCE(MAX(odd), 0) FROM ${name} WHERE odd <> 0`).pluck()

  /** As written for rows that are not odd, widened by those that are and matter to it (Q3). */
  const widened = (condition: Condition, odd: Oddness): Condition => {
    const matters = condition.ordersText ? oddness.ordering : oddness.whole
    // `odd <> 0` is what the partial index is over; without it SQLite would not see the use.
    return odd < matters
      ? condition
      : { ...condition, sql: `(${condition.sql} OR (odd <> 0 AND odd >= ${matters}))`, exact: false }
  }

  /** Documents that pass, in the order of `order` or in none, until there are enough. */
  const matching = (query: FilledMangoQuery<T>, where: Condition, order: string | null, enough: number) => {
    const matches = where.exact ? () => true : getQueryMatcher(schema, query)
    const sql = `SELECT ${stored} FROM ${name} WHERE ${where.sql}${order === null ? '' : ` ORDER BY ${order}`}`
    const found: RxDocumentData<T>[] = []
    for (const row of prepare(sql).iterate(...where.params)) {
      const document = read(row)
      if (!matches(document)) continue
      found.push(document)
      if (found.length >= enough) break
    }
    return found
  }

  const find = ({ query }: PreparedQuery<T>): RxDocumentData<T>[] => {
    const { skip, end } = windowOf(query)
    if (end <= skip) return []
    const odd = worst.get()!
    const where = widened(selectorToSql(query.selector, shape), odd)
    const order = odd === oddness.none ? sortToSql(query.sort, shape) : null
    if (where.exact && order !== null) {
      const sql = `SELECT ${stored} FROM ${name} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`
      return prepare(sql)
        .all(...where.params, end === Infinity ? -1 : end - skip, skip)
        .map(read)
    }
    const found = orUnnarrowed(where, one => matching(query, one, order, order === null ? Infinity : end))
    // RxDB's comparator wants the document type, not the stored one; it reads paths only.
    if (order === null)
      found.sort(getSortComparator(schema, query) as (a: RxDocumentData<T>, b: RxDocumentData<T>) => number)
    return found.slice(skip, end)
  }

  const count = ({ query }: PreparedQuery<T>): { count: number; mode: 'fast' | 'slow' } => {
    const { skip, end } = windowOf(query)
    const condition = selectorToSql(query.selector, shape)
    const where = widened(condition, worst.get()!)
    const total = where.exact
      ? Number(prepare(`SELECT COUNT(*) AS body FROM ${name} WHERE ${where.sql}`).get(...where.params)?.body)
      : orUnnarrowed(where, one => matching(query, one, null, Infinity)).length
    // RxDB refuses slow counts, so what is slow depends on the query and never on the data.
    return { count: Math.max(0, Math.min(total, end) - skip), mode: condition.exact ? 'fast' : 'slow' }
  }

  return { find, count }
}

function windowOf(query: { readonly skip: number; readonly limit?: number }): { skip: number; end: number } {
  const skip = query.skip ?? 0
  return { skip, end: typeof query.limit === 'number' ? skip + query.limit : Infinity }
}

/** SQLite reads JSON up to 1,000 levels deep; with one document that goes deeper the matcher sees them all. */
function orUnnarrowed<R>(where: Condition, run: (where: Condition) => R): R {
  try {
    return run(where)
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('malformed JSON'))) throw error
    return run({ ...where, sql: '1', params: [], exact: false })
  }
}

/** All statements here read documents, or one number in the place of one. */
function statementCache(db: Database.Database): (sql: string) => Database.Statement<Parameter[], Stored> {
  const statements = new Map<string, Database.Statement<Parameter[], Stored>>()
  return sql => {
    const known = statements.get(sql)
    // A statement that is still being iterated cannot run a second time.
    if (known !== undefined && !known.busy) return known
    const fresh = db.prepare<Parameter[], Stored>(sql)
    statements.set(sql, fresh)
    if (statements.size > MAX_STATEMENTS) statements.delete(statements.keys().next().value!)
    return fresh
  }
}
