import { expect, test } from 'vitest'
import { createFakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random())
}

test('one seed, one stream; neighbouring seeds have nothing in common', () => {
  expect(draw(1, 50)).toEqual(draw(1, 50))
  const firsts = Array.from({ length: 1_000 }, (_, seed) => draw(seed, 1)[0] ?? 0)
  expect(new Set(firsts).size).toBe(1_000)
  const mean = firsts.reduce((sum, x) => sum + x, 0) / firsts.length
  expect(mean).toBeGreaterThan(0.47)
  expect(mean).toBeLessThan(0.53)
})

test('numbers fill [0, 1) evenly', () => {
  const tenths = Array.from({ length: 10 }, () => 0)
  for (const x of draw(42, 100_000)) {
    expect(x >= 0 && x < 1).toBe(true)
    const at = Math.floor(x * 10)
    tenths[at] = (tenths[at] ?? 0) + 1
  }
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('the clock stands still until it is moved, and may go back', () => {
  const clock = createFakeClock(1_000)
  expect([clock.now(), clock.now()]).toEqual([1_000, 1_000])
  clock.advance(5)
  expect(clock.now()).toBe(1_005)
  clock.set(10)
  expect(clock.now()).toBe(10)
})
