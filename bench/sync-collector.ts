/**
 * The collector of the sync benchmark, in a process of its own: `startCollector` as in
 * production, on its own PostgreSQL with fsync on, and two published forms.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import pg from 'pg'
import { pino } from 'pino'
import { formXml, soakFormXml } from './sync-fixtures.ts'
import { countSockets, servePart, startProfile } from './sync-processes.ts'

const adminToken = 'bench'
const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-collector-'))
const bytes = countSockets()
let collector: Collector | undefined
let database: pg.Client | undefined
let endProfile: () => Promise<void> = async () => {}

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

/** Of the server and all of its sessions, dead ones too; nought where the system does not tell. */
function postgresCpuMs(folder: string): number {
  try {
    const [pidText = ''] = readFileSync(join(folder, 'pg', 'data', 'postmaster.pid'), 'utf8').split('\n')
    const ofTicks = (path: string, fields: readonly number[]): number => {
      const words = readFileSync(path, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      return fields.reduce((sum, field) => sum + Number(words[field - 3]), 0) * MS_A_TICK
    }
    const children = readFileSync(`/proc/${pidText}/task/${pidText}/children`, 'utf8').trim().split(' ')
    // utime and stime of each, and of the children that the server has waited for.
    return [
      ofTicks(`/proc/${pidText}/stat`, [14, 15, 16, 17]),
      ...children.map(pid => ofTicks(`/proc/${pid}/stat`, [14, 15])),
    ].reduce((sum, ms) => sum + ms, 0)
  } catch {
    return 0
  }
}
const MS_A_TICK = 10

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
  cpu: () => ({ ...process.cpuUsage(), postgresMs: postgresCpuMs(dataDir) }),
  startProfile: async () => {
    endProfile = await startProfile('collector')
  },
  endProfile: () => endProfile(),
}

servePart(handlers, async () => {
  await database?.end()
  await collector?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
