/** A collector in a process of its own, for tests that kill it. For tests only: `node crash-house.ts <json>`. */
import { unwrap } from '@murram/ground'
import { pino } from 'pino'
import type { ProjectKeys } from '../config/project-keys.ts'
import { startCollector } from './start-collector.ts'

const { dataDir, keys } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly dataDir: string
  readonly keys: ProjectKeys
}

const collector = unwrap(
  await startCollector({
    dataDir,
    keys,
    port: 0,
    demo: true,
    adminToken: 'test-admin-token',
    now: Date.now,
    rooms: [],
    log: pino({ level: 'error' }),
  }),
)
console.log(collector.url)
