/**
 * Photos over real sockets, from a laptop that is a process of its own to collectors on a real
 * database.
 *
 * PH1 a photo arrives byte for byte through a link that is cut every few hundred milliseconds
 * PH2 a laptop that is killed in the middle goes on where it was
 * PH3 another collector on the same database takes the rest, and a restarted one too
 * PH4 sent means all: as long as a byte of a photo is missing, the laptop says so
 * PH5 a submission does not wait behind photos
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProjectKeys, startCollector, type Collector } from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { startFaultyLink, type FaultyLink } from '@murram/testkit'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHouse, type House } from '../processes.ts'
import type { TakenPhoto } from './photo-officer.ts'

const adminToken = 'photos'
const folder = mkdtempSync(join(tmpdir(), 'murram-photos-'))
const keys = createProjectKeys({ projectId: 'photos' as ProjectId, demo: true, nowMs: 0 })
const program = join(import.meta.dirname, 'photo-officer.ts')
const config = { dataDir: join(folder, 'laptop') }
let collector: Collector
let officer: House

const photoForm = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
  <h:head><h:title>Photos</h:title><model>
    <instance><data id="photos" version="1"><house/><meta><instanceID/></meta></data></instance>
    <bind nodeset="/data/house" type="binary"/>
    <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
  </model></h:head>
  <h:body><upload ref="/data/house" mediatype="image/*"><label>The house</label></upload></h:body>
</h:html>`

const start = async (name: string, more: { databaseUrl?: string; join?: boolean } = {}): Promise<Collector> =>
  unwrap(
    await startCollector({
      dataDir: join(folder, name),
      port: 0,
      keys,
      demo: true,
      adminToken,
      now: Date.now,
      log: pino({ level: 'silent' }),
      rooms: [],
      ...more,
    }),
  )
const ask = (
  path: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> =>
  collector.request(`/api/v1${path}`, { ...init, headers: { Authorization: `Bearer ${adminToken}`, ...init.headers } })
const download = async ({ instanceId, name }: TakenPhoto): Promise<Buffer> => {
  const reply = await ask(`/submissions/${instanceId}/attachments/${name}`)
  return Buffer.from(await reply.arrayBuffer())
}
const connect = (link: FaultyLink) => officer.ask('connect', { url: `http://127.0.0.1:${link.port}` })
const awaiting = () => officer.ask<number>('awaiting')
const take = (sizeBytes: number) => officer.ask<TakenPhoto>('take', { sizeBytes })
const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (const endsAtMs = Date.now() + 90_000; !(await done()); await sleep(100))
    if (Date.now() > endsAtMs) throw new Error(`still waiting: ${await awaiting()} bytes\n${officer.lastWords()}`)
}

beforeAll(async () => {
  collector = await start('first')
  await ask('/forms', { method: 'POST', body: photoForm })
  const headers = { 'Content-Type': 'application/json' }
  const reply = await ask('/enrolment-tokens', { method: 'POST', headers, body: JSON.stringify({ officer: 'Akello' }) })
  const { token } = (await reply.json()) as { token: string }
  officer = await startHouse({ program, config })
  await officer.ask('enrol', { collectorUrl: collector.url, token })
})
afterAll(async () => {
  await officer.stop()
  await collector.close()
  rmSync(folder, { recursive: true, force: true })
})

test('PH1 PH4 a photo arrives byte for byte through a link that is cut every few hundred milliseconds', async () => {
  await using link = await startFaultyLink({
    targetPort: collector.port,
    seed: 11,
    faults: { latencyMs: 15, bytesPerSecond: 150_000, cutEveryMs: [300, 900] },
  })
  const photo = await take(600_000)
  await connect(link)
  const seen: number[] = []
  await until(async () => {
    seen.push(await awaiting())
    return seen.at(-1) === 0
  })
  expect(link.stats().cuts).toBeGreaterThan(3)
  expect((await download(photo)).equals(photo.bytes)).toBe(true)
  expect(seen[0]).toBeGreaterThan(0)
  await officer.ask('disconnect')
})

test('PH2 a laptop that is killed in the middle goes on where it was', async () => {
  await using link = await startFaultyLink({
    targetPort: collector.port,
    seed: 12,
    faults: { bytesPerSecond: 100_000 },
  })
  const photo = await take(600_000)
  await connect(link)
  await until(async () => (await awaiting()) < 400_000)
  await officer.kill()
  const before = link.stats().bytesUp
  expect(before).toBeGreaterThan(150_000)
  officer = await startHouse({ program, config })
  await connect(link)
  await until(async () => (await awaiting()) === 0)
  expect((await download(photo)).equals(photo.bytes)).toBe(true)
  // What had arrived was not sent again.
  expect(link.stats().bytesUp).toBeLessThan(600_000 * 1.1 + 30_000)
  await officer.ask('disconnect')
})

test('PH3 another collector on the same database takes the rest, and so does one that was started again', async () => {
  const photo = await take(600_000)
  const other = await start('second', { databaseUrl: collector.databaseUrl, join: true })
  const bytes: number[] = []
  for (const [seed, target, upto] of [
    [13, collector, 400_000],
    [14, other, 200_000],
  ] as const) {
    await using link = await startFaultyLink({ targetPort: target.port, seed, faults: { bytesPerSecond: 100_000 } })
    await connect(link)
    await until(async () => (await awaiting()) < upto)
    await officer.ask('disconnect')
    bytes.push(link.stats().bytesUp)
  }
  await other.close()
  const again = await start('second', { databaseUrl: collector.databaseUrl, join: true })
  await using link = await startFaultyLink({ targetPort: again.port, seed: 15 })
  await connect(link)
  await until(async () => (await awaiting()) === 0)
  await officer.ask('disconnect')
  bytes.push(link.stats().bytesUp)
  expect((await download(photo)).equals(photo.bytes)).toBe(true)
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(600_000 * 1.15)
  await again.close()
})

test('PH5 a submission does not wait behind photos', async () => {
  await using link = await startFaultyLink({ targetPort: collector.port, seed: 16, faults: { bytesPerSecond: 12_000 } })
  await take(2_000_000)
  await connect(link)
  await until(async () => (await awaiting()) < 1_950_000)
  const begunAtMs = Date.now()
  await take(10)
  await until(async () => (await officer.ask<number>('waiting')) === 0)
  expect(Date.now() - begunAtMs).toBeLessThan(15_000) // the photo takes minutes
  expect(await awaiting()).toBeGreaterThan(1_000_000)
  await officer.ask('disconnect')
})
