/**
 * The fake database is held to the real one: what a schedule asked of it, in its order and at its
 * times, is asked of a whole collector on PostgreSQL. Both must answer the same, hold the same
 * submissions in the same state, and show each device the same.
 */
import {
  createProjectKeys,
  createTestDevice,
  householdXml,
  startTestCluster,
  startTestCollector,
  type SubmissionList,
  type TestCluster,
  type TestDevice,
} from '@murram/collector/weather'
import type { ProjectId } from '@murram/ground'
import { keyIdOf } from '@murram/seal'
import { toPushBatch, type AckResult } from '@murram/wire'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Asked } from './collector-base.ts'
import { replayCommand, seedOf } from './replay.ts'
import { feedLine, runSchedule, type ScheduleOutcome } from './schedule.ts'

const SCHEDULES = 10

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

/** Whether it is part of an open conflict is told by the real one alone. */
const verdict = ({ n, result }: AckResult): string => `${n} ${result === 'conflict' ? 'applied' : result}`

async function askTheRealOne({ keys, enrolments }: ScheduleOutcome, asked: readonly Asked[]) {
  let nowMs = 0
  const theirs = createProjectKeys({ projectId: 'weather' as ProjectId, demo: false, nowMs: 0 })
  await using collector = await startTestCollector({
    cluster,
    keys: { ...theirs, ...keys },
    demo: false,
    now: () => nowMs,
    rooms: [],
  })
  const devices = new Map<string, TestDevice>()
  let present: TestDevice | null = null
  /** One at a time: a device has one session. */
  const deviceOf = async (deviceId: string, storeId: TestDevice['storeId']): Promise<TestDevice> => {
    if (present?.storeId === storeId) return present
    await present?.disconnect()
    const device = devices.get(storeId) ?? make(deviceId, storeId)
    await device.connect()
    present = device
    return device
  }
  const make = (deviceId: string, storeId: TestDevice['storeId']): TestDevice => {
    const found = enrolments.find(({ enrolment }) => enrolment.certificate.body.deviceId === deviceId)
    if (found === undefined) throw new Error(`nobody is ${deviceId}`)
    const { enrolment, key } = found
    const device = createTestDevice({ collector, key, storeId, enrolment: enrolment as never })
    devices.set(storeId, device)
    return device
  }
  const leave = async (): Promise<void> => {
    await present?.disconnect()
    present = null
  }
  /** The collector knows a device from its first session on. */
  const meet = async (deviceId: string): Promise<void> => {
    if ([...devices.values()].some(device => device.deviceId === deviceId)) return
    const storeId = deviceId as unknown as TestDevice['storeId']
    await deviceOf(deviceId, storeId)
    await leave()
  }
  const different: string[] = []
  for (const one of asked) {
    if (one.do === 'publish') {
      await collector.publish(householdXml(one.version))
      continue
    }
    if (one.do === 'join') {
      nowMs = Math.floor(one.atMs)
      const reply = one.undone
        ? await collector.send(`/aliases/${one.alias}`, { method: 'DELETE' })
        : await collector.post('/aliases', { alias: one.alias, of: one.of })
      if (reply.status !== 200) different.push(`real: ${JSON.stringify(reply.body)} to ${JSON.stringify(one)}`)
      continue
    }
    if (one.do === 'return') {
      nowMs = Math.floor(one.atMs)
      const comments = [{ path: null, text: 'look again' }]
      const reply = await collector.post(`/submissions/${one.instanceId}/review`, { verdict: 'return', comments })
      if (reply.status !== 200) different.push(`real: ${JSON.stringify(reply.body)} to ${JSON.stringify(one)}`)
      continue
    }
    if (one.do === 'keep to' || one.do === 'divide') {
      if (one.do === 'keep to') await meet(one.deviceId)
      const path = one.do === 'divide' ? '/scopes/datasets/households' : `/devices/${one.deviceId}/scopes`
      const body = JSON.stringify(one.do === 'divide' ? { property: one.property } : { scopes: one.scopes })
      const headers = { 'Content-Type': 'application/json' }
      // Whoever is sent away by it comes again when it has something to say.
      await leave()
      const reply = await collector.send(path, { method: 'PUT', body, headers })
      if (reply.status !== 200) different.push(`real: ${JSON.stringify(reply.body)} to ${JSON.stringify(one)}`)
      continue
    }
    const { batch, arrivalMs, results, durableUpto } = one
    nowMs = Math.floor(arrivalMs)
    const device = await deviceOf(batch.deviceId, batch.storeId)
    device.send(toPushBatch(batch.submissions, batch.head))
    const ack = await device.next('ack')
    const [said, wanted] = [ack.results.map(verdict), results.map(verdict)].map(list => list.join(', '))
    if (said !== wanted || ack.durableUpto !== durableUpto)
      different.push(`real: ${said} up to ${ack.durableUpto}; fake: ${wanted} up to ${durableUpto}`)
  }
  const { body } = await collector.get<SubmissionList>('/submissions?limit=500')
  const ours = body.submissions.filter(({ deviceId }) => deviceId !== keyIdOf(keys.collector.publicKey))
  const inbox = ours.map(({ instanceId, digest, state }) => `${instanceId} ${digest.slice(0, 12)} ${state}`)
  const feeds = new Map<string, readonly string[]>()
  for (const { deviceId, storeId } of devices.values()) {
    const device = await deviceOf(deviceId, storeId)
    const { rows } = await device.pull({ epoch: 1, number: 0 }, 900_000)
    feeds.set(
      device.deviceId,
      rows
        .filter(({ kind, body: said }) => said !== null && kind !== 'form')
        .map(feedLine)
        .sort(),
    )
  }
  return { different, inbox: inbox.sort(), feeds }
}

test(`${SCHEDULES} schedules end the same on the fake database and on PostgreSQL`, async () => {
  for (let k = 1; k <= SCHEDULES; k += 1) {
    const asked: Asked[] = []
    const seed = seedOf(2, k)
    const outcome = await runSchedule({ seed, restores: false, record: one => asked.push(one) })
    expect(outcome.broken, replayCommand(2, k)).toEqual([])
    const real = await askTheRealOne(outcome, asked)
    expect(real.different, `schedule ${k}`).toEqual([])
    expect(real.inbox, `schedule ${k}`).toEqual(outcome.ending.inbox)
    for (const [deviceId, lines] of real.feeds)
      expect(lines, `schedule ${k}, ${deviceId}`).toEqual(outcome.ending.feeds.get(deviceId as never))
  }
})
