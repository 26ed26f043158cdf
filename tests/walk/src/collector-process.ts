/**
 * A collector as a process of its own, with demo keys: `startCollector` and nothing that it
 * would not have in production.
 */
import { createProjectKeys, loadProjectKeys, saveProjectKeys, startCollector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createStoryClock } from './learning/story-clock.ts'
import { configOf, runHouse } from './processes.ts'

export interface CollectorConfig {
  readonly dataDir: string
  readonly port: number
  readonly projectId: string
  readonly adminToken: string
  readonly consoleDir?: string
  readonly acceptRestore?: boolean
  /** Of a collector that runs already: be a further one. */
  readonly joinUrl?: string
  /** Where its clock begins, in a story that tells of years; the machine's own unless told. */
  readonly startMs?: number
}

export interface CollectorAddress {
  readonly url: string
  readonly port: number
  readonly epoch: number
  readonly databaseUrl: string
}

const config = configOf<CollectorConfig>()
const clock = createStoryClock(config.startMs)

await runHouse(async () => {
  mkdirSync(config.dataDir, { recursive: true })
  const keyFile = join(config.dataDir, 'keys.json')
  if (!existsSync(keyFile)) {
    const projectId = config.projectId as ProjectId
    await saveProjectKeys(keyFile, createProjectKeys({ projectId, demo: true, nowMs: clock.now() }))
  }
  const collector = unwrap(
    await startCollector({
      dataDir: config.dataDir,
      port: config.port,
      keys: unwrap(loadProjectKeys(keyFile)),
      demo: true,
      adminToken: config.adminToken,
      now: clock.now,
      log: pino({ level: 'warn' }, pino.destination({ dest: join(config.dataDir, 'collector.log'), sync: true })),
      ...(config.consoleDir === undefined ? {} : { consoleDir: config.consoleDir }),
      ...(config.acceptRestore === undefined ? {} : { acceptRestore: config.acceptRestore }),
      ...(config.joinUrl === undefined ? {} : { databaseUrl: config.joinUrl, join: true }),
    }),
  )
  const { url, port, epoch, databaseUrl } = collector
  return {
    handlers: {
      address: (): CollectorAddress => ({ url, port, epoch, databaseUrl }),
      clock: ({ atMs }: { atMs: number }) => clock.set(atMs),
    },
    close: () => collector.close(),
  }
})
