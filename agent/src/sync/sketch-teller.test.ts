/** The laws of `sketch-teller.ts`, with a link that lives for a drawn number of messages. */
import fc from 'fast-check'
import { PROTOCOL_WITH_SKETCHES, type Up } from '@murram/wire'
import { expect, test } from 'vitest'
import type { SketchReport } from '../sketches/sketches.ts'
import type { Link } from './link.ts'
import { createSketchTeller } from './sketch-teller.ts'

const MINUTE_MS = 60_000

/** A device with so many rows to tell, a collector that stores what it reads, and a clock. */
function house(rows: number) {
  const mine = Array.from({ length: rows }, (_, at) => ({ releaseId: `r${at}`, rows: 1 }) as SketchReport)
  const told = new Set<SketchReport>()
  const stored = new Set<unknown>()
  const state = { nowMs: 0, reports: 0 }
  const sketches = {
    untold: (limit: number) => mine.filter(one => !told.has(one)).slice(0, limit),
    told: (reports: readonly SketchReport[]) => reports.forEach(one => told.add(one)),
    onWelcome: () => false,
  }
  const teller = createSketchTeller(sketches, () => state.nowMs)
  /** A session in which so many messages arrive, all answered; then it is cut. */
  const session = (lives: number, { isAsked = false, isWorkWaiting = (): boolean => false } = {}): void => {
    let left = lives
    let pongs = 0
    const send = (message: Up): void => {
      if (message.type === 'report') state.reports += 1
      if (left-- <= 0) return
      if (message.type === 'report') message.reports.forEach(one => stored.add(one))
      if (message.type === 'ping') pongs += 1
    }
    const link = { send, protocol: PROTOCOL_WITH_SKETCHES } as unknown as Link
    teller.onWelcome(1, link, isAsked)
    for (let turn = 0; turn < rows + 2; turn += 1) {
      teller.look(link, isWorkWaiting())
      for (; pongs > 0; pongs -= 1) teller.onPong()
    }
  }
  return { told, stored, state, session, teller }
}

test('ST1 ST3 a link that is cut every few messages carries it all in the end, and nothing is marked that is not there', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 5 })), (rows, lives) => {
      const { told, stored, session, teller } = house(rows)
      for (const many of lives) {
        session(many)
        expect([...told].every(one => stored.has(one))).toBe(true)
      }
      for (let more = 0; more < rows; more += 1) session(2)
      expect(told.size).toBe(rows)
      session(2)
      expect(teller.isIdle()).toBe(true)
    }),
  )
})

test('ST3 no interview waits for it', () => {
  const { told, state, session } = house(3)
  let looks = 0
  session(100, { isWorkWaiting: () => looks++ < 3 })
  expect(looks).toBeGreaterThan(3)
  expect(told.size).toBeGreaterThan(0)
  expect(state.reports).toBeGreaterThan(0)
  const busy = house(3)
  busy.session(100, { isWorkWaiting: () => true })
  expect([busy.state.reports, busy.teller.isIdle()]).toEqual([0, false])
})

test('ST4 links that come and go tell once in a while, and at once where a person asks', () => {
  const { told, state, session } = house(1)
  session(9)
  expect([told.size, state.reports]).toEqual([1, 1])
  told.clear() // one more interview: the row has risen
  session(9)
  expect(state.reports).toBe(1)
  session(9, { isAsked: true })
  expect(state.reports).toBe(2)
  told.clear()
  state.nowMs += 15 * MINUTE_MS
  session(9)
  expect(state.reports).toBe(3)
})
