/**
 * Two handles on one database: who may only look asks for `ReadDb`, who writes for `WriteDb`.
 *
 * The types say it and PostgreSQL holds to it: the read pool's sessions are read-only, so a
 * query that writes through `ReadDb` is refused by the server, however it was cast.
 *
 * Not here: where PostgreSQL comes from (`embedded-server.ts`), and which tables there are
 * (each room's `tables.ts`).
 */
import { fileURLToPath } from 'node:url'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { Logger } from 'pino'

type Database = PgDatabase<NodePgQueryResultHKT, Record<string, never>>

export type ReadDb = Pick<Database, 'select' | 'selectDistinct' | 'selectDistinctOn' | '$count' | 'execute'> & {
  readonly __reads: true
}
export type WriteDb = Database & ReadDb & { readonly __writes: true }

export interface DatabaseHandles {
  readonly read: ReadDb
  readonly write: WriteDb
  /** For a library that opens its own connections, such as the queue. */
  readonly url: string
  readonly close: () => Promise<void>
}

const migrationsFolder = fileURLToPath(new URL('migrations', import.meta.url))

/**
 * Whoever writes finds rows by key. A table that has grown since it was last analysed looks to
 * the planner as if each key had hundreds of rows, and it would read the whole of it for each batch.
 */
const BY_KEY = '-c jit=off -c enable_seqscan=off'

/** Connects, brings the tables up to date, and gives both handles. */
export async function openDatabase({
  url,
  log,
  isUpToDate = false,
}: {
  readonly url: string
  readonly log: Logger
  /** Whoever runs it has seen to the tables. */
  readonly isUpToDate?: boolean
}): Promise<Result<DatabaseHandles, FaultOf<'house.database-unreachable'>>> {
  // Whatever the database is set to: an ack waits for the disk.
  const writers = createPool(url, log, { options: `-c synchronous_commit=on ${BY_KEY}` })
  const readers = createPool(url, log, { options: '-c default_transaction_read_only=on -c jit=off' })
  const close = async () => {
    await Promise.all([writers.end(), readers.end()])
  }
  const write = drizzle(writers) as unknown as WriteDb
  try {
    if (!isUpToDate) await bringUpToDate(url, write)
  } catch (cause) {
    await close()
    return err(fault('house.database-unreachable', reasonOf(cause)))
  }
  return ok({ write, read: drizzle(readers) as unknown as ReadDb, url, close })
}

/** Two collectors that start at once must not create the same tables: the second one waits and finds them. */
async function bringUpToDate(url: string, write: WriteDb): Promise<void> {
  const alone = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  alone.on('error', () => {}) // what breaks it breaks the pool as well, which says so
  try {
    await alone.connect()
    await alone.query(`select pg_advisory_lock(hashtext('murram'), hashtext('migrations'))`)
    await migrate(write as unknown as Parameters<typeof migrate>[0], { migrationsFolder })
  } finally {
    await alone.end().catch(() => {}) // the lock goes with the connection
  }
}

/**
 * One transaction; inside another one, a savepoint. What `work` throws rolls back exactly
 * what `work` did.
 */
export const inTransaction = <T>(db: WriteDb, work: (tx: WriteDb) => Promise<T>): Promise<T> =>
  db.transaction(tx => work(tx as unknown as WriteDb))

/** The innermost reason: drizzle wraps what the driver said in the text of the query. */
export function reasonOf(thrown: unknown): string {
  let reason = thrown
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause
  if (reason instanceof AggregateError) reason = reason.errors[0] // several addresses were tried
  return reason instanceof Error ? reason.message : String(reason)
}

function createPool(connectionString: string, log: Logger, extra: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 8, connectionTimeoutMillis: 10_000, ...extra })
  // An idle connection that breaks is replaced by the pool; whoever uses one sees its own error.
  pool.on('error', error => log.warn({ reason: error.message }, 'an idle database connection broke'))
  // While one is in use the pool does not listen to it: without a listener of its own a server that
  // goes away between two queries of a transaction would end this process.
  pool.on('connect', client => {
    client.on('error', error => log.warn({ reason: error.message }, 'a database connection broke in use'))
  })
  return pool
}
