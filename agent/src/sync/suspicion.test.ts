import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSuspicion } from './suspicion.ts'

/** Sends `all` in batches of at most 40 to a collector that refuses whatever holds one of `bad`. */
function sendAll(all: number, bad: ReadonlySet<number>) {
  const suspicion = createSuspicion()
  const [stored, aside]: [number[], number[]] = [[], []]
  let sent = 0
  for (let next = 1; next <= all;) {
    const batch = Array.from({ length: Math.min(40, suspicion.most(), all - next + 1) }, (_, i) => next + i)
    sent += 1
    if (sent > 10_000) throw new Error('without end')
    if (batch.some(n => bad.has(n))) {
      if (suspicion.refused(next, batch.length) === 'aside') {
        aside.push(next)
        next += 1
      }
      continue
    }
    stored.push(...batch)
    suspicion.accepted()
    next += batch.length
  }
  return { stored, aside, sent }
}

test('SU2 whichever can never be accepted, exactly those are set aside and all the others arrive', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 12 }),
      (all, some) => {
        const bad = new Set(some.filter(n => n <= all))
        const { stored, aside } = sendAll(all, bad)
        expect(aside).toEqual([...bad].toSorted((a, b) => a - b))
        expect(stored).toEqual(Array.from({ length: all }, (_, i) => i + 1).filter(n => !bad.has(n)))
      },
    ),
    { seed: 12, numRuns: 100 },
  )
})

test('SU2 one bad submission among two hundred costs a dozen or two of batches, not two hundred', () => {
  expect(sendAll(200, new Set([101])).sent).toBeLessThan(30)
})

test('SU1 what is refused once and accepted then is not suspected', () => {
  const suspicion = createSuspicion()
  expect(suspicion.refused(1, 40)).toBe('again')
  suspicion.accepted()
  expect(suspicion.most()).toBe(Infinity)
  expect(suspicion.refused(41, 40)).toBe('again')
})
