/**
 * A new laptop beside a project of 100,000 households: the snapshot against page after page, and what deltas save.
 *
 * Workload: households of twelve properties (450 B of JSON) in the feed of a real collector
 * (PostgreSQL 18 with fsync); a real agent (encrypted file, index of households) that holds
 * nothing; each a process of its own. Timed: from the first try to connect until all of it is
 * written and nothing waits. Counted: bytes of frames both ways, and the most memory each
 * process held meanwhile. Once on loopback, once over 64 kB/s and 300 ms that is cut about every
 * 3 s. Then: the agent closed and opened again, and the first page of some searches.
 *
 *   npm run bench -- first-sync [--entities N] [--only loopback,link,deltas] [--json]
 *
 * Prints tables and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { parseArgs } from 'node:util'
import { startFaultyLink } from '@murram/testkit'
import { measureDeltas } from './first-sync-deltas.ts'
import { startPart } from './sync-processes.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entities: { type: 'string', default: '100000' },
    only: { type: 'string', default: 'loopback,link,deltas' },
  },
})
const entities = Number(options.entities)
const parts = options.only.split(',')
const DEADLINE_MS = 900_000
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const mega = (bytes: number): number => Math.round(bytes / 100_000) / 10

interface Synced {
  readonly ms: number
  readonly cpuMs: number
  readonly bytesUp: number
  readonly bytesDown: number
  readonly sessions: number
  readonly failed: unknown
  readonly before: number
  readonly highestRssBytes: number
}

const collector = startPart('./first-sync-collector.ts')
const results: Record<string, unknown>[] = []

async function begin(how: 'pages' | 'snapshot', isLink: boolean, { url, port }: { url: string; port: number }) {
  const agent = startPart('./first-sync-agent.ts')
  try {
    await agent.ask('enrol', { collectorUrl: url, token: await collector.ask<string>('token') })
    const faults = isLink ? { bytesPerSecond: 64_000, latencyMs: 150, cutEveryMs: [2_000, 4_000] as const } : {}
    await using link = await startFaultyLink({ targetPort: port, seed: 1, faults })
    const memoryBefore = await collector.ask<number>('resetMemory')
    const address = `http://127.0.0.1:${link.port}`
    const synced = await agent.ask<Synced>('syncOnce', { address, deadlineMs: DEADLINE_MS })
    const { cuts, bytesDown, bytesUp } = link.stats()
    const count = await agent.ask<number>('count')
    const row = {
      how,
      over: isLink ? '64 kB/s, 300 ms, cut every 3 s' : 'loopback',
      entities: count,
      seconds: Math.round(synced.ms / 100) / 10,
      agentCpuSeconds: Math.round(synced.cpuMs / 100) / 10,
      downMB: mega(bytesDown),
      bytesEach: Math.round((bytesDown + bytesUp) / count),
      cuts,
      agentMemoryMB: [mega(synced.before), mega(synced.highestRssBytes)],
      collectorMemoryMB: [mega(memoryBefore), mega(await collector.ask<number>('highestMemory'))],
      failed: synced.failed,
    }
    results.push(row)
    print(JSON.stringify(row))
    if (how === 'pages' || isLink) return
    const openMs = await agent.ask<number>('reopen')
    const searches = await agent.ask('searches')
    results.push({ openMs: Math.round(openMs), searches })
    print(JSON.stringify({ openMs: Math.round(openMs), searches }))
  } finally {
    await agent.stop()
  }
}

try {
  const at = await collector.ask<{ url: string; port: number }>('start', { entities })
  if (parts.includes('loopback')) await begin('pages', false, at)
  if (parts.includes('link')) await begin('pages', true, at)
  const built = await collector.ask<object>('snapshot')
  results.push({ built })
  print(JSON.stringify({ built }))
  if (parts.includes('loopback')) await begin('snapshot', false, at)
  if (parts.includes('link')) await begin('snapshot', true, at)
} finally {
  await collector.stop()
}
const deltas = parts.includes('deltas') ? await measureDeltas() : []
for (const row of deltas) print(JSON.stringify(row))
if (options.json) print(JSON.stringify({ bench: 'first-sync', entities, results, deltas }))
