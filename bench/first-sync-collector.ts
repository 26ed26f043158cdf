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
import { countSockets, servePart } from './sync-processes.ts'

const adminToken = 'bench'
const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-first-'))
const bytes = countSockets()
let collector: Collector | undefined
let highestRssBytes = 0
const watching = setInterval(() => (highestRssBytes = Math.max(highestRssBytes, process.memoryUsage.rss())), 50)

const started = (): Collector => {
  if (collector === undefined) throw new Error('the collector is not started')
  return collector
}

async function readySnapshot(databaseUrl: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (;;) {
      const { rows } = await client.query<{ rows: number; size_bytes: string; files: readonly string[] }>(
        'select rows, size_bytes, files from view_snapshots order by number desc limit 1',
      )
      const [row] = rows
      if (row !== undefined) return { rows: row.rows, sizeBytes: Number(row.size_bytes), files: row.files.length }
      await sleep(50)
    }
  } finally {
    await client.end()
  }
}

const handlers = {
  start: async ({ entities }: { entities: number }) => {
    const options = { dataDir, port: 0, demo: true, adminToken, now: Date.now }
    const keys = createProjectKeys({ projectId: 'bench' as ProjectId, demo: true, nowMs: Date.now() })
    const log = pino({ level: 'error' }, process.stderr)
    collector = unwrap(await startCollector({ ...options, keys, log }))
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
  /** As it would be by itself within a minute: a device that comes for nothing asks for it. */
  snapshot: async () => {
    const startMs = performance.now()
    const found = await readySnapshot(started().databaseUrl)
    return { ...found, ms: performance.now() - startMs }
  },
  bytes,
  resetMemory: () => {
    highestRssBytes = process.memoryUsage.rss()
    return highestRssBytes
  },
  highestMemory: () => highestRssBytes,
}

servePart(handlers, async () => {
  clearInterval(watching)
  await collector?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
