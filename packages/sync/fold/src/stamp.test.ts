import { millis, type DeviceId } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHybridClock, effectiveStamp, isStamp, stampMillis, type Stamp } from './stamp.ts'

const deviceId = 'a1b2c3d4'.repeat(4) as DeviceId
const stranger = (atMs: number, counter = 0): Stamp =>
  `${atMs.toString(16).padStart(12, '0')}-${counter.toString(16).padStart(4, '0')}-ffffffff` as Stamp

/** A wall clock that goes wherever it likes. */
const clockOver = (times: readonly number[], last?: Stamp) => {
  const left = [...times]
  return createHybridClock({ now: () => millis(left.shift() ?? 0), deviceId, ...(last === undefined ? {} : { last }) })
}

test('a stamp reads as time, counter and device, and sorts as text', () => {
  expect(clockOver([0x0197f3c2a1b0]).tick()).toBe('0197f3c2a1b0-0000-a1b2c3d4')
  expect([isStamp('0197f3c2a1b0-0000-a1b2c3d4'), isStamp('0197f3c2a1b0-0-a1b2c3d4')]).toEqual([true, false])
})

test('S1 stamps rise whatever the wall clock does, across restarts and sightings', () => {
  const moves = fc.array(
    fc.record({ wallMs: fc.nat(50), restart: fc.boolean(), sees: fc.option(fc.tuple(fc.nat(60), fc.nat(3))) }),
  )
  fc.assert(
    fc.property(moves, all => {
      let last: Stamp | undefined
      let nowMs = 0
      const open = () =>
        createHybridClock({ now: () => millis(nowMs), deviceId, ...(last === undefined ? {} : { last }) })
      let clock = open()
      for (const { wallMs, restart, sees } of all) {
        nowMs = wallMs
        if (restart) clock = open()
        const seen = sees === null ? undefined : stranger(...sees)
        if (seen !== undefined) clock.observe(seen)
        const stamp = clock.tick()
        expect(last === undefined || stamp > last).toBe(true)
        expect(seen === undefined || stamp > seen).toBe(true)
        expect(isStamp(stamp)).toBe(true)
        last = stamp
      }
    }),
  )
})

test('S1 a full counter borrows a millisecond', () => {
  const last = `${(1_000).toString(16).padStart(12, '0')}-ffff-a1b2c3d4` as Stamp
  const stamp = clockOver([5], last).tick()
  expect([stamp > last, stampMillis(stamp)]).toEqual([true, 1_001])
})

test('S2 S3 an effective stamp is never after the arrival, and keeps the order of one device', () => {
  const visits = fc.array(fc.record({ wallMs: fc.nat(100), waitsMs: fc.nat(20) }), { minLength: 2 })
  fc.assert(
    fc.property(visits, all => {
      const clock = clockOver(all.map(v => v.wallMs))
      let arrivalMs = 0
      const places = all.map(({ waitsMs }) => {
        arrivalMs += waitsMs
        const stamp = clock.tick()
        const effective = effectiveStamp(stamp, millis(arrivalMs))
        expect(stampMillis(effective)).toBeLessThanOrEqual(arrivalMs)
        return `${effective} ${stamp}`
      })
      expect(places).toEqual([...places].sort())
    }),
  )
})

test('a clock that is right is not touched', () => {
  const stamp = stranger(500, 7)
  expect(effectiveStamp(stamp, millis(500))).toBe(stamp)
  expect(effectiveStamp(stamp, millis(499.5))).toBe('0000000001f3-ffff-ffffffff')
})
