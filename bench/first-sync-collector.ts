/** The collector of the first-sync benchmark, in a process of its own, with a feed full of households. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import pg from 'pg'
import { pino } from 'pino'
import { householdRow } from './first-sync-fixtures.ts'
import { servePart } from './sync-processes.ts'

const adminToken = 'bench'
const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-first-'))
let collector: Collector | undefined
let highestRssBytes = 0
const watching = setInterval(() => (highestRssBytes = Math.max(highestRssBytes, process.memoryUsage.rss())), 50)

const started = (): Collector => {
  if (collector === undefined) throw new Error('the collector is not started')
  return collector
}

/** Who holds this lock builds; held here, nobody does, and devices read pages. */
const BUILDING = 7_301_104
let lock: pg.Client | undefined

async function readySnapshot(client: pg.Client) {
  for (;;) {
    const { rows } = await client.query<{ rows: number; size_bytes: string; files: readonly string[] }>(
      'select rows, size_bytes, files from view_snapshots order by number desc limit 1',
    )
    const [row] = rows
    if (row !== undefined) return { rows: row.rows, sizeBytes: Number(row.size_bytes), files: row.files.length }
    await sleep(20)
  }
}

const handlers = {
  start: async ({ entities }: { entities: number }) => {
    const options = { dataDir, port: 0, demo: true, adminToken, now: Date.now }
    const keys = createProjectKeys({ projectId: 'bench' as ProjectId, demo: true, nowMs: Date.now() })
    const log = pino({ level: 'error' }, process.stderr)
    collector = unwrap(await startCollector({ ...options, keys, log }))
    lock = new pg.Client({ connectionString: collector.databaseUrl })
    await lock.connect()
    await lock.query('select pg_advisory_lock($1)', [BUILDING])
    for (let i = 0; i < entities; i += 2_000) {
      const rows = Array.from({ length: Math.min(2_000, entities - i) }, (_, j) => householdRow(i + j))
      await collector.feed.publish(rows)
    }
    return { url: collector.url, port: collector.port }
  },
  token: async () => {
    const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ officer: 'Akello' })
    const reply = await started().request('/api/v1/enrolment-tokens', { method: 'POST', body, headers })
    return ((await reply.json()) as { token: string }).token
  },
  /** Lets it be built; a device that comes asks for it, as the look once a minute would. */
  snapshot: async () => {
    if (lock === undefined) throw new Error('the collector is not started')
    await lock.query('select pg_advisory_unlock($1)', [BUILDING])
    highestRssBytes = process.memoryUsage.rss()
    const before = highestRssBytes
    const startMs = performance.now()
    started().feed.ring()
    const found = await readySnapshot(lock)
    return { ...found, ms: Math.round(performance.now() - startMs), memoryBytes: [before, highestRssBytes] }
  },
  resetMemory: () => {
    highestRssBytes = process.memoryUsage.rss()
    return highestRssBytes
  },
  highestMemory: () => highestRssBytes,
}

servePart(handlers, async () => {
  clearInterval(watching)
  await lock?.end()
  await collector?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
