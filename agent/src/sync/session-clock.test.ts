import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSessionClock, type Due, type SessionClock } from './session-clock.ts'

const start = () => {
  let nowMs = 0
  const clock = createSessionClock(() => nowMs)
  /** Waits as a session does until something but a poll is due. */
  const until = (wanted: Due, isWaiting = false): number => {
    for (let turns = 0; turns < 1_000; turns += 1) {
      const due = clock.due({ isWaiting })
      if (due === wanted) return nowMs
      if (due === 'silent' || due === 'stalled') throw new Error(`${due} at ${nowMs}`)
      nowMs += Math.max(1, clock.waitMs())
    }
    throw new Error(`never ${wanted}`)
  }
  return { clock, until, later: (ms: number) => void (nowMs += ms), now: () => nowMs }
}
const pong = (clock: SessionClock) => clock.heard({ type: 'pong' })

test('SC1 a quiet link is asked after 15 s, then more and more seldom, up to once a minute', () => {
  const { clock, until, now } = start()
  const spans: number[] = []
  for (let asked = 0; asked < 6; asked += 1) {
    const from = now()
    spans.push(until('ping') - from)
    pong(clock)
  }
  expect(spans).toEqual([15_000, 22_500, 33_750, 50_625, 60_000, 60_000])
})

test('SC2 a link that was asked and says nothing for 10 s is silent, whatever else goes on', () => {
  const { clock, until, later } = start()
  until('ping')
  for (let i = 0; i < 9; i += 1) {
    later(1_000)
    expect(clock.due({ isWaiting: false })).not.toBe('silent')
  }
  later(1_000)
  expect(clock.due({ isWaiting: false })).toBe('silent')
})

test('SC2 after a change of networks the link is asked at once', () => {
  const { clock, later } = start()
  later(1_000)
  clock.doubt()
  expect(clock.waitMs()).toBe(0)
  expect(clock.due({ isWaiting: false })).toBe('ping')
  expect(clock.due({ isWaiting: false })).toBe(null)
})

test('SC3 a session that waits for an answer while only pongs come is stalled after three minutes', () => {
  const { clock, later, now } = start()
  let stalledAtMs = 0
  while (stalledAtMs === 0) {
    const due = clock.due({ isWaiting: true })
    if (due === 'stalled') stalledAtMs = now()
    if (due === 'ping') pong(clock)
    later(500)
  }
  expect(stalledAtMs).toBe(180_000)
})

test('SC4 a pause that the collector asks for is no stall', () => {
  const { clock, later } = start()
  clock.heard({ type: 'pause', retryAfterMs: 300_000 })
  later(200_000)
  clock.heard({ type: 'pong' })
  expect(clock.due({ isWaiting: true })).not.toBe('stalled')
})

test('no list of events makes a session that is spoken to fall silent', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 200 }), spans => {
      const { clock, later } = start()
      for (const span of spans) {
        later(span)
        clock.heard({ type: 'hint', feedNumber: 1 })
        expect(['ping', 'poll', null]).toContain(clock.due({ isWaiting: false }))
      }
    }),
    { seed: 4, numRuns: 50 },
  )
})
