/**
 * The officer's laptop of the sync benchmark, in a process of its own: a real agent with its
 * encrypted store, outbox and sync. What it queues is written as the field page writes it,
 * except that no form is filled in.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import type { Submission } from '@murram/fold'
import { unwrap } from '@murram/ground'
import { entityOf, makeSoakSubmissions, makeSubmissions } from './sync-fixtures.ts'
import { servePart, startProfile } from './sync-processes.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-agent-'))
let agent: Agent | undefined
let seed = Date.now()

const opened = (): Agent => {
  if (agent === undefined) throw new Error('the agent is not open')
  return agent
}

type Kind = 'household' | 'soak'

interface PushOrder {
  readonly address?: string
  readonly deadlineMs?: number
  /** Not what is measured. */
  readonly unprofiled?: boolean
}

function make(kind: Kind, count: number): Submission[] {
  const { deviceId, storeId } = opened().enrolment
  const options = { count, seed: (seed += 1), deviceId, storeId, startMs: Date.now() - 86_400_000 }
  return kind === 'soak' ? makeSoakSubmissions(options) : makeSubmissions(options)
}

const documentOf = (submission: Submission) => {
  const { storeId: _storeId, n: _n, ...sealed } = submission
  const write = submission.answers['meta/entity@id'] === undefined ? null : entityOf(submission)
  return {
    instanceId: submission.instanceId as string,
    state: 'queued' as const,
    savedAtMs: Date.now(),
    formId: submission.formId as string,
    body: { submission: sealed, label: write?.label ?? '', write, fault: null },
  }
}

async function save(submissions: readonly Submission[]): Promise<void> {
  const { error } = await opened().collections.submissions.bulkInsert(submissions.map(documentOf))
  if (error.length > 0) throw new Error('what is new was there already')
}

/** One row by its index: the last of the queue is marked last. */
async function marked(instanceId: string, deadlineMs: number): Promise<boolean> {
  for (const endsAt = performance.now() + deadlineMs; performance.now() < endsAt; await sleep(1))
    if (opened().queue.placeOf(instanceId)?.state !== 'queued') return true
  return false
}

let waiting: Submission[] = []

const handlers = {
  open: async ({ collectorUrl, token }: { collectorUrl: string; token: string }) => {
    const key = { kind: 'key-file', path: join(dataDir, 'user.key') } as const
    const facts = { dataDir, key, now: Date.now, allowDemo: true }
    unwrap(await enrolAgent({ ...facts, collectorUrl, token, officer: 'Akello' }))
    agent = unwrap(await openAgent({ ...facts, random: Math.random, uuid: randomUUID }))
  },
  catchUp: async () => void unwrap(await opened().sync.syncOnce()),
  /** Queues without sending. @returns what was queued, to be looked for at the other end */
  fill: async ({ kind, count }: { kind: Kind; count: number }) => {
    waiting = make(kind, count)
    for (let at = 0; at < waiting.length; at += 500) await save(waiting.slice(at, at + 500))
    const jsonBytes = waiting.reduce((sum, { answers }) => sum + JSON.stringify(answers).length, 0) / count
    return { digests: waiting.map(({ digest }) => digest), jsonBytes }
  },
  /** From the first try to connect to the mark of the last ack on this disk. */
  push: async ({ address, deadlineMs = 120_000, unprofiled }: PushOrder) => {
    const last = waiting.at(-1)
    if (last === undefined) throw new Error('nothing is queued')
    const endProfile = unprofiled === true ? async () => {} : await startProfile('agent')
    const startMs = performance.now()
    const before = process.cpuUsage()
    unwrap(opened().sync.start(address))
    const done = await marked(last.instanceId, deadlineMs)
    const ms = performance.now() - startMs
    const { user, system } = process.cpuUsage(before)
    await endProfile()
    return { ms, done, cpuMs: (user + system) / 1_000, waiting: opened().queue.summary().waiting }
  },
  stop: () => opened().sync.stop(),
  /** One at a time, on a session that is open: from the write that is on the disk to the mark of its ack. */
  live: async ({ count }: { count: number }) => {
    unwrap(opened().sync.start())
    const each: number[] = []
    const submissions = make('household', count)
    for (const submission of submissions) {
      await sleep(20)
      await save([submission])
      const startMs = performance.now()
      if (!(await marked(submission.instanceId, 10_000))) throw new Error('no ack in ten seconds')
      each.push(performance.now() - startMs)
    }
    await opened().sync.stop()
    return { each, digests: submissions.map(({ digest }) => digest) }
  },
  /** So many a second for so long, as they would be saved by many officers. */
  pace: async ({ kind, perSecond, seconds }: { kind: Kind; perSecond: number; seconds: number }) => {
    unwrap(opened().sync.start())
    const all = make(kind, perSecond * seconds)
    const startMs = performance.now()
    const each = Math.ceil(perSecond / 10)
    for (let at = 0; at < all.length; at += each) {
      await save(all.slice(at, at + each))
      await sleep(Math.max(0, startMs + ((at + each) / perSecond) * 1_000 - performance.now()))
    }
    const done = await marked(all.at(-1)?.instanceId ?? '', 60_000)
    const ms = performance.now() - startMs
    await opened().sync.stop()
    return { ms, done, digests: all.map(({ digest }) => digest) }
  },
}

servePart(handlers, async () => {
  await agent?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
