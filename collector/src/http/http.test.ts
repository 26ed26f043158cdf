import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector, testAdminToken, type TestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import type { LiveEvent, Summary } from './api-types.ts'

let cluster: TestCluster
let collector: TestCollector
let consoleDir: string
beforeAll(async () => {
  cluster = await startTestCluster()
  consoleDir = mkdtempSync(join(tmpdir(), 'murram-console-'))
  mkdirSync(join(consoleDir, 'assets'))
  writeFileSync(join(consoleDir, 'index.html'), '<title>console</title>')
  writeFileSync(join(consoleDir, 'assets', 'app-1a2b.js'), 'start()')
  collector = await startTestCollector({ cluster, consoleDir })
  await collector.publish(householdXml())
})
afterAll(async () => {
  await collector.close()
  await cluster.stop()
  rmSync(consoleDir, { recursive: true })
})

interface Description {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary?: string }>>>>
}

test('the API describes itself: every route with what it is for, those of models too', async () => {
  const reply = await fetch(`${collector.url}/openapi.json`)
  const { openapi, paths } = (await reply.json()) as Description
  expect(openapi).toBe('3.1.0')
  for (const path of ['/health', '/metrics', '/api/v1/enrol', '/api/v1/forms', '/api/v1/conflicts/{conflictId}/settle'])
    expect(Object.keys(paths)).toContain(path)
  expect(Object.keys(paths)).toContain('/api/v1/releases')
  const undescribed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { summary }]) => (summary ? [] : [`${method} ${path}`])),
  )
  expect(undescribed).toEqual([])
})

test('the page that reads the description needs nothing from elsewhere', async () => {
  const page = await (await fetch(`${collector.url}/docs`)).text()
  expect(page).not.toMatch(/https?:\/\//)
  for (const [, address = ''] of page.matchAll(/(?:src|href)="(\/[^"]+)"/g))
    expect((await fetch(`${collector.url}${address}`)).status).toBe(200)
  expect((await fetch(`${collector.url}/docs/package.json`)).status).toBe(404)
})

test('figures for Prometheus count what happened', async () => {
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  await device.submit({ answers: { name: 'Asha' } })
  const text = await (await fetch(`${collector.url}/metrics`)).text()
  expect(text).toMatch(/murram_submissions_total\{result="applied"\} [1-9]/)
  expect(text).toMatch(/murram_devices_connected 1/)
})

test('the summary tells what a first page needs, and that nothing is in a backup yet', async () => {
  const { body } = await collector.get<Summary>('/summary')
  expect(body).toMatchObject({ projectId: 'test', demo: true, forms: 1, conflicts: { open: 0, settled: 0 } })
  expect(body.backup).toMatchObject({ safeSubmissions: 0, note: expect.stringContaining('No backup') })
})

test('what happens is told as it happens, to who has the token', async () => {
  expect((await fetch(`${collector.url}/api/v1/live?token=wrong`)).status).toBe(401)
  const reply = await fetch(`${collector.url}/api/v1/live?token=${testAdminToken}`)
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value ?? ''
  await using device = await enrolTestDevice({ collector })
  await device.connect()
  await device.submit({ answers: { name: 'Asha' } })
  while (!text.includes('event: submissions\n')) text += (await reader.read()).value ?? ''
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as LiveEvent)
  expect(events).toContainEqual({ kind: 'device', deviceId: device.deviceId, connected: true })
  expect(events).toContainEqual({
    kind: 'submissions',
    deviceId: device.deviceId,
    formId: 'household',
    count: 1,
    conflicts: 0,
  })
  expect(text).not.toContain('Asha')
  await reader.cancel()
})

test('the token stands in the address for the event stream only', async () => {
  expect((await fetch(`${collector.url}/api/v1/forms?token=${testAdminToken}`)).status).toBe(401)
})

test('the console is served from its folder, and nothing beside it', async () => {
  const page = await fetch(`${collector.url}/households/1`)
  expect(await page.text()).toContain('console')
  const script = await fetch(`${collector.url}/assets/app-1a2b.js`)
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect(script.headers.get('content-type')).toContain('javascript')
  expect((await fetch(`${collector.url}/assets/missing.js`)).status).toBe(404)
  expect((await collector.request('/..%2f..%2fetc%2fpasswd.txt')).status).toBe(404)
  expect((await fetch(`${collector.url}/api/nothing`)).status).toBe(404)
})

test('a body that is no JSON, and one that is too large, are refused with what to do', async () => {
  const headers = { 'Content-Type': 'application/json' }
  const odd = await collector.send('/aliases', { method: 'POST', body: '{', headers })
  expect(odd).toMatchObject({ status: 400, body: { fault: 'http.bad-request' } })
  const wrong = await collector.post('/aliases', { alias: 'x', of: 'y' })
  expect(wrong).toMatchObject({
    status: 400,
    body: { fault: 'http.bad-request', detail: expect.stringContaining('alias') },
  })
  const large = await collector.publish('x'.repeat(33_000_000))
  expect(large).toMatchObject({ status: 413 })
})
