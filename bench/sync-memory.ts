/** The collector's memory, with devices that are only connected and with devices that send. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ours } from './sync-ours.ts'
import { startPart } from './sync-processes.ts'

export interface MemoryRun {
  readonly what: string
  readonly startMB: number
  readonly endMB: number
  readonly mostMB: number
  /** Of a straight line through the samples of the second half: the first half is warming up. */
  readonly slopeMBPerMinute: number
  readonly open: number
  readonly sent: number
  readonly acked: number
}

const SAMPLE_MS = 5_000
const IDLE = 2_000
const ACTIVE = 200

export async function watchMemory(ours: Ours, minutes: number): Promise<readonly MemoryRun[]> {
  await using devices = startPart('sync-devices.ts')
  const runs: MemoryRun[] = []
  for (const [what, count, active] of [
    [`${IDLE} devices connected, idle`, IDLE, 0],
    [`${IDLE} connected, ${ACTIVE} of them sending one interview a second`, IDLE, ACTIVE],
  ] as const) {
    await devices.ask('open', { url: ours.url, count })
    await devices.ask('activate', active)
    const samples: { readonly minute: number; readonly mb: number }[] = []
    const startMs = performance.now()
    while (performance.now() - startMs < minutes * 60_000) {
      const { rss } = await ours.collector.ask<{ rss: number }>('memory')
      samples.push({ minute: (performance.now() - startMs) / 60_000, mb: rss / 1e6 })
      await sleep(SAMPLE_MS)
    }
    await devices.ask('activate', 0)
    await sleep(2_000)
    const told = await devices.ask<{ open: number; sent: number; acked: number }>('sent')
    const mbs = samples.map(({ mb }) => mb)
    const half = samples.slice(Math.floor(samples.length / 2))
    runs.push({
      what,
      startMB: mbs[0] ?? 0,
      endMB: mbs.at(-1) ?? 0,
      mostMB: Math.max(...mbs),
      slopeMBPerMinute: slope(half),
      ...told,
    })
  }
  return runs
}

function slope(samples: readonly { readonly minute: number; readonly mb: number }[]): number {
  const mean = (of: (sample: (typeof samples)[number]) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(({ minute }) => minute), mean(({ mb }) => mb)]
  return mean(s => (s.minute - x) * (s.mb - y)) / mean(s => (s.minute - x) ** 2)
}
