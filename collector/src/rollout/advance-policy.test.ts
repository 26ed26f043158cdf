import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decideAdvance, defaultPolicy, nextOpening, NOTHING_ACCEPTED, type RingEvidence } from './advance-policy.ts'

const policy = defaultPolicy()
const good: RingEvidence = {
  devices: 40,
  installed: 12,
  scores: 200,
  scoredDevices: 5,
  unscored: 0,
  failures: [],
  pairs: 300,
  flips: 30,
  promisedFlips: 0.12,
  judged: 'too few',
}
const failure = (n: number) => ({ deviceId: `d${n}`, why: 'bundle.vectors-failed' })
const doOf = (changed: Partial<RingEvidence>) => decideAdvance(policy, { ...good, ...changed }).do

test('AP1 enough scores from enough devices, or from all of a small ring', () => {
  expect(decideAdvance(policy, good)).toEqual({
    do: 'advance',
    why: '200 scores from 5 devices, and no failure that halts it; 30 of 300 decisions in shadow change; too few verified outcomes to compare by',
  })
  expect(decideAdvance(policy, { ...good, scores: 199 }).why).toBe(
    '199 of 200 scores have come, from 5 devices; 5 devices are asked for',
  )
  expect(doOf({ scoredDevices: 4 })).toBe('wait')
  expect(doOf({ devices: 2, scoredDevices: 2 })).toBe('advance')
  expect(decideAdvance(policy, { ...good, devices: 2, scoredDevices: 1 }).why).toContain('all 2 of its devices')
  expect(decideAdvance(policy, { ...good, devices: 0, scores: 0, scoredDevices: 0 }).why).toContain('staff')
})

test('AP2 two devices halt it, or more than a twentieth of those that tried, with words', () => {
  expect(decideAdvance(policy, { ...good, scores: 0, failures: [failure(1), failure(2)] })).toEqual({
    do: 'halt',
    cause: 'failures',
    why: 'it failed on 2 of 14 devices (bundle.vectors-failed)',
  })
  expect(doOf({ failures: [failure(1)] })).toBe('halt') // 1 of 13
  expect(doOf({ installed: 30, failures: [failure(1)] })).toBe('advance') // 1 of 31
  expect(doOf({ installed: 2, failures: [failure(1)] })).toBe('advance') // one of three laptops may be broken
})

test('AP2 interviews without a score halt it, beyond a hundredth and beyond chance', () => {
  expect(decideAdvance(policy, { ...good, scores: 57, unscored: 3 })).toEqual({
    do: 'halt',
    cause: 'unscored',
    why: '3 of 60 interviews came without a score',
  })
  expect(doOf({ scores: 18, unscored: 2 })).toBe('wait')
  expect(doOf({ scores: 400, unscored: 6 })).toBe('advance')
})

test('AP3 changed decisions beyond what was promised, or worse outcomes, halt it; chance does not', () => {
  expect(doOf({ pairs: 300, flips: 90 })).toBe('halt')
  expect(doOf({ pairs: 10, flips: 3 })).toBe('advance')
  expect(doOf({ pairs: 49, flips: 49 })).toBe('advance')
  expect(doOf({ pairs: 300, flips: 90, promisedFlips: null })).toBe('advance')
  expect(doOf({ judged: 'worse' })).toBe('halt')
  expect(doOf({ judged: 'not worse' })).toBe('advance')
})

test('AP5 what a person has let pass does not halt it again, another failure does', () => {
  const accepted = { devices: ['d1', 'd2'], unscored: true, flips: true, judged: true }
  const bad = { ...good, failures: [failure(1), failure(2)], flips: 200, judged: 'worse' as const }
  expect(decideAdvance(policy, bad, accepted).do).toBe('advance')
  const more = { ...bad, failures: [...bad.failures, failure(3), failure(4)] }
  expect(decideAdvance(policy, more, accepted).do).toBe('halt')
})

test('AP4 rings rise to all devices; those without devices are passed over, and an empty fleet has no rings', () => {
  const fleet = (deviceIds: readonly string[], staff: readonly string[] = []) => ({
    modelName: 'm',
    staff,
    deviceIds,
  })
  expect(nextOpening(policy, fleet([]), -1)).toEqual({ openRing: 3, state: 'complete' })
  expect(nextOpening({ ...policy, rings: [3] }, fleet(['a', 'b', 'c']), -1)).toEqual({ openRing: 3, state: 'complete' })
  const many = Array.from({ length: 200 }, (_, i) => `device ${i}`)
  const path = (staff: readonly string[]) => {
    const opened: string[] = []
    for (let ring = -1; ;) {
      const { openRing, state } = nextOpening(policy, fleet(many, staff), ring)
      opened.push(`${openRing} ${state}`)
      if (state === 'complete') return opened
      ring = openRing
    }
  }
  expect(path([])).toEqual(['1 advancing', '2 advancing', '3 complete'])
  expect(path(['device 3'])).toEqual(['0 advancing', '1 advancing', '2 advancing', '3 complete'])
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 8 }),
      fc.integer({ min: -1, max: 2 }),
      (ids, after) => {
        expect(nextOpening(policy, fleet(ids), after).openRing).toBeGreaterThan(after)
      },
    ),
  )
})

test('AP6 what a person promoted past the gate stays in its ring whatever devices show, and halts as any other', () => {
  const held = (changed: Partial<RingEvidence>) =>
    decideAdvance(policy, { ...good, ...changed }, NOTHING_ACCEPTED, { by: 'Ruth Akello' })
  expect(held({ scores: 9_000, scoredDevices: 40 })).toEqual({
    do: 'wait',
    why: expect.stringMatching(/^Ruth Akello promoted it past the gate.* until a person opens the next one/),
  })
  expect(held({ failures: [failure(1), failure(2)] }).do).toBe('halt')
})
