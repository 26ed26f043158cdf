/**
 * One PostgreSQL for a test file, a database of its own for each test. For tests only.
 *
 * fsync stays on except here: what a crash does is tested on the collector's own cluster.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedServer } from './db/embedded-server.ts'
import { openDatabase } from './db/handles.ts'

const TEMPLATE = 'migrated'

export interface TestCluster extends AsyncDisposable {
  /** The address of a new, empty database. */
  readonly freshDatabase: () => Promise<string>
  /** The same with today's tables in it: made once and copied, for a file that opens many. */
  readonly migratedDatabase: () => Promise<string>
  readonly stop: () => Promise<void>
}

export async function startTestCluster(): Promise<TestCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'murram-pg-'))
  const server = unwrap(await startEmbeddedServer({ directory: join(directory, 'pg'), durable: false }))
  let made = 0
  const stop = async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  const freshDatabase = async () => {
    const name = `test${(made += 1)}`
    await server.createDatabase(name)
    return server.databaseUrl(name)
  }
  const makeTemplate = async () => {
    await server.createDatabase(TEMPLATE)
    const log = pino({ level: 'silent' })
    await unwrap(await openDatabase({ url: server.databaseUrl(TEMPLATE), log })).close()
  }
  let template: Promise<void> | undefined
  return {
    freshDatabase,
    migratedDatabase: async () => {
      await (template ??= makeTemplate())
      const name = `test${(made += 1)}`
      const client = new pg.Client({ connectionString: server.databaseUrl('postgres') })
      await client.connect()
      try {
        await client.query(`create database ${name} template ${TEMPLATE} strategy file_copy`)
      } finally {
        await client.end()
      }
      return server.databaseUrl(name)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
