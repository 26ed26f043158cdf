/** What the sync benchmark asks of our agent and our collector. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LinkFaults } from '@murram/testkit'
import { startFaultyLink } from '@murram/testkit'
import { startPart, type Part, type SocketBytes } from './sync-processes.ts'

export interface Ours extends AsyncDisposable {
  readonly databaseUrl: string
  readonly port: number
  readonly url: string
  readonly collector: Part
  /** An enrolled agent with the forms on its shelf, in a new process. */
  readonly newAgent: () => Promise<Part>
}

export async function startOurs(): Promise<Ours> {
  const collector = startPart('sync-collector.ts')
  const { url, port, databaseUrl } = await collector.ask<{ url: string; port: number; databaseUrl: string }>('start')
  return {
    url,
    port,
    databaseUrl,
    collector,
    newAgent: async () => {
      const agent = startPart('sync-agent.ts')
      await agent.ask('open', { collectorUrl: url, token: await collector.ask<string>('token') })
      return agent
    },
    [Symbol.asyncDispose]: () => collector.stop(),
  }
}

export interface Pushed {
  readonly ms: number
  readonly perSecond: number
  readonly upEach: number
  readonly downEach: number
  /** Until the collector's feed has been read back as well. */
  readonly downEachInAll: number
  readonly jsonBytes: number
  readonly lost: number
  readonly duplicated: number
  readonly notFolded: number
  /** Of a core, which says more than the clock on a machine that others use. */
  readonly cpuUsEach: { readonly agent: number; readonly collector: number; readonly postgres: number }
}

interface Filled {
  readonly digests: readonly string[]
  readonly jsonBytes: number
}

const isIn = async ({ collector }: Ours, digests: readonly string[]) => {
  const stored = await collector.ask<Record<'rows' | 'distinct' | 'entities' | 'feed', number>>('stored', digests)
  return {
    lost: digests.length - stored.distinct,
    duplicated: stored.rows - stored.distinct,
    notFolded: digests.length - Math.min(stored.entities, stored.feed),
  }
}

interface CollectorCpu {
  readonly ownUs: number
  readonly postgresUs: number
}

const cpuOf = async ({ collector }: Ours): Promise<CollectorCpu> => {
  const { user, system, postgresMs } = await collector.ask<NodeJS.CpuUsage & { postgresMs: number }>('cpu')
  return { ownUs: user + system, postgresUs: postgresMs * 1_000 }
}

/** What the collector does after a burst (likely duplicates, a snapshot) is not of the next run. */
async function rest(ours: Ours): Promise<void> {
  const endsAt = performance.now() + REST_MS
  for (let before = await cpuOf(ours); performance.now() < endsAt;) {
    await sleep(QUIET_MS)
    const after = await cpuOf(ours)
    if (after.ownUs - before.ownUs < QUIET_MS * QUIET_SHARE * 1_000) return
    before = after
  }
}

const REST_MS = 90_000
/** Longer than the collector waits before it begins to tidy up: a snapshot is looked at ten seconds after a burst. */
const QUIET_MS = 11_000
const QUIET_SHARE = 0.05

/**
 * Sent before what is timed, by each contender and to each: an agent and a collector run for weeks,
 * and of the second that 5,000 take, a new process spends a quarter on compiling.
 */
export const WARM_UP = 1_000

/** An agent with a full outbox, from its connection to its last ack. */
export async function pushMany(
  ours: Ours,
  count: number,
  { kind = 'household', warmUp = WARM_UP }: { readonly kind?: 'household' | 'soak'; readonly warmUp?: number } = {},
): Promise<Pushed> {
  await using agent = await ours.newAgent()
  await agent.ask('catchUp')
  if (warmUp > 0) {
    await agent.ask('fill', { kind, count: warmUp })
    await agent.ask('push', { unprofiled: true })
    await agent.ask('stop')
    await agent.ask('catchUp')
  }
  const { digests, jsonBytes } = await agent.ask<Filled>('fill', { kind, count })
  await rest(ours)
  const before = await ours.collector.ask<SocketBytes>('bytes')
  const cpuBefore = await cpuOf(ours)
  await ours.collector.ask('startProfile')
  const { ms, done, cpuMs } = await agent.ask<{ ms: number; done: boolean; cpuMs: number }>('push', {})
  await ours.collector.ask('endProfile')
  const cpuAfter = await cpuOf(ours)
  const acked = await ours.collector.ask<SocketBytes>('bytes')
  if (!done) throw new Error('not everything was acked')
  await agent.ask('stop')
  await agent.ask('catchUp')
  const after = await ours.collector.ask<SocketBytes>('bytes')
  return {
    ms,
    perSecond: (count / ms) * 1_000,
    upEach: (acked.up - before.up) / count,
    downEach: (acked.down - before.down) / count,
    downEachInAll: (after.down - before.down) / count,
    jsonBytes,
    cpuUsEach: {
      agent: (cpuMs / count) * 1_000,
      collector: (cpuAfter.ownUs - cpuBefore.ownUs) / count,
      postgres: (cpuAfter.postgresUs - cpuBefore.postgresUs) / count,
    },
    ...(await isIn(ours, digests)),
  }
}

export const BAD_LINK: LinkFaults = { latencyMs: 150, bytesPerSecond: 64_000, cutEveryMs: [1_500, 4_500] }
export const BAD_LINK_LIMIT_MS = 55_000

export interface PushedBadly {
  readonly ms: number
  readonly arrived: number
  readonly cuts: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly lost: number
  readonly duplicated: number
}

export async function pushOverBadLink(ours: Ours, count: number, seed: number): Promise<PushedBadly> {
  await using agent = await ours.newAgent()
  await agent.ask('catchUp')
  const { digests } = await agent.ask<Filled>('fill', { kind: 'household', count })
  await using link = await startFaultyLink({ targetPort: ours.port, seed, faults: BAD_LINK })
  const address = `http://127.0.0.1:${link.port}`
  const { ms } = await agent.ask<{ ms: number }>('push', { address, deadlineMs: BAD_LINK_LIMIT_MS })
  const { cuts, bytesUp, bytesDown } = link.stats()
  await agent.ask('stop')
  const stored = await isIn(ours, digests)
  return { ms, cuts, bytesUp, bytesDown, arrived: count - stored.lost, ...stored }
}

export async function pushLive(ours: Ours, count: number) {
  await using agent = await ours.newAgent()
  await agent.ask('catchUp')
  const { each, digests } = await agent.ask<{ each: number[]; digests: string[] }>('live', { count })
  const sorted = each.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { p50: at(0.5), p95: at(0.95), worst: at(1), ...(await isIn(ours, digests)) }
}

/** Records of the soak form at a pace that is given. */
export async function pushAtPace(ours: Ours, perSecond: number, seconds: number) {
  await using agent = await ours.newAgent()
  await agent.ask('catchUp')
  const asked = { kind: 'soak', perSecond, seconds }
  const { ms, digests } = await agent.ask<{ ms: number; digests: string[] }>('pace', asked)
  const { lost, duplicated } = await isIn(ours, digests)
  const arrived = digests.length - lost
  return { perSecond: (arrived / ms) * 1_000, arrivedShare: arrived / digests.length, lost, duplicated }
}
