/**
 * A whole collector for a test: real PostgreSQL, real port, demo keys. For tests only.
 *
 *   const cluster = await startTestCluster()            // once a file, in beforeAll
 *   await using collector = await startTestCollector({ cluster })
 *   const reply = await collector.get('/forms')         // the admin's token is sent along
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import { pino } from 'pino'
import { createProjectKeys, type ProjectKeys } from './config/project-keys.ts'
import type { PublishReply } from './http/api-types.ts'
import { startCollector, type Collector, type CollectorOptions } from './main/start-collector.ts'
import type { TestCluster } from './test-cluster.ts'

export const testAdminToken = 'test-admin-token'

export interface TestCollector extends Collector {
  readonly dataDir: string
  readonly keys: ProjectKeys
  /** Paths below `/api/v1`, with the admin's token; the JSON of the reply. */
  get<T = unknown>(path: string): Promise<{ readonly status: number; readonly body: T }>
  post<T = unknown>(path: string, body?: unknown): Promise<{ readonly status: number; readonly body: T }>
  publish(form: string | Uint8Array): Promise<{ readonly status: number; readonly body: PublishReply }>
  send<T = unknown>(path: string, init: RequestInit): Promise<{ readonly status: number; readonly body: T }>
}

export type TestCollectorOptions = Partial<Omit<CollectorOptions, 'databaseUrl'>> & { readonly cluster: TestCluster }

export async function startTestCollector({ cluster, ...options }: TestCollectorOptions): Promise<TestCollector> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'murram-collector-'))
  const keys = options.keys ?? createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  const collector = unwrap(
    await startCollector({
      dataDir,
      databaseUrl: await cluster.freshDatabase(),
      port: 0,
      keys,
      demo: true,
      adminToken: testAdminToken,
      now: Date.now,
      log: pino({ level: process.env.MURRAM_LOG ?? 'silent' }),
      ...options,
    }),
  )
  const send = async <T>(path: string, init: RequestInit) => {
    const headers = { Authorization: `Bearer ${testAdminToken}`, ...(init.headers as Record<string, string>) }
    const reply = await collector.request(`/api/v1${path}`, { ...init, headers })
    return { status: reply.status, body: (await reply.json()) as T }
  }
  const close = async () => {
    await collector.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    ...collector,
    dataDir,
    keys,
    send,
    get: path => send(path, {}),
    post: (path, body) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body ?? {}),
        headers: { 'Content-Type': 'application/json' },
      }),
    publish: form => send('/forms', { method: 'POST', body: typeof form === 'string' ? form : new Uint8Array(form) }),
    close,
    [Symbol.asyncDispose]: close,
  }
}
