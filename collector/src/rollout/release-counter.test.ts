import fc from 'fast-check'
import { expect, test } from 'vitest'
import { believableUpto, nextCounter } from './release-counter.ts'

const nowMs = Date.parse('2026-11-21T09:00:00Z')
const reason = fc.constantFrom<'baseline' | 'promotion' | 'rollback'>('baseline', 'promotion', 'rollback')

test('the first baseline is 1, and a promotion after it carries the time', () => {
  expect(nextCounter({ previous: 0, reported: 0, reason: 'baseline', nowMs })).toBe(1)
  expect(nextCounter({ previous: 1, reported: 1, reason: 'promotion', nowMs })).toBe(nowMs / 1000)
})

test('R1 R2 higher than what came before and than what devices have seen, clocks or not', () => {
  fc.assert(
    fc.property(
      fc.nat(2_000_000_000),
      fc.nat(1_790_000_000),
      reason,
      fc.nat(1_800_000_000),
      (previous, reported, reason, now) => {
        const counter = nextCounter({ previous, reported, reason, nowMs: now * 1000 })
        expect(counter).toBeGreaterThan(previous)
        expect(counter).toBeGreaterThan(reported)
      },
    ),
  )
})

test('R3 an absurd report is beyond what is believed, a fast clock is not', () => {
  expect(believableUpto(nowMs)).toBeLessThan(Number.MAX_SAFE_INTEGER / 1000)
  expect(believableUpto(nowMs)).toBeGreaterThan(nowMs / 1000 + 86_400 * 30)
})
