/**
 * One PostgreSQL for a test file, a database of its own for each test. For tests only.
 *
 * fsync stays on except here: what a crash does is tested on the collector's own cluster.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { startEmbeddedServer } from './db/embedded-server.ts'

export interface TestCluster extends AsyncDisposable {
  /** The address of a new, empty database. */
  readonly freshDatabase: () => Promise<string>
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
  return {
    freshDatabase: async () => {
      const name = `test${(made += 1)}`
      await server.createDatabase(name)
      return server.databaseUrl(name)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
