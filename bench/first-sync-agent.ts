/** The laptop of the first-sync benchmark, in a process of its own: the real agent and its encrypted file. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrolAgent, openAgent, type Agent } from '@murram/agent'
import { unwrap } from '@murram/ground'
import { servePart } from './sync-processes.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'murram-bench-laptop-'))
const facts = { dataDir, key: { kind: 'key-file', path: join(dataDir, 'user.key') } as const, now: Date.now }
let agent: Agent | undefined
let highestRssBytes = 0
const watching = setInterval(() => (highestRssBytes = Math.max(highestRssBytes, process.memoryUsage.rss())), 50)

const opened = (): Agent => {
  if (agent === undefined) throw new Error('the agent is not open')
  return agent
}
const open = async (): Promise<number> => {
  const startMs = performance.now()
  agent = unwrap(await openAgent({ ...facts, allowDemo: true, random: Math.random, uuid: randomUUID }))
  return performance.now() - startMs
}

const handlers = {
  enrol: async ({ collectorUrl, token }: { collectorUrl: string; token: string }) => {
    unwrap(await enrolAgent({ ...facts, allowDemo: true, collectorUrl, token, officer: 'Akello' }))
    await open()
  },
  syncOnce: async ({ address, deadlineMs }: { address?: string; deadlineMs: number }) => {
    highestRssBytes = process.memoryUsage.rss()
    const before = highestRssBytes
    const startMs = performance.now()
    const cpu = process.cpuUsage()
    const done = await opened().sync.syncOnce({ deadlineMs, ...(address === undefined ? {} : { address }) })
    const ms = performance.now() - startMs
    const { user, system } = process.cpuUsage(cpu)
    const { bytesUp, bytesDown, sessions } = opened().sync.status()
    const checkpoint = await opened().mirror.checkpoint()
    const failed = done.ok ? null : done.error
    return {
      ms,
      cpuMs: (user + system) / 1_000,
      bytesUp,
      bytesDown,
      sessions,
      checkpoint,
      failed,
      before,
      highestRssBytes,
    }
  },
  reopen: async () => {
    await opened().close()
    return open()
  },
  /** Milliseconds to the first page of fifty, and how many there are. */
  searches: async () => {
    const queries = [
      {},
      { text: 'okello' },
      { text: 'ak op' },
      { filters: { village: 'Village 7', roof: 'tile' } },
      { filters: { programme: 'cash' } },
      { text: 'nobody' },
    ]
    const found = []
    for (const query of queries) {
      const startMs = performance.now()
      const { total } = await opened().households.search({ ...query, limit: 50 })
      found.push({ query, total, ms: Math.round((performance.now() - startMs) * 10) / 10 })
    }
    return found
  },
  count: async () =>
    opened()
      .collections.mirror.count({ selector: { kind: 'entity' } })
      .exec(),
}

servePart(handlers, async () => {
  clearInterval(watching)
  await agent?.close()
  rmSync(dataDir, { recursive: true, force: true })
})
