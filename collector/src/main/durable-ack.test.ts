/**
 * An ack says that the disk has it: the system calls of a real collector and its PostgreSQL
 * are watched in one order while a device pushes.
 *
 * DA1 between a batch read from the device's socket and the first frame written back stands a
 *     sync of PostgreSQL's log that began after the batch was read and has returned
 *
 * DA2 a database that is set not to wait (`synchronous_commit` off) waits for us all the same
 *
 * That this can fail is shown by the last test: with `fsync` off the acks come without it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProjectId } from '@murram/ground'
import { canTrace, traceWhile, type SystemCall } from '@murram/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import { stopLeftServer } from '../db/postmaster.ts'
import { apiOf, testAdminToken } from '../test-collector.ts'
import { enrolTestDevice, namingEntity, type TestDevice } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

const PUSHES = 5
/** After each ack a hint follows, at most one a second; the next batch must not be read before it is written. */
const BEHIND_THE_HINT_MS = 1_300

const dataDir = mkdtempSync(join(tmpdir(), 'murram-durable-'))
const cluster = join(dataDir, 'pg', 'data')
let house: ChildProcess
let device: TestDevice
let port: string

beforeAll(async () => {
  const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
  const program = fileURLToPath(new URL('crash-house.ts', import.meta.url))
  house = spawn(process.execPath, [program, JSON.stringify({ dataDir, keys })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>(settle => {
    house.stdout?.once('data', (line: Buffer) => settle(line.toString().trim()))
  })
  port = new URL(url).port
  const api = apiOf((path, init) => fetch(`${url}${path}`, init), testAdminToken)
  await api.publish(householdXml())
  device = await enrolTestDevice({ collector: { ...api, url } })
  await device.connect()
})

afterAll(async () => {
  await device.disconnect()
  const ended = new Promise(settle => house.once('exit', settle))
  house.kill('SIGKILL')
  await ended
  await stopLeftServer(cluster, 20_000)
  rmSync(dataDir, { recursive: true })
})

const postmaster = (): readonly string[] => readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')

/** The server and what it has started: a process for each connection, and its own workers. */
function serverPids(): readonly number[] {
  const pid = Number(postmaster()[0])
  return [
    pid,
    ...readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && parentOf(name) === pid)
      .map(Number),
  ]
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined // it has ended since it was listed
  }
}

async function pushOneByOne(): Promise<readonly SystemCall[]> {
  return traceWhile([house.pid ?? 0, ...serverPids()], async () => {
    for (let i = 0; i < PUSHES; i += 1) {
      await sleep(BEHIND_THE_HINT_MS)
      const ack = await device.submit({
        answers: { name: `House ${i}`, ...namingEntity(randomUUID(), 'create', `House ${i}`) },
      })
      expect(ack.results.map(({ result }) => result)).toEqual(['applied'])
    }
  })
}

/** For each frame that answers a batch: had the log been synced since the batch was read? */
function syncedBeforeAck(calls: readonly SystemCall[]): readonly boolean[] {
  const isDevice = ({ args }: SystemCall) => args.includes(`TCP:[127.0.0.1:${port}->`)
  const batches = calls.filter(call => call.name === 'read' && isDevice(call) && (call.result ?? 0) > 200)
  return batches.map(batch => {
    const ack = calls.find(call => /^(write|send)/.test(call.name) && isDevice(call) && call.begun > batch.done)
    const sync = calls.find(
      ({ name, args, result, begun, done }) =>
        /^f(data)?sync$/.test(name) &&
        args.includes('/pg_wal/') &&
        result === 0 &&
        begun > batch.done &&
        ack !== undefined &&
        done < ack.begun,
    )
    return sync !== undefined
  })
}

test.runIf(canTrace())('DA1 the log of the database is synced between a batch and its ack', async () => {
  expect(syncedBeforeAck(await pushOneByOne())).toEqual(Array.from({ length: PUSHES }, () => true))
})

test.runIf(canTrace())('DA2 a database that is set not to wait for the disk waits for an ack', async () => {
  await setServer('synchronous_commit')
  expect(syncedBeforeAck(await pushOneByOne())).toEqual(Array.from({ length: PUSHES }, () => true))
})

test.runIf(canTrace())('DA1 an ack that did not wait for the disk would be noticed', async () => {
  await setServer('fsync')
  expect(syncedBeforeAck(await pushOneByOne())).toContain(false)
})

/** Switches it off, for all sessions. */
async function setServer(setting: 'synchronous_commit' | 'fsync'): Promise<void> {
  const password = readFileSync(join(dataDir, 'pg', 'password'), 'utf8').trim()
  const client = new pg.Client({ user: 'postgres', password, host: '127.0.0.1', port: Number(postmaster()[3]) })
  await client.connect()
  await client.query(`alter system set ${setting} = off`)
  await client.query('select pg_reload_conf()')
  await client.end()
  await sleep(500)
}
