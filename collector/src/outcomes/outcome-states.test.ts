import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outsideHorizon, OWN_STATES, standingOf, weightOf, type Seen } from './outcome-states.ts'

const DAY = 86_400_000
const noon = (day: number, hour = 12) => day * DAY + hour * 3_600_000
let seq = 0
const seen = (day: number, value: string, more: Partial<Seen> = {}): Seen => ({
  seq: (seq += 1),
  value,
  verifier: 'Akello',
  observedAtMs: noon(day),
  state: 'verified',
  settledAtMs: null,
  ...more,
})
const valueOf = (all: readonly Seen[], horizon?: { fromDays: number; toDays: number }) => {
  const found = standingOf(all, 0, horizon)
  return found.state === 'verified' ? found.outcome.value : found.state
}

test('W1 W2 only what is verified counts, and of several the last day', () => {
  expect(valueOf([seen(30, 'coping'), seen(60, 'vulnerable')])).toBe('vulnerable')
  expect(valueOf([seen(30, 'coping'), seen(60, 'vulnerable', { state: 'withdrawn' })])).toBe('coping')
  expect(valueOf([seen(30, 'coping', { state: 'withdrawn' })])).toBe('withdrawn')
})

test('W3 two verifiers who contradict each other on one day: disputed, until one is chosen or somebody looks again', () => {
  const [akello, musa] = [seen(60, 'coping'), seen(60, 'vulnerable', { verifier: 'Musa', observedAtMs: noon(60, 17) })]
  expect(valueOf([akello, musa])).toBe('disputed')
  expect(valueOf([seen(30, 'coping'), akello, musa])).toBe('disputed')
  expect(valueOf([{ ...akello, settledAtMs: 1 }, musa])).toBe('coping')
  expect(valueOf([akello, { ...musa, state: 'withdrawn' }])).toBe('coping')
  expect(valueOf([akello, musa, seen(61, 'vulnerable')])).toBe('vulnerable')
  // Two who agree, and one who corrects themselves, contradict nobody.
  expect(valueOf([akello, { ...musa, value: 'coping' }])).toBe('coping')
  expect(valueOf([akello, seen(60, 'vulnerable', { observedAtMs: noon(60, 13) })])).toBe('vulnerable')
})

test('W4 the order in which they came does not matter', () => {
  const outcome = fc.record({
    seq: fc.nat(),
    value: fc.constantFrom('coping', 'vulnerable'),
    verifier: fc.constantFrom('Akello', 'Musa'),
    observedAtMs: fc.integer({ min: 0, max: 5 }).map(half => (half * DAY) / 2),
    state: fc.constantFrom(...OWN_STATES),
    settledAtMs: fc.constantFrom(null, 1, 2),
  })
  fc.assert(
    fc.property(fc.uniqueArray(outcome, { minLength: 1, maxLength: 6, selector: one => one.seq }), all => {
      expect(standingOf(all.toReversed(), 0)).toEqual(standingOf(all, 0))
    }),
  )
})

test('W5 a disputed outcome keeps its interview out, a withdrawn one does not', () => {
  expect(valueOf([seen(30, 'coping'), seen(60, 'vulnerable', { state: 'disputed' })])).toBe('disputed')
  expect(valueOf([seen(30, 'coping', { state: 'disputed' }), seen(60, 'vulnerable')])).toBe('vulnerable')
})

test('W6 what was seen outside the horizon neither counts nor stands before what does', () => {
  const horizon = { fromDays: 90, toDays: 270 }
  expect(valueOf([seen(120, 'coping'), seen(400, 'vulnerable')], horizon)).toBe('coping')
  expect(standingOf([seen(30, 'coping')], 0, horizon)).toMatchObject({
    state: 'outside',
    why: expect.stringContaining('before'),
  })
  expect(standingOf([seen(30, 'coping'), seen(400, 'coping')], 0, horizon)).toMatchObject({
    why: expect.stringContaining('after'),
  })
  expect(outsideHorizon(90 * DAY, 0, horizon)).toBeUndefined()
  expect(outsideHorizon(271 * DAY - 1, 0, horizon)).toBeUndefined()
  expect(outsideHorizon(271 * DAY, 0, horizon)).toMatch(/after/)
})

test('an outcome counts for as many households as it was drawn to stand for, ten at most', () => {
  expect([null, 1, 0.5, 0.1, 0.01].map(weightOf)).toEqual([1, 1, 2, 10, 10])
})
