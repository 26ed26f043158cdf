import { ok } from '@murram/ground'
import { expect, test } from 'vitest'
import { measureLatency } from './measure-latency.ts'

/** @param takesMs The n-th score of all. */
async function measure(takesMs: (n: number) => number) {
  let nowMs = 0
  let scored = 0
  const rests: number[] = []
  const score = async () => {
    nowMs += takesMs(scored)
    scored += 1
    return ok(null)
  }
  const rest = async (ms: number) => void rests.push(ms)
  return { p99: await measureLatency(score, 20, { nowMs: () => nowMs, rest }), rounds: scored / 100, rests }
}

test('T1 other work on the machine does not make a model slow', async () => {
  expect(await measure(n => (n % 100 < 2 ? 60 : 1))).toMatchObject({ p99: { value: 60 }, rounds: 12 })
  expect(await measure(n => (n < 700 && n % 10 === 0 ? 60 : 1))).toMatchObject({ p99: { value: 1 }, rounds: 8 })
  expect(await measure(n => (n < 100 ? 60 : 1))).toEqual({ p99: ok(1), rounds: 3, rests: [] })
})

test('T2 a model that is slow in itself is told at once', async () => {
  expect(await measure(() => 21)).toEqual({ p99: ok(21), rounds: 3, rests: [] })
})
