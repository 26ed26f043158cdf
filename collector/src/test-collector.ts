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

export interface Reply<T> {
  readonly status: number
  readonly body: T
}

/** Paths below `/api/v1`, with the admin's token; the JSON of the reply. */
export interface TestApi {
  readonly get: <T = unknown>(path: string) => Promise<Reply<T>>
  readonly post: <T = unknown>(path: string, body?: unknown) => Promise<Reply<T>>
  readonly publish: (form: string | Uint8Array) => Promise<Reply<PublishReply>>
  readonly send: <T = unknown>(path: string, init: RequestInit) => Promise<Reply<T>>
}

export interface TestCollector extends Collector, TestApi {
  readonly dataDir: string
  readonly keys: ProjectKeys
}

/** `databaseUrl`: that of another one, to be a further collector of it; a fresh one unless told. */
export type TestCollectorOptions = Partial<CollectorOptions> & { readonly cluster: TestCluster }

export async function startTestCollector({ cluster, ...options }: TestCollectorOptions): Promise<TestCollector> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'murram-collector-'))
  const keys = options.keys ?? createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  const collector = unwrap(
    await startCollector({
      dataDir,
      databaseUrl: options.databaseUrl ?? (await cluster.migratedDatabase()),
      port: 0,
      keys,
      demo: true,
      adminToken: testAdminToken,
      now: Date.now,
      log: pino({ level: process.env.MURRAM_LOG ?? 'silent' }),
      ...options,
    }),
  )
  const close = async () => {
    await collector.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    ...collector,
    dataDir,
    keys,
    ...apiOf((path, init) => collector.request(path, init), testAdminToken),
    close,
    [Symbol.asyncDispose]: close,
  }
}

export function apiOf(request: (path: string, init: RequestInit) => Promise<Response>, adminToken: string): TestApi {
  const send = async <T>(path: string, init: RequestInit): Promise<Reply<T>> => {
    const headers = { Authorization: `Bearer ${adminToken}`, ...(init.headers as Record<string, string>) }
    const reply = await request(`/api/v1${path}`, { ...init, headers })
    return { status: reply.status, body: (await reply.json()) as T }
  }
  return {
    send,
    get: path => send(path, {}),
    post: (path, body) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body ?? {}),
        headers: { 'Content-Type': 'application/json' },
      }),
    publish: form => send('/forms', { method: 'POST', body: typeof form === 'string' ? form : new Uint8Array(form) }),
  }
}
