/**
 * kill -9 on the way from finalise to folded: at every named point of it, and at random.
 *
 * CR1 what a screen called saved is at the centre in the end, once
 * CR2 an interview that was cut while it was finalised is whole, and then at the centre once,
 *     or it is a draft that can be taken up again; it is never both, and never neither
 *
 * A process that dies between its commit and the witness's line has saved an interview that
 * the ledger does not know. So after each death the store itself is asked what it holds: at
 * most the one interview that was in flight may be there beyond the ledger, and it is added to
 * what PostgreSQL must yield, exactly once.
 *
 * PostgreSQL outlives a collector that is killed; the next collector stops and starts it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@murram/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerEntry } from '../ledger.ts'
import { weather } from '../officers.ts'
import type { House } from '../processes.ts'
import { heldBy, openProofStage, statusOf, type ProofStage } from './proof-stage.ts'

const WHILE_FINALISING = [
  { point: 'agent.finalise-begun', leaves: 'a draft' },
  { point: 'agent.scored', leaves: 'a draft' },
  { point: 'agent.before-commit', leaves: 'a draft' },
  { point: 'agent.in-transaction', leaves: 'a draft' },
  { point: 'agent.committed-before-reply', leaves: 'a submission' },
] as const

const WHILE_AN_AGENT_SYNCS = [
  'agent.batch-encoded',
  'agent.batch-sent',
  'agent.ack-received',
  'agent.ack-marked',
  'agent.page-received',
  'agent.page-applied',
] as const

const WHILE_A_COLLECTOR_TAKES = [
  'collector.received',
  'collector.inbox-written',
  'collector.folded',
  'collector.committed-before-ack',
  'collector.acked',
  'collector.page-built',
] as const

const dyingAt = (point: string) => ({ MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: point })

const endOf = ({ ended }: House) => Promise.race([ended, sleep(30_000, 'still alive')])

let stage: ProofStage
/** Saved, and not in the ledger: the process died in between. By instance id. */
const cutShort = new Map<string, LedgerEntry>()

beforeAll(async () => {
  stage = await openProofStage({ agents: 2, seed: 5 })
})
afterAll(() => stage.close())

/** What stands in the store of an officer beyond the ledger, noted for the comparison. */
async function noteCutShort(at: number): Promise<readonly LedgerEntry[]> {
  const { submissions } = await heldBy(stage.officer(at))
  const known = new Set([...stage.ledger().map(({ instanceId }) => instanceId), ...cutShort.keys()])
  const beyond = submissions.filter(({ instanceId }) => !known.has(instanceId))
  for (const entry of beyond) cutShort.set(entry.instanceId, entry)
  return beyond
}

async function nothingLostOrDoubled(): Promise<void> {
  await stage.settle()
  expect(stage.ledger().length).toBeGreaterThan(0)
  expect(await stage.compare([...cutShort.values()])).toEqual({ lost: [], duplicated: [] })
}

test('CR1 CR2 an agent that dies at a named point of finalising leaves a whole interview or a draft', async () => {
  for (const { point, leaves } of WHILE_FINALISING) {
    await stage.officer(0).house.kill()
    await stage.startOfficer(0, dyingAt(point))
    const { house } = stage.officer(0)
    await expect(stage.interview(0, 1)).rejects.toThrow('SIGKILL')
    expect([point, await house.ended]).toEqual([point, 'SIGKILL'])

    await stage.startOfficer(0)
    const [beyond, { drafts }] = [await noteCutShort(0), await heldBy(stage.officer(0))]
    expect({ point, submissions: beyond.length, drafts: drafts.length }).toEqual(
      leaves === 'a draft' ? { point, submissions: 0, drafts: 1 } : { point, submissions: 1, drafts: 0 },
    )
    for (const draft of drafts) {
      const { instanceId } = await stage.officer(0).house.ask<{ instanceId: string }>('resume', { draft })
      expect(instanceId).toContain(draft)
    }
    expect((await heldBy(stage.officer(0))).drafts).toEqual([])
  }
  await stage.connect(0)
  await nothingLostOrDoubled()
})

test('CR1 an agent that dies at a named point of a session sends what was not answered, once', async () => {
  for (const point of WHILE_AN_AGENT_SYNCS) {
    await stage.officer(0).house.kill()
    await stage.startOfficer(0, dyingAt(point))
    const { house } = stage.officer(0)
    await stage.interview(0, 2)
    await stage.interview(1, 1) // and comes down to the first officer
    await stage.connect(0).catch(() => {})
    expect([point, await endOf(house)]).toEqual([point, 'SIGKILL'])

    await stage.startOfficer(0)
    expect([point, await noteCutShort(0)]).toEqual([point, []])
    await stage.connect(0)
  }
  await nothingLostOrDoubled()
})

test('CR1 a collector that dies at a named point has what it acked, and takes the rest once', async () => {
  for (const point of WHILE_A_COLLECTOR_TAKES) {
    await stage.collector().kill()
    await stage.interview(0, 2)
    await stage.startCollector({}, dyingAt(point))
    expect([point, await endOf(stage.collector())]).toEqual([point, 'SIGKILL'])
  }
  await stage.startCollector()
  await nothingLostOrDoubled()
})

test('CR1 CR2 random kills of agents and collector, while interviews and syncing go on', async () => {
  const seed = Number(process.env.MURRAM_CRASH_SEED ?? Date.now() % 1_000_000)
  console.log(`random kills: MURRAM_CRASH_SEED=${seed}`)
  const random = seededRandom(seed)
  for (const [at, { link }] of stage.officers.entries()) link.setFaults({ ...weather[at], latencyMs: 5 })
  const found = { begunAndCut: 0, brokenInterviews: 0, killedAgents: 0, otherTroubles: [] as string[] }
  for (let round = 0; round < 8; round += 1) {
    const victim = Math.floor(random() * 3)
    const busy = [0, 1].map(at => stage.interview(at, 4).catch((error: unknown) => error))
    await sleep(50 + random() * 900)
    if (victim === 2) {
      await stage.collector().kill()
      await sleep(random() * 300)
      await stage.startCollector()
    } else {
      found.killedAgents += 1
      await stage.officer(victim).house.kill()
      await stage.startOfficer(victim)
      found.begunAndCut += (await noteCutShort(victim)).length
      await stage.connect(victim)
      found.otherTroubles.push(...(await resumeAll(victim)))
    }
    found.brokenInterviews += (await Promise.all(busy)).filter(end => end instanceof Error).length
  }
  expect(found.otherTroubles).toEqual([])
  expect(found.begunAndCut).toBeLessThanOrEqual(found.killedAgents)
  expect(found.brokenInterviews).toBeLessThanOrEqual(found.killedAgents)
  await nothingLostOrDoubled()
  expect((await statusOf(stage.officer(0))).fault).toBeNull()
}, 120_000)

/** Finalises each draft. One that was cut before its last answer says what is missing, and stays a draft. */
async function resumeAll(at: number): Promise<readonly string[]> {
  const { house } = stage.officer(at)
  const troubles: string[] = []
  for (const draft of (await heldBy(stage.officer(at))).drafts) {
    const failed = await house.ask('resume', { draft }).then(
      () => '',
      (error: unknown) => String(error),
    )
    if (failed !== '' && !failed.includes('session.violations')) troubles.push(failed)
  }
  return troubles
}
