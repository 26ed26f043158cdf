import { expect, test } from 'vitest'
import { FAULT_KINDS, type FaultKind } from './fault-counts.ts'
import { replayCommand, seedOf } from './replay.ts'
import { runSchedule } from './schedule.ts'

const SCHEDULES = 500
const SEED = 1

test(`${SCHEDULES} days of bad weather: nothing is lost, nothing is doubled, all replicas meet`, async () => {
  const faults = new Map<FaultKind, number>()
  for (let k = 1; k <= SCHEDULES; k += 1) {
    const outcome = await runSchedule({ seed: seedOf(SEED, k) })
    expect(outcome.broken, replayCommand(SEED, k)).toEqual([])
    for (const [kind, count] of Object.entries(outcome.faults) as [FaultKind, number][])
      faults.set(kind, (faults.get(kind) ?? 0) + count)
  }
  // The weather was bad indeed.
  for (const kind of FAULT_KINDS) expect(faults.get(kind) ?? 0, kind).toBeGreaterThan(0)
})

test('the same seed is the same day, event by event, whatever ran before', async () => {
  const first = await runSchedule({ seed: 7, traces: true })
  await runSchedule({ seed: 8 })
  const second = await runSchedule({ seed: 7, traces: true })
  expect(second.trace).toEqual(first.trace)
  expect(first.trace.length).toBeGreaterThan(50)
})
