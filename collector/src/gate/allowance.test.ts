import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAllowance } from './allowance.ts'

const start = (
  limits: Parameters<typeof createAllowance>[1] = { framesPerSecond: 10, bytesPerSecond: 1_000, burstSeconds: 2 },
) => {
  let nowMs = 0
  return { ...createAllowance(() => nowMs, limits), later: (ms: number) => void (nowMs += ms) }
}

test('AL1 a burst waits for nothing; what is beyond it waits as long as the rate says', () => {
  const { take } = start()
  expect(take('a', 1_000)).toBe(0)
  expect(take('a', 1_000)).toBe(0)
  expect(take('a', 500)).toBe(500)
  expect(take('b', 500)).toBe(0)
})

test('AL1 over any length of time a device sends no more than the burst and the rate', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 80 }), frames => {
      const { take, later } = start()
      let [elapsedMs, sent] = [0, 0]
      for (const sizeBytes of frames) {
        const waitMs = take('a', sizeBytes)
        sent += sizeBytes
        later(waitMs)
        elapsedMs += waitMs
      }
      expect(sent).toBeLessThanOrEqual(2_000 + elapsedMs + 1)
    }),
    { seed: 3, numRuns: 100 },
  )
})

test("a team's backlog of 5,000 interviews is not held up, in whatever frames it comes", () => {
  const { take } = start({})
  let waitedMs = 0
  for (let frame = 0; frame < 5_000; frame += 1) waitedMs += take('a', 300)
  expect(waitedMs).toBe(0)
})

test('a clock that is put back gives nothing away', () => {
  const { take, later } = start()
  take('a', 2_000)
  later(-86_400_000)
  expect(take('a', 1_000)).toBe(1_000)
})
