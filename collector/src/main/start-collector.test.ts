import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap, type ProjectId } from '@murram/ground'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, testAdminToken } from '../test-collector.ts'
import { startCollector, type CollectorOptions } from './start-collector.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
const options = (dataDir: string): CollectorOptions => ({
  dataDir,
  port: 0,
  keys,
  demo: true,
  adminToken: testAdminToken,
  now: Date.now,
  log: pino({ level: 'silent' }),
})

test('a collector says that it is well, and where it is in its life', async () => {
  await using collector = await startTestCollector({ cluster })
  const reply = await fetch(`${collector.url}/health`)
  expect(await reply.json()).toEqual({ status: 'ok', projectId: 'test', demo: true, epoch: 1 })
})

test('what lies behind the token is closed without it, and no other page may read it', async () => {
  await using collector = await startTestCollector({ cluster })
  const reply = await fetch(`${collector.url}/api/v1/forms`, { headers: { Origin: 'http://elsewhere.example' } })
  expect(reply.status).toBe(401)
  expect(reply.headers.get('access-control-allow-origin')).toBeNull()
  expect(await reply.json()).toMatchObject({ fault: 'http.unauthorised' })
})

test('an address that does not exist says where the addresses are', async () => {
  await using collector = await startTestCollector({ cluster })
  const { status, body } = await collector.get('/nothing')
  expect({ status, body }).toMatchObject({ status: 404, body: { fault: 'http.not-found' } })
})

test('demo keys are refused outside the demo', async () => {
  const refused = await startCollector({ ...options('unused'), demo: false })
  expect(refused).toMatchObject({ ok: false, error: { fault: 'key.demo-refused' } })
})

test('an occupied port is a fault, and leaves the data directory free', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(settle => other.once('listening', settle))
  const { port } = other.address() as AddressInfo
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-occupied-'))
  const databaseUrl = await cluster.freshDatabase()
  const refused = await startCollector({ ...options(dataDir), databaseUrl, port })
  expect(refused).toMatchObject({ ok: false, error: { fault: 'house.port-occupied' } })
  other.close()
  await unwrap(await startCollector({ ...options(dataDir), databaseUrl, port })).close()
  rmSync(dataDir, { recursive: true })
})

test('a data directory that cannot be made is a fault', async () => {
  const refused = await startCollector(options('/proc/murram'))
  expect(refused).toMatchObject({ ok: false, error: { fault: 'store.directory-unreachable' } })
})

test('a database that does not answer is a fault with the reason', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-unreachable-'))
  const refused = await startCollector({ ...options(dataDir), databaseUrl: 'postgresql://nobody@127.0.0.1:1/none' })
  expect(refused).toMatchObject({ ok: false, error: { fault: 'house.database-unreachable' } })
  rmSync(dataDir, { recursive: true })
})

test('a data directory that only its owner may enter, and a folder of root around it, hold a collector', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'murram-closed-')) // mode 700
  const dataDir = join(closed, 'deeper', 'data')
  const collector = unwrap(await startCollector({ ...options(dataDir), rooms: [] }))
  expect((await collector.request('/health')).status).toBe(200)
  await collector.close()
  rmSync(closed, { recursive: true })
})

test('two collectors never share a data directory', async () => {
  await using first = await startTestCollector({ cluster })
  const refused = await startCollector({ ...options(first.dataDir), databaseUrl: first.databaseUrl })
  expect(refused).toMatchObject({ ok: false, error: { fault: 'store.in-use' } })
})
