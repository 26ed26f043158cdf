import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVirtualTime } from './virtual-time.ts'

test('what is due happens in the order of its time, and of what is due at once the first that was asked for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 40 }), async delays => {
      const time = createVirtualTime()
      const happened: (readonly [atMs: number, place: number])[] = []
      for (const [place, delay] of delays.entries()) time.after(delay, () => happened.push([time.nowMs(), place]))
      await time.run(100)
      const wanted = delays.map((delay, place) => [delay, place] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(happened).toEqual(wanted)
    }),
    { numRuns: 50, seed: 4 },
  )
})

test('who is dead does nothing any more, and what was called off does not happen', async () => {
  const time = createVirtualTime()
  const life = { over: false, isOver: () => life.over }
  const happened: string[] = []
  time.after(1, () => (life.over = true))
  time.after(2, () => happened.push('the dead'), life)
  const callOff = time.after(3, () => happened.push('called off'))
  callOff()
  time.after(4, () => happened.push('the living'))
  await time.run(10)
  expect(happened).toEqual(['the living'])
})

test('a wait too short to move the clock ends, and time goes on', async () => {
  const time = createVirtualTime()
  let waits = 0
  const startsAtMs = 135_187.56636048463
  const endsAtMs = startsAtMs + 2e-11
  const again = (): void => {
    waits += 1
    if (time.nowMs() < endsAtMs && waits < 100) time.after(endsAtMs - time.nowMs(), again)
  }
  time.after(startsAtMs, () => time.after(1e-11, again))
  await time.run(startsAtMs + 10)
  expect(waits).toBeLessThan(5)
})
