/**
 * The collector of the sync benchmark, in a process of its own: `startCollector` as in
 * production, on its own PostgreSQL with fsync on, and two published forms.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import pg from 'pg'
import { pino } from 'pino'
import { formXml, soakFormXml } from './sync-fixtures.ts'
import { countSockets, servePart } from './sync-processes.ts'

const adminToken = 'bench'
const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-collector-'))
const bytes = countSockets()
let collector: Collector | undefined
let database: pg.Client | undefined

const started = (): Collector => {
  if (collector === undefined) throw new Error('the collector is not started')
  return collector
}

async function post<T>(path: string, body: string): Promise<T> {
  const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' }
  const reply = await started().request(`/api/v1${path}`, { method: 'POST', body, headers })
  const said: unknown = await reply.json()
  if (reply.status >= 300) throw new Error(JSON.stringify(said))
  return said as T
}

const handlers = {
  start: async () => {
    collector = unwrap(
      await startCollector({
        dataDir,
        port: 0,
        keys: createProjectKeys({ projectId: 'bench' as ProjectId, demo: true, nowMs: Date.now() }),
        demo: true,
        adminToken,
        now: Date.now,
        log: pino({ level: 'error' }, process.stderr),
      }),
    )
    for (const form of [formXml(), soakFormXml()]) if (form !== undefined) await post('/forms', form)
    database = new pg.Client({ connectionString: collector.databaseUrl })
    await database.connect()
    const { url, port, databaseUrl } = collector
    return { url, port, databaseUrl }
  },
  token: async () => (await post<{ token: string }>('/enrolment-tokens', JSON.stringify({ officer: 'Akello' }))).token,
  bytes,
  /** Of all that was sent: what is stored once, folded and numbered in the feed. */
  stored: async (digests: readonly string[]) => {
    const { rows } = await (database as pg.Client).query<Record<string, string>>(
      `select count(*) as rows, count(distinct s.digest) as distinct, count(e.entity_id) as entities, count(f.key) as feed
         from submissions s
         left join entities e on e.live ->> 0 = s.instance_id
         left join feed f on f.kind = 'entity' and f.key = e.entity_id
        where s.state = 'applied' and s.digest = any($1)`,
      [digests],
    )
    const [row] = rows
    return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]))
  },
  memory: () => process.memoryUsage(),
  cpu: () => process.cpuUsage(),
}

servePart(handlers, async () => {
  await database?.end()
  await collector?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
