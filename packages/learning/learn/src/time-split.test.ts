import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitByTime } from './time-split.ts'

const visits = fc.array(
  fc.record({ day: fc.integer({ min: 0, max: 30 }), household: fc.integer({ min: 0, max: 20 }).map(n => `h${n}`) }),
  { minLength: 1, maxLength: 120 },
)
const share = fc.constantFrom(0.1, 0.2, 0.5)

test('S1 every row is in one part · S2 what trains is earlier than all that judges · S3 no household is in two parts', () => {
  fc.assert(
    fc.property(visits, share, (all, latestShare) => {
      const { earlier, latest, between } = splitByTime(
        all.map(({ day }) => day),
        all.map(({ household }) => household),
        latestShare,
      )
      expect([...earlier, ...latest, ...between].sort((a, b) => a - b)).toEqual([...all.keys()])
      const firstLatest = Math.min(...latest.map(row => all[row]!.day))
      for (const row of earlier) expect(all[row]!.day).toBeLessThan(firstLatest)
      const judged = new Set(latest.map(row => all[row]!.household))
      for (const row of earlier) expect(judged.has(all[row]!.household)).toBe(false)
      for (const row of between) expect(judged.has(all[row]!.household)).toBe(true)
      expect(latest.length).toBeGreaterThanOrEqual(Math.floor(latestShare * all.length))
    }),
    { seed: 2 },
  )
})

test('a table of visits: the last fifth judges, in whatever order it is written', () => {
  const days = [9, 1, 8, 2, 3, 10, 4, 5, 6, 7]
  const groups = days.map(day => `h${day}`)
  expect(splitByTime(days, groups, 0.2)).toEqual({
    earlier: [1, 2, 3, 4, 6, 7, 8, 9],
    latest: [0, 5],
    between: [],
  })
})
