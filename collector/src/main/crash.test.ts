/**
 * kill -9 at each named point, on the collector's own PostgreSQL with fsync on. What was
 * acked is there afterwards, and sending again what was not acked stores it once.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProjectId } from '@murram/ground'
import { afterAll, expect, test } from 'vitest'
import { createProjectKeys } from '../config/project-keys.ts'
import { stopLeftServer } from '../db/postmaster.ts'
import type { EntityList, SubmissionList } from '../http/api-types.ts'
import { apiOf, testAdminToken } from '../test-collector.ts'
import { createTestDevice, enrolTestDevice, namingEntity } from '../test-device.ts'
import { householdXml } from '../test-form.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'murram-crash-'))
const keys = createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: 0 })
let house: ChildProcess | undefined

afterAll(async () => {
  const left = house
  if (left !== undefined) await kill(left)
  // The server that the last kill left behind is stopped as a collector does it.
  await stopLeftServer(join(dataDir, 'pg', 'data'), 20_000)
  rmSync(dataDir, { recursive: true })
})

const kill = (child: ChildProcess) =>
  new Promise<void>(settle => {
    if (child.signalCode !== null || child.exitCode !== null) return settle()
    child.once('exit', () => settle())
    child.kill('SIGKILL')
  })

const died = (child: ChildProcess) =>
  new Promise<string | null>(settle => {
    if (child.signalCode !== null) return settle(child.signalCode)
    child.once('exit', (_, signal) => settle(signal))
  })

async function startHouse(crashAt?: string) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('crash-house.ts', import.meta.url)), JSON.stringify({ dataDir, keys })],
    {
      env: {
        ...process.env,
        ...(crashAt === undefined ? {} : { MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: crashAt }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  house = child
  const url = await new Promise<string>((settle, fail) => {
    child.stdout.once('data', (line: Buffer) => settle(line.toString().trim()))
    child.once('exit', code => fail(new Error(`the collector ended with ${code}`)))
  })
  return { child, url, ...apiOf((path, init) => fetch(`${url}${path}`, init), testAdminToken) }
}

const points = [
  'collector.received',
  'collector.inbox-written',
  'collector.folded',
  'collector.committed-before-ack',
  'collector.acked',
  'collector.page-built',
] as const

const isStoredAt = (point: string) => point === 'collector.committed-before-ack' || point === 'collector.acked'
/** Only pages are asked for once. */
const visits = (point: string | undefined) => (point === 'collector.page-built' ? 1 : 2)

test('a kill -9 at any point loses nothing that was acked and doubles nothing', async () => {
  let collector = await startHouse(points[0])
  expect(await collector.publish(householdXml())).toMatchObject({ status: 201 })
  let device = await enrolTestDevice({ collector })
  expect((await device.connect()).durableUpto).toBe(0)
  let stored = 0
  for (const [i, point] of points.entries()) {
    const batch = [1, 2].map(k => {
      const name = `${point} ${k}`
      return device.make({ n: stored + k, answers: { name, ...namingEntity(randomUUID(), 'create', name) } })
    })
    const sent = point === 'collector.page-built' ? device.pull({ epoch: 1, number: 0 }) : device.push(batch)
    await Promise.all([sent.catch(() => {}), expect(died(collector.child)).resolves.toBe('SIGKILL')])

    // The next collector dies at the next point, at its second visit: the first is the repetition.
    collector = await startHouse(points[i + 1] === undefined ? undefined : `${points[i + 1]}#${visits(points[i + 1])}`)
    device = createTestDevice({ ...device, collector })
    const { durableUpto } = await device.connect()
    expect(durableUpto).toBe(isStoredAt(point) ? stored + 2 : stored) // whole batches, never a part of one
    const { results } = await device.push(batch)
    const expected = isStoredAt(point) ? 'duplicate' : 'applied'
    expect(results.map(({ result }) => result)).toEqual([expected, expected])
    stored += 2
  }
  const { body } = await collector.get<SubmissionList>('/submissions')
  expect(body.submissions.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: stored }, (_, i) => i + 1),
  )
  expect((await collector.get<EntityList>('/entities')).body.total).toBe(stored)
  const { rows } = await device.pull({ epoch: 1, number: 0 })
  expect(rows.filter(({ kind }) => kind === 'entity')).toHaveLength(stored)
  await device.disconnect()
  expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['epoch.json', 'lock', 'pg']))
}, 120_000)
